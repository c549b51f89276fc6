import type { Address } from "viem";
import { FrobenError } from "../../protocol/errors";
import { FALLEN, type Origin } from "../../protocol/http";
import type { Spec } from "../../protocol/spec";
import { workDigest, type Reused } from "../workflow/work";
import { inputsOf, originOf } from "./attempts";
import type { Remembered } from "./memory";
import type { Run, TaskRun } from "./model";
import type { World } from "./world";

// What need not be run again: a task's result may be known from another workflow, which the spec names (`reuse`), or from the memory (`memo`).

/** A result that a task can take. */
export interface Reusable extends Remembered, Reused {}

/**
 * Looks for the result of a task's work, of which the coordinator found it valid by the rule that the task's step has, too.
 * @returns undefined when it has to be run
 */
export function reusable(world: World, task: TaskRun): Reusable | undefined {
  const { step, run } = task;
  const { reuse } = run.work!.spec;
  if (step.final || (!step.memo && !reuse)) return undefined;
  const work = workDigest(step, task.inputRefs());
  const former = reuse && formerTask(world.runs.get(reuse.workflow), task);
  for (const found of [
    former && resultOf(world, former, work),
    step.memo ? world.memory.recall(work) : undefined,
  ])
    if (found && stands(world, found)) return { ...found, work };
  return undefined;
}

/** Whether what the workflow that is run again has finished was lost with the database: only the chain may know it. */
export function isForgotten(world: World, { step, run }: TaskRun): boolean {
  const { reuse } = run.work!.spec;
  const former = reuse && !step.final ? world.runs.get(reuse.workflow) : undefined;
  return former !== undefined && (!former.work || former.blankUntil > 0);
}

/** The task at the same place of the workflow that is run again. */
function formerTask(run: Run | undefined, { step, position }: TaskRun): TaskRun | undefined {
  const place = run?.work?.plan.tasksOf(step.id)?.[position];
  return place && run!.task(place.task);
}

function resultOf(world: World, former: TaskRun, work: string): Remembered | undefined {
  if (former.state !== "done") return undefined;
  const { reused, current, step } = former;
  const result = former.result!;
  const its = reused?.work ?? workDigest(step, inputsOf(world, current!));
  return its === work ? { result, ...(reused ?? originOf(current!)) } : undefined;
}

/** Whether the chain has nothing against a result that was found valid. */
export function stands(world: World, { workflow, task, attempt }: Origin): boolean {
  const claim = world.deps.chain.task(workflow, task);
  if (!claim || claim.attempt < attempt) return true; // a reorganisation took its claim back, if there was one
  return claim.attempt === attempt && !FALLEN.includes(claim.pay);
}

/** Whether a result that was found valid was struck on-chain, or is void. */
export function hasFallen(world: World, { workflow, task, attempt }: Origin): boolean {
  const claim = world.deps.chain.task(workflow, task);
  if (!claim || claim.attempt < attempt) return false;
  return claim.attempt > attempt || claim.pay === "struck" || claim.pay === "void";
}

/**
 * A requester takes results of its own workflows only, and of such as were run here.
 * @throws FrobenError 422 `reuse_unknown`, 422 `reuse_not_yours`
 */
export function checkReuse(world: World, { reuse }: Spec, requester: Address): void {
  if (!reuse) return;
  const refuse = (code: string, message: string) =>
    new FrobenError(code, `reuse.workflow: ${message}`, {
      status: 422,
      field: "reuse.workflow",
      value: reuse.workflow,
    });
  const former = world.deps.chain.workflow(reuse.workflow);
  if (!former || !world.runs.has(reuse.workflow))
    throw refuse("reuse_unknown", "this coordinator has not run such a workflow");
  if (former.requester.toLowerCase() !== requester.toLowerCase())
    throw refuse("reuse_not_yours", "another requester opened it");
}

/** Notes who took a result, so that its strike is heard of. */
export function noteReuse(world: World, task: TaskRun): void {
  const key = `${task.reused!.workflow}/${task.reused!.task}`;
  const takers = world.reused.get(key) ?? new Set();
  world.reused.set(key, takers.add(task));
}
