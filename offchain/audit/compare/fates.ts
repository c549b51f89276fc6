import { mapConcurrently } from "../chain/concurrently";
import type { MarketReader } from "../chain/market-reader";
import type { Recorder } from "../recorder";
import type { Fate } from "../replay/court-books";
import type { Ledger } from "../replay/ledger";
import { PARALLEL_READS } from "./parallel";

/** Holds what became of every attempt that was disputed, void or struck, and what strikes have left, against the contract's. */
export async function compareFates(
  ledger: Ledger,
  reader: MarketReader,
  recorder: Recorder,
): Promise<void> {
  const check = recorder.check("What became of each disputed attempt equals the contract's");
  await mapConcurrently([...ledger.fates.values()], PARALLEL_READS, async (fate) => {
    const theirs = await reader.fate(fate.workflow, fate.task, fate.attempt);
    const keys = ["isVoid", "hasLeft", "isStruck"] as const satisfies (keyof Fate)[];
    for (const key of keys)
      check.expect(
        fate[key] === theirs[key],
        "fate_differs",
        `workflow ${fate.workflow} task ${fate.task} attempt ${fate.attempt}`,
        () => `${key}: the events make ${fate[key]}, the contract has ${theirs[key]}`,
      );
  });
  const struck = [...ledger.workflows.values()].flatMap(({ workflow, tasks }) =>
    [...tasks.values()]
      .filter((task) => task.struckAttempts.length > 0)
      .map((task) => ({ workflow, task })),
  );
  await mapConcurrently(struck, PARALLEL_READS, async ({ workflow, task }) => {
    const theirs = await Promise.all(
      task.struckAttempts.map((attempt) => reader.fate(workflow, task.task, attempt)),
    );
    const pot = theirs.reduce((sum, fate) => sum + fate.pot, 0n);
    check.expect(
      task.pot === pot,
      "pot_differs",
      `workflow ${workflow} task ${task.task}`,
      () => `the events leave ${task.pot} units for dependents, the contract has ${pot}`,
    );
  });
}
