import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { marketInfoSchema } from "../../protocol/http";
import { apiFetch } from "../../sdk";
import { readAnswer } from "../../sdk/client";
import { required, root, type CliConfig } from "../config";
import type { Cli } from "../context";
import { EXIT, QuietExit } from "../errors";
import { wholeNumber } from "../numbers";

interface Flags {
  program: string[];
  toBlock?: number;
}

/** @returns manifests of the validation programs of all provers that are set up here */
function installedValidations(): string[] {
  const provers = join(root, "provers");
  return readdirSync(provers)
    .filter((prover) => existsSync(join(provers, prover, "node_modules")))
    .flatMap((prover) =>
      readdirSync(join(provers, prover)).map((file) => join(provers, prover, file)),
    )
    .filter((path) => /[\\/]verify[^\\/]*\.program\.json$/.test(path))
    .sort();
}

/** The contract and its first block: as configured, else as the coordinator says. */
async function marketOf(place: Partial<CliConfig>): Promise<{ market: string; fromBlock: number }> {
  if (place.market) return { market: place.market, fromBlock: place.fromBlock ?? 0 };
  const coordinator = required(place.coordinatorUrl, "--market", "FROBEN_MARKET");
  const response = await apiFetch(coordinator, { method: "GET", path: "/v1/market" });
  return readAnswer(response, marketInfoSchema);
}

/** `froben audit`: recomputes everything from public data; needs no coordinator for the money. */
export function addAudit(program: Command, cli: Cli): void {
  program
    .command("audit")
    .description(
      "recompute every payment, claim and strike from public data, and check artifacts and proofs",
    )
    .option("--to-block <n>", "last block; the newest if not given", wholeNumber)
    .option(
      "--program <manifest...>",
      "validation programs to run; those of the provers set up here if not given",
    )
    .addHelpText(
      "after",
      "\nExit codes: 0 nothing is wrong, 1 an error was found or the audit could not be made, 2 wrong usage.\n\nExamples:\n  froben audit\n  froben audit --rpc-url http://127.0.0.1:8545 --market 0x... --from-block 0 --json",
    )
    .action(async (flags: Flags) => {
      const place = await cli.place();
      const rpcUrl = required(place.rpcUrl, "--rpc-url", "FROBEN_RPC_URL");
      const { market, fromBlock } = await marketOf(place);
      const { runAudit } = await import("../../offchain/audit/run");
      const { renderReport } = await import("../../offchain/audit/render");
      const live = cli.io.isTerminal && !cli.flags().json;
      const report = await runAudit({
        rpcUrl,
        market,
        fromBlock,
        toBlock: flags.toBlock,
        coordinatorUrl: place.coordinatorUrl,
        programs: flags.program ?? installedValidations(),
        onProgress: live
          ? ({ stage, done, of }) => cli.io.err(`\r\x1b[K${stage} ${done}/${of}`)
          : undefined,
      });
      if (live) cli.io.err("\r\x1b[K");
      cli.print(report, () => renderReport(report));
      if (!report.ok) throw new QuietExit(EXIT.failure);
    });
}
