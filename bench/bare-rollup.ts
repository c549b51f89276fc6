import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RollupBatch } from "../devnet/jobs/rollup";
import { runProgram } from "../devnet/run-program";
import type { ProgramSet } from "../sdk";

/** Lets at most `cores` cores be used at a time: the same parallelism as the market's reservation, and nothing else of it. */
class Cores {
  private readonly waiting: (() => void)[] = [];
  constructor(private free: number) {}

  async use<T>(cores: number, work: () => Promise<T>): Promise<T> {
    while (this.free < cores) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.free -= cores;
    try {
      return await work();
    } finally {
      this.free += cores;
      this.waiting.splice(0).forEach((wake) => wake());
    }
  }
}

/** Cores that a merge books in the workflow. */
const MERGE_CORES = 2;

/**
 * Proves a batch with the same programs, a plain script and no market: no chain, no operators, no validation.
 * @param folder where the files go
 * @returns milliseconds from start to the last proof
 */
export async function proveBare(
  programs: ProgramSet,
  batch: RollupBatch,
  cores: number,
  folder: string,
): Promise<number> {
  const program = (name: string) => programs.all.find((one) => one.name === name)!;
  const at = (name: string) => join(folder, name);
  const pool = new Cores(cores);
  await mkdir(folder, { recursive: true });
  await writeFile(at("state"), batch.state);
  await writeFile(at("batch"), batch.batch);

  const started = performance.now();
  await runProgram(program("noir/witness"), {
    inputs: { state: at("state"), batch: at("batch") },
    outputs: { leaves: at("leaves"), statement: at("statement"), newState: at("new-state") },
  });
  const leaves = (await readdir(at("leaves"))).sort();
  let level = await Promise.all(
    leaves.map((leaf, i) =>
      pool.use(1, async () => {
        const proof = at(`leaf-${i}`);
        await runProgram(program("noir/prove"), {
          inputs: { leaf: join(at("leaves"), leaf) },
          outputs: { proof },
        });
        return proof;
      }),
    ),
  );
  let node = 0;
  const merge = (left: string, right: string) => {
    const proof = at(`merge-${node++}`);
    return pool.use(MERGE_CORES, async () => {
      const files = { inputs: { left, right }, outputs: { proof } };
      await runProgram(program("noir/merge"), files, { target: "recursive" });
      return proof;
    });
  };
  while (level.length > 2) {
    const pairs = Array.from({ length: Math.ceil(level.length / 2) }, (_, i) =>
      level.slice(2 * i, 2 * i + 2),
    );
    level = await Promise.all(
      pairs.map(async ([left, right]) => (right ? merge(left!, right) : left!)),
    );
  }
  await runProgram(
    program("noir/merge"),
    {
      inputs: { left: level[0]!, right: level[1]!, statement: at("statement") },
      outputs: { proof: at("final") },
    },
    { target: "evm" },
  );
  return performance.now() - started;
}
