import { writeFile } from "node:fs/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import pc from "picocolors";
import { FrobenError } from "../protocol/errors";
import { Cleanup } from "./cleanup";
import { MIN_OPERATORS, PIPELINES, type Pipeline } from "./profiles";
import { renderReport } from "./report";
import { runMainJob } from "./run";

// `npm start`: a whole market on this machine, real proofs through it, and the audit of what happened.

const MAX_LEAVES = 64;
const MAX_OPERATORS = 50;

interface Flags {
  pipeline: Pipeline | "both";
  leaves: number;
  operators: number;
  json?: string;
  keep: boolean;
}

function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < from || value > to)
      throw new InvalidArgumentError(`It must be a whole number from ${from} to ${to}.`);
    return value;
  };
}

const program = new Command("npm start --")
  .description(
    "Brings up a local chain, the contracts, a coordinator and operators (one of them cheats), runs real proofs through the market and audits it.",
  )
  .addOption(
    new Option("--pipeline <name>", "what to prove")
      .choices([...PIPELINES, "both"])
      .default("both"),
  )
  .option("--leaves <n>", "leaf proofs of the rollup batch", wholeNumber(2, MAX_LEAVES), 4)
  .option(
    "--operators <n>",
    "operators; one of them cheats",
    wholeNumber(MIN_OPERATORS, MAX_OPERATORS),
    6,
  )
  .option("--json <file>", "write the report as data")
  .option("--keep", "leave the network running until Ctrl-C", false)
  .addHelpText(
    "after",
    "\nExample: npm start -- --pipeline rollup --leaves 5 --json report.json\n\nExit codes: 0 all went as promised, 1 it did not, 2 wrong usage, 130 interrupted.",
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

function sayError(error: unknown): void {
  if (error instanceof FrobenError)
    process.stderr.write(
      `${pc.red(`froben: ${error.message}`)} (${error.code})\n${error.hint ? `${error.hint}\n` : ""}`,
    );
  else
    process.stderr.write(
      `${pc.red("froben:")} ${error instanceof Error ? error.stack : String(error)}\n`,
    );
}

/** The exit code once a signal has come, or while there is none, undefined. */
function stopOnSignals(cleanup: Cleanup, abort: AbortController): { stopped: Promise<number> } {
  const stopped = new Promise<number>((resolve) => {
    const stop = (signal: NodeJS.Signals) => {
      if (abort.signal.aborted) return; // a terminal's Ctrl-C arrives more than once, by way of npm
      process.stderr.write(`\nfroben: ${signal}, stopping everything ...\n`);
      abort.abort();
      void cleanup.run().then(() => resolve(signal === "SIGINT" ? 130 : 143));
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  });
  return { stopped };
}

async function job(flags: Flags, cleanup: Cleanup, signal: AbortSignal): Promise<number> {
  const report = await runMainJob(
    {
      pipelines: flags.pipeline === "both" ? [...PIPELINES] : [flags.pipeline],
      leaves: flags.leaves,
      operators: flags.operators,
      onStep: (step) => process.stdout.write(`${pc.dim("froben:")} ${step}\n`),
      out: process.stdout,
      signal,
    },
    cleanup,
  );
  process.stdout.write(`${renderReport(report)}\n`);
  if (flags.json) await writeFile(flags.json, `${JSON.stringify(report, null, 2)}\n`);
  if (flags.keep) {
    process.stdout.write("The network is still running; Ctrl-C stops it.\n");
    await new Promise<never>(() => {});
  }
  return report.ok ? 0 : 1;
}

async function main(): Promise<void> {
  const flags = program.parse().opts<Flags>();
  const cleanup = new Cleanup();
  const abort = new AbortController();
  const { stopped } = stopOnSignals(cleanup, abort);
  const finished = job(flags, cleanup, abort.signal).catch((error: unknown) => {
    // An aborted step throws on its way out; that is no news.
    if (abort.signal.aborted) return stopped;
    sayError(error);
    return 1;
  });
  const code = await Promise.race([finished, stopped]);
  await cleanup.run();
  process.exit(code);
}

void main();
