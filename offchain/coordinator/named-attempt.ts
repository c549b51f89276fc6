import type { Address } from "viem";
import { FrobenError } from "../../protocol/errors";
import { forgottenUntil, isAdoptable } from "./forgotten";
import type { AttemptRun } from "./model";
import type { World } from "./world";

/** How an operator names an attempt. */
interface Named {
  workflow: number;
  task: number;
  attempt: number;
}

/** 409: the caller knows something that is no longer so. */
export const conflict = (code: string, message: string, details: object = {}) =>
  new FrobenError(code, message, { status: 409, ...details });

/** Whether an attempt may be of a life whose database is lost, and be found on-chain yet. */
export function mayBeFound(world: World, { workflow, task: index, attempt }: Named): boolean {
  // The API opens when the chain was read, so a workflow that is not here is none of this coordinator's.
  const run = world.runs.get(workflow);
  if (!run || run.blankUntil === 0) return false;
  const task = run.task(index);
  if (!task) return true;
  if (attempt <= task.attempt) return false;
  const claim = world.deps.chain.task(workflow, index);
  // A task that still waits for its inputs is not taken over yet.
  const isThere = claim?.attempt === attempt && isAdoptable(world, task, claim);
  return isThere || !world.passed(forgottenUntil(world, task));
}

/**
 * Finds the attempt that an operator speaks about. Whoever lost an attempt can no longer change the task.
 * @throws FrobenError 404 `task_unknown`, 409 `attempt_stale`, 403 `attempt_not_yours`; 503 `attempt_not_found_yet` after a lost database
 */
export function attemptOf(
  world: World,
  address: Address,
  named: Named & { root?: string },
): AttemptRun {
  if (mayBeFound(world, named))
    throw new FrobenError(
      "attempt_not_found_yet",
      "the database was lost, the chain is being read",
      {
        status: 503,
        field: "attempt",
        value: named.attempt,
        retryable: true,
        hint: "report it again: a claim that stands is taken over as soon as it is seen",
      },
    );
  const task = world.run(named.workflow).task(named.task);
  if (!task)
    throw new FrobenError("task_unknown", "the workflow has no such task", {
      status: 404,
      field: "task",
      value: named.task,
    });
  const { current, standby } = task;
  const attempt = [current, standby].find((one) => one?.number === named.attempt);
  if (!attempt)
    throw conflict("attempt_stale", "another attempt has taken its place", {
      field: "attempt",
      limit: current?.number ?? 0,
      value: named.attempt,
    });
  if (attempt.operator !== address.toLowerCase())
    throw new FrobenError("attempt_not_yours", "the attempt belongs to another operator", {
      status: 403,
      field: "attempt",
      value: named.attempt,
    });
  if (named.root !== undefined && named.root.toLowerCase() !== attempt.root)
    throw conflict("assignment_mismatch", "the attempt belongs to another assignment", {
      field: "root",
      value: named.root,
    });
  return attempt;
}
