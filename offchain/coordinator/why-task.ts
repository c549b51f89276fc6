import { FrobenError } from "../../protocol/errors";
import type { MissingTask, TaskWhy, WhyCode } from "../../protocol/why";
import { dependenciesOf } from "../../protocol/spec-graph";
import { assignmentOf } from "./attempts";
import { isLive, type AttemptRun, type Run, type RunWork, type TaskRun } from "./model";
import { find } from "../workflow/outlook";
import { claimObstacle } from "./ready";
import { operatorsCode, operatorsMessage, whyOperators } from "./why-operators";
import type { World } from "./world";

/** Missing inputs that are listed; all are counted. */
const MAX_MISSING = 20;

export const PAUSED = "its requester has paused the workflow: nothing new is assigned";

const at = (ms: number) => new Date(ms).toISOString();

/** What holds a task up, without details. */
interface HoldUp {
  code: WhyCode;
  message: string;
  /** Unix milliseconds. */
  until?: number;
}

/**
 * Says why a task is not running, from what the coordinator goes by itself: it changes nothing.
 * @param index of the task in the workflow
 * @param limit how many operators are listed for each predicate of the matchmaker
 * @throws FrobenError 404 `task_unknown`
 */
export function whyTask(world: World, run: Run, index: number, limit: number): TaskWhy {
  const task = run.task(index);
  if (!task) return whyUnknown(world, run, index);
  const answer = {
    workflow: run.id,
    task: index,
    step: task.step.id,
    index: task.position,
    state: task.state,
  };
  const hold = holdUp(world, task);
  if (!hold) {
    const operators = whyOperators(world, task, limit);
    const [code, message] = [operatorsCode(operators), operatorsMessage(operators)];
    return { ...answer, code, message, until: null, operators };
  }
  const { code, message, until = null } = hold;
  const why: TaskWhy = { ...answer, code, message, until };
  if (code === "assigned") why.attempt = attemptWhy(world, task.current!);
  if (task.standby) why.standby = attemptWhy(world, task.standby);
  if (code === "inputs_missing") why.missing = listed(missingInputs(task));
  return why;
}

/** @returns what keeps a task from being matched or shows that it need not be; nothing when it waits for an operator */
export function holdUp(world: World, task: TaskRun): HoldUp | undefined {
  const { run, current, state } = task;
  if (state === "done")
    return { code: "done", message: task.reused ? `it took the ${task.reason}` : "it is done" };
  if (state === "left_out")
    return { code: "left_out", message: `it is not needed: ${task.reason ?? "it was left out"}` };
  if (state === "failed")
    return { code: "failed", message: `no attempt is left: ${task.reason ?? "it failed"}` };
  if (isLive(current)) return { code: "assigned", message: attemptMessage(world, current) };
  const over = runHoldUp(world, run);
  if (over) return over;
  if (state === "waiting") {
    const missing = missingInputs(task);
    const [first] = missing;
    const more = missing.length > 1 ? ` and ${missing.length - 1} more` : "";
    const which = first ? `: ${first.step} ${first.index} (${first.state})${more}` : "";
    return { code: "inputs_missing", message: `it waits for its inputs${which}` };
  }
  if (run.paused) return { code: "paused", message: PAUSED };
  if (world.reusing.has(task))
    return {
      code: "reusing",
      message: "its result is known, and is looked for among the artifacts",
    };
  if (task.lane.has(task)) return undefined;
  if (task.notBefore > world.now())
    return {
      code: "back_off",
      message: `attempt ${task.attempt} came to nothing (${task.reason ?? "no reason"}); the next waits until ${at(task.notBefore)}`,
      until: task.notBefore,
    };
  const obstacle = claimObstacle(world, task, world.deps.chain.task(run.id, task.index));
  if (!obstacle) return undefined;
  const until = obstacle.until === undefined ? undefined : obstacle.until * 1000;
  const message = until === undefined ? obstacle.reason : `${obstacle.reason}, until ${at(until)}`;
  return { code: obstacle.code, message, until };
}

/** What holds a whole workflow up. */
export function runHoldUp(world: World, run: Run): HoldUp | undefined {
  if (run.state !== "running") {
    const reason = run.reason === null ? "" : `: ${run.reason}`;
    return { code: "workflow_ended", message: `the workflow is ${run.state}${reason}` };
  }
  if (world.passed(run.deadline))
    return { code: "deadline_passed", message: "the workflow's deadline has passed" };
  if (!run.work)
    return { code: "spec_missing", message: "the coordinator does not have the spec yet" };
  return undefined;
}

