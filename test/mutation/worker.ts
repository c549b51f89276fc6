import { readFileSync } from "node:fs";
import { join } from "node:path";
import hre from "hardhat";
import { compile, hasCompiler } from "./compile";
import { FILES, type Baseline, type Request } from "./messages";
import type { Plan } from "./plan";
import { traceTests } from "./trace";
import { tryMutant } from "./trial";

// A process of its own, in a copy of the project: compiles mutants and runs the contract tests against them, one after another.
// Started by `Lane` with the folder of the shared files.

const folder = process.argv[2]!;
const plan = read<Plan>(FILES.plan);
let baseline: Baseline | undefined;

function read<T>(file: string): T {
  return JSON.parse(readFileSync(join(folder, file), "utf8")) as T;
}

/** The unchanged code; written after the first workers start. */
const unchanged = () => (baseline ??= read<Baseline>(FILES.baseline));

async function answer(request: Request): Promise<unknown> {
  switch (request.kind) {
    case "compile":
      return compile(
        plan,
        plan.targets.find(({ name }) => name === request.target)!,
      ).code;
    case "trace":
      return traceTests(hre);
    case "try":
      return tryMutant(hre, plan, unchanged(), request.trial);
  }
}

// A mutant that is a little larger must not die of the size limit.
hre.config.networks.hardhat.allowUnlimitedContractSize = true;
// A test that was cut short may leave a promise behind that nobody waits for.
process.on("unhandledRejection", () => {});
// Ctrl-C reaches every process of the terminal; the main process decides.
process.on("SIGINT", () => {});
process.on("disconnect", () => process.exit());
process.on("message", (request: Request) => {
  void answer(request).then(
    (value) => process.send!({ value, memoryMb: process.memoryUsage.rss() / 2 ** 20 }),
    (error: unknown) => {
      // The compiler or the chain may be in any state now, so this process ends.
      process.send!({ error: error instanceof Error ? error.stack : String(error) }, () =>
        process.exit(1),
      );
    },
  );
});
process.send!({ ready: hasCompiler(plan.solc) });
