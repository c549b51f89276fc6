import { Command, InvalidArgumentError } from "commander";
import { writeFileSync } from "node:fs";
import pc from "picocolors";
import { FrobenError } from "../../protocol/errors";
import { renderReport } from "./render";
import { runAudit, type AuditProgress } from "./run";

// Entry of the auditor as a process of its own. Exit codes: 0 nothing wrong, 1 a finding of severity error,
// 2 wrong usage, 3 the audit could not be made.

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("must be a whole number");
  return Number(text);
}

interface Flags {
  rpcUrl: string;
  market: string;
  fromBlock: number;
  toBlock?: number;
  coordinator?: string;
  program: string[];
  json?: string | true;
  quiet?: boolean;
}

/** One line that is written over on a terminal, and nothing when standard error is a file. */
function progressLine(): { show(progress: AuditProgress): void; clear(): void } {
  const live = process.stderr.isTTY;
  return {
    show: ({ stage, done, of }) => {
      if (live) process.stderr.write(`\r\x1b[K${pc.dim(`${stage} ${done}/${of}`)}`);
    },
    clear: () => {
      if (live) process.stderr.write("\r\x1b[K");
    },
  };
}

async function audit(flags: Flags): Promise<number> {
  const line = progressLine();
  try {
    const report = await runAudit({
      rpcUrl: flags.rpcUrl,
      market: flags.market,
      fromBlock: flags.fromBlock,
      toBlock: flags.toBlock,
      coordinatorUrl: flags.coordinator,
      programs: flags.program,
      onProgress: flags.quiet ? undefined : line.show,
    });
    line.clear();
    const json = `${JSON.stringify(report, null, 2)}\n`;
    if (typeof flags.json === "string") writeFileSync(flags.json, json);
    process.stdout.write(flags.json === true ? json : `${renderReport(report)}\n`);
    return report.ok ? 0 : 1;
  } catch (error) {
    line.clear();
    if (!(error instanceof FrobenError)) throw error;
    process.stderr.write(
      `${pc.red(error.code)}: ${error.message}${error.hint ? `\n${error.hint}` : ""}\n`,
    );
    return 3;
  }
}

const command = new Command("audit")
  .description("Recomputes every payment, claim and strike of a market from public data.")
  .requiredOption("--rpc-url <url>", "JSON-RPC endpoint of the chain")
  .requiredOption("--market <address>", "the market contract")
  .option("--from-block <number>", "the market's deployment block", wholeNumber, 0)
  .option("--to-block <number>", "last block (default: the newest)", wholeNumber)
  .option("--coordinator <url>", "also check specs, artifacts, leaves and proofs served there")
  .option(
    "--program <manifest>",
    "manifest of a validation program to run (repeatable)",
    (path: string, all: string[]) => [...all, path],
    [],
  )
  .option("--json [file]", "print JSON, or write it to a file beside the tables")
  .option("--quiet", "no progress")
  .addHelpText(
    "after",
    `
Exit codes: 0 nothing wrong, 1 errors found, 2 wrong usage, 3 the audit could not be made.

Example:
  npx tsx offchain/audit/main.ts --rpc-url http://127.0.0.1:8545 --market 0x5FbD… --coordinator http://127.0.0.1:7700`,
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse();

void audit(command.opts<Flags>()).then((code) => {
  process.exitCode = code;
});
