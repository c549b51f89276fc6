import { join } from "node:path";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { NotCompiled } from "./compile";
import type { Baseline, TestFile, Trial, Verdict } from "./messages";
import type { Plan } from "./plan";
import { runFile } from "./suite";
import { Workbench } from "./workbench";

/**
 * Tries to kill a mutant. First each test file runs with just those contracts compiled that it was seen to read, and not at all if
 * none of them changed. That is only a short cut: a mutant that lives then meets every file that did not see all of it.
 */
export async function tryMutant(
  hre: HardhatRuntimeEnvironment,
  plan: Plan,
  baseline: Baseline,
  { change, affected, tests }: Trial,
): Promise<Verdict> {
  const bench = new Workbench(hre, plan, baseline, change);
  const saw = new Map<TestFile, number>();
  let testMs = 0;

  const verdict = (outcome: Verdict["outcome"], by?: Verdict["by"]): Verdict => ({
    outcome,
    by,
    compileMs: Math.round(bench.compileMs),
    testMs: Math.round(testMs),
  });
  const killedBy = async (test: TestFile): Promise<Verdict | undefined> => {
    const started = performance.now();
    const failure = await runFile(hre, join(hre.config.paths.root, test.path));
    testMs += performance.now() - started;
    saw.set(test, bench.changed.size);
    return failure && verdict("killed", { ...failure, file: test.path });
  };

  try {
    for (const test of tests) {
      const needed = test.reads.filter((name) => affected.includes(name));
      await bench.prepare(needed);
      if (!needed.some((name) => bench.changed.has(name))) continue;
      const killed = await killedBy(test);
      if (killed) return killed;
    }
    await bench.prepare(affected);
    if (bench.changed.size === 0) return verdict("equivalent");
    for (const test of tests) {
      if (saw.get(test) === bench.changed.size) continue;
      const killed = await killedBy(test);
      if (killed) return killed;
    }
    return verdict("survived");
  } catch (error) {
    if (error instanceof NotCompiled) return verdict("invalid", { message: error.message });
    throw error;
  } finally {
    bench.restore();
  }
}