/** Of a number for which there is no task (yet). */
function whyUnknown(world: World, run: Run, index: number): TaskWhy {
  const steps = run.work?.terms ?? world.deps.chain.workflow(run.id)?.steps ?? [];
  const stepIndex = steps.findIndex(
    ({ firstTask, maxTasks }) => index >= firstTask && index < firstTask + maxTasks,
  );
  if (stepIndex < 0)
    throw new FrobenError("task_unknown", `workflow ${run.id} can have no task ${index}`, {
      status: 404,
      field: "task",
      limit: steps.reduce((sum, { maxTasks }) => sum + maxTasks, 0) - 1,
      value: index,
    });
  const step = run.work?.spec.steps[stepIndex];
  const answer = {
    workflow: run.id,
    task: index,
    step: step?.id ?? null,
    index: index - steps[stepIndex]!.firstTask,
    state: null,
    until: null,
  };
  const known = step && run.work!.plan.tasksOf(step.id);
  if (known)
    return {
      ...answer,
      code: "not_needed",
      message: `it is not needed: step "${step.id}" has ${known.length} tasks`,
    };
  const over = runHoldUp(world, run);
  if (over) return { ...answer, code: over.code, message: over.message };
  const missing = missingSteps(run.work!, stepIndex);
  return {
    ...answer,
    code: "not_unfolded",
    message: `whether it is needed depends on results of ${[...new Set(missing.map((m) => m.step))].join(", ")}`,
    missing: listed(missing),
  };
}

function missingInputs(task: TaskRun): MissingTask[] {
  const { tasks } = task.run.work!;
  const needs = Object.values(task.inputs)
    .filter((source) => find(source, tasks) === "open")
    .map((source) => tasks.get("task" in source ? source.task : source.of!)!);
  return [...new Set(needs)].sort((a, b) => a.index - b.index).map(missingTask);
}

/** What a step that is not unfolded waits for. */
function missingSteps({ spec, plan, tasks }: RunWork, stepIndex: number): MissingTask[] {
  return dependenciesOf(spec.steps[stepIndex]!).flatMap((step): MissingTask[] => {
    const known = plan.tasksOf(step);
    if (!known) return [{ task: null, step, index: null, state: "not_unfolded" }];
    return known.flatMap(({ task }) => {
      const need = tasks.get(task)!;
      return need.isOver ? [] : [missingTask(need)];
    });
  });
}

const missingTask = ({ index, step, position, state }: TaskRun): MissingTask => ({
  task: index,
  step: step.id,
  index: position,
  state,
});

const listed = (missing: MissingTask[]) => ({
  count: missing.length,
  tasks: missing.slice(0, MAX_MISSING),
});

const nameOf = (world: World, attempt: AttemptRun) =>
  world.operators.get(attempt.operator)?.fleet.registration.name ?? null;

function attemptWhy(world: World, attempt: AttemptRun): TaskWhy["attempt"] {
  const { number, operator, task, claimed, assignedAt, startedAt, progress, note } = attempt;
  const deadline = claimed
    ? world.deps.chain.task(task.run.id, task.index)?.deadline
    : assignmentOf(world, attempt)?.body.claimBy;
  return {
    number,
    operator,
    name: nameOf(world, attempt),
    state: attempt.state as NonNullable<TaskWhy["attempt"]>["state"],
    assignedAt,
    startedAt,
    progress,
    note,
    claimed,
    due: deadline === undefined ? null : deadline * 1000,
  };
}

function attemptMessage(world: World, attempt: AttemptRun): string {
  const name = nameOf(world, attempt);
  const who = name === null ? attempt.operator : `${name} (${attempt.operator})`;
  switch (attempt.state) {
    case "offered":
      return attempt.booked
        ? `given to ${who} at ${at(attempt.assignedAt)}, which has not started it${canaryNote(world, attempt)}`
        : `in the queue of ${who} since ${at(attempt.assignedAt)}`;
    case "running":
      return `${who} is computing it since ${at(attempt.startedAt ?? attempt.assignedAt)}`;
    case "computed":
      return `${who} has computed it and delivers the result`;
    case "reported":
      return `the result of ${who} is here; its claim is not on-chain yet`;
    default:
      if (attempt.task.step.final && attempt.verdict === "valid")
        return `the result of ${who} is valid; its verification on-chain is awaited`;
      return `the result of ${who} is being validated`;
  }
}

/** What whoever has just got a task gives back for it. */
function canaryNote(world: World, { operator }: AttemptRun): string {
  const canary = world.operators.get(operator)?.canary;
  return canary?.state === "taken" ? "; it has a canary, to be given back first" : "";
}
