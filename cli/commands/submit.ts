import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { sha256, type Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import { specDigest } from "../../protocol/validate-spec";
import { submit, waitFor, type Warning } from "../../sdk";
import type { Cli } from "../context";
import { wholeNumber } from "../numbers";
import { moneyOf } from "../render/money";
import { readSpec } from "./validate";

interface Flags {
  artifact: string[];
  key: string;
  feeBps: number;
  silenceDelay?: number;
  wait?: boolean;
}

async function readArtifacts(paths: string[]): Promise<Map<Digest, Uint8Array>> {
  const artifacts = new Map<Digest, Uint8Array>();
  for (const path of paths) {
    const bytes = await readFile(path).catch((cause: unknown) => {
      throw new FrobenError("file_unreadable", `can't read ${path}`, {
        field: "--artifact",
        value: path,
        cause,
      });
    });
    artifacts.set(sha256(bytes), bytes);
  }
  return artifacts;
}

/** `froben submit`: pays for a run of a spec. */
export function addSubmit(program: Command, cli: Cli): void {
  program
    .command("submit")
    .description("upload a spec with its artifacts and open the workflow on-chain")
    .argument("<spec.json>", "the spec")
    .option("--artifact <file...>", "bytes that the spec names by their digest", [])
    .option("--key <name>", "tells runs of the same spec apart: one key is bought once", "")
    .option("--fee-bps <n>", "the coordinator's fee, basis points of what is spent", wholeNumber, 0)
    .option(
      "--silence-delay <seconds>",
      "how long a coordinator that is declared silent has to answer, 0: it can't be (default: 3600)",
      wholeNumber,
    )
    .option("--wait", "wait until the workflow has ended")
    .addHelpText(
      "after",
      "\nSigns with FROBEN_KEY or --keystore.\n\nExample:\n  froben submit workflow.json --artifact request.json statement.bin --key monday --wait",
    )
    .action(async (path: string, flags: Flags) => {
      const spec = await readSpec(path);
      const artifacts = await readArtifacts(flags.artifact);
      const client = await cli.client({ signing: true });
      const workflow = { spec, digest: specDigest(spec), artifacts };
      const warnings: Warning[] = [];
      const submitted = await submit(client, workflow, {
        key: flags.key,
        feeBps: flags.feeBps,
        silenceDelaySeconds: flags.silenceDelay,
        onWarning(warning) {
          warnings.push(warning);
          cli.note(`warning: ${warning.message}`);
        },
      });
      const money = moneyOf(await client.market());
      const data = { ...submitted, escrow: submitted.escrow.toString(), warnings };
      if (!flags.wait) {
        cli.print(data, () =>
          submitted.opened
            ? `workflow ${submitted.workflow} is open: ${money(submitted.escrow)} in escrow, transaction ${submitted.hash}`
            : `workflow ${submitted.workflow} was opened before with this spec and key (transaction ${submitted.hash}); nothing was paid`,
        );
        return;
      }
      cli.note(`workflow ${submitted.workflow} is open, waiting for its end ...`);
      const view = await waitFor(client, submitted.workflow);
      cli.print({ ...data, view }, () => `workflow ${view.workflow} is ${view.state}`);
    });
}
