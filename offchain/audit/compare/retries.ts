import { mapConcurrently } from "../chain/concurrently";
import type { MarketReader } from "../chain/market-reader";
import type { Recorder } from "../recorder";
import type { Ledger, Task } from "../replay/ledger";
import { PARALLEL_READS } from "./parallel";

const LIVE = ["claimed", "committed", "disputed", "settled"];

/** Holds the fence of every task that ended without pay against the contract's: nothing below it may be claimed again. */
export async function compareRetries(
  ledger: Ledger,
  reader: MarketReader,
  recorder: Recorder,
): Promise<void> {
  const check = recorder.check("Every ended attempt is fenced as in the contract");
  const ended: { workflow: number; task: Task }[] = [];
  for (const { workflow, tasks } of ledger.workflows.values())
    for (const task of tasks.values()) if (task.endedAttempt > 0) ended.push({ workflow, task });
  await mapConcurrently(ended, PARALLEL_READS, async ({ workflow, task }) => {
    const where = `workflow ${workflow} task ${task.task}`;
    const [attempt, open] = await reader.retry(workflow, task.task);
    const live = LIVE.includes(task.state);
    check.expect(
      open === !live,
      "retry_differs",
      where,
      () => `the task is ${task.state}, the contract says ${open ? "" : "not "}open to a retry`,
    );
    if (!live)
      check.expect(
        attempt === task.endedAttempt,
        "retry_attempt_differs",
        where,
        () => `the events end attempt ${task.endedAttempt}, the contract ${attempt}`,
      );
  });
}
