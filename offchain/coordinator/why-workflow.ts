import type { WhyCode, WorkflowWhy } from "../../protocol/why";
import { allDone, type Run, type TaskRun } from "./model";

import { operatorsCode, whyOperators } from "./why-operators";
import { holdUp, PAUSED, runHoldUp, whyTask } from "./why-task";
import type { World } from "./world";

/** Tasks of a group that are named, and groups that are listed. */
const MAX_NAMED = 20;
const MAX_GROUPS = 32;

/** What a requester can do least about comes first; codes that hold nothing up are not here. */
const ORDER: readonly WhyCode[] = [
  "failed",
  "paused",
  "no_operator",
  "in_dispute",
  "earlier_commitment",
  "earlier_claim",
  "earlier_assignment",
  "back_off",
  "reusing",
  "operators_busy",
  "operator_free",
  "assigned",
];

/**
 * Says which tasks hold a workflow up: those that are not done and wait for no other, grouped by step and reason.
 * @param limit how many operators are listed for each predicate of the matchmaker
 */
export function whyWorkflow(world: World, run: Run, limit: number): WorkflowWhy {
  const codeOf = codes(world);
  const groups = new Map<string, { code: WhyCode; tasks: TaskRun[] }>();
  let waiting = 0;
  for (const task of run.work?.tasks.values() ?? []) {
    if (task.isOver) continue;
    const code = codeOf(task);
    if (code === "inputs_missing") waiting++;
    if (!ORDER.includes(code)) continue;
    const key = `${code}/${task.stepIndex}`;
    const group = groups.get(key) ?? { code, tasks: [] };
    groups.set(key, group);
    group.tasks.push(task);
  }
  const sorted = [...groups.values()].sort(
    (a, b) =>
      ORDER.indexOf(a.code) - ORDER.indexOf(b.code) ||
      a.tasks[0]!.stepIndex - b.tasks[0]!.stepIndex,
  );
  const { code, message } = summary(world, run, sorted, waiting);
  return {
    workflow: run.id,
    state: run.state,
    code,
    message,
    waiting,
    notUnfolded: notUnfolded(run),
    groups: sorted.slice(0, MAX_GROUPS).map(({ code, tasks }) => {
      tasks.sort((a, b) => a.index - b.index);
      return {
        code,
        step: tasks[0]!.step.id,
        count: tasks.length,
        tasks: tasks.slice(0, MAX_NAMED).map(({ index }) => index),
        example: whyTask(world, run, tasks[0]!.index, limit),
      };
    }),
    more: Math.max(0, sorted.length - MAX_GROUPS),
  };
}

/** Asks the matchmaker once for all tasks of a step, unless an operator failed this one. */
function codes(world: World): (task: TaskRun) => WhyCode {
  const known = new Map<TaskRun["lane"], WhyCode>();
  return (task) => {
    const hold = holdUp(world, task);
    if (hold) return hold.code;
    if (task.avoid.size > 0) return operatorsCode(whyOperators(world, task, 0));
    const lane = task.lane.partOf(task);
    const code = known.get(lane) ?? operatorsCode(whyOperators(world, task, 0));
    known.set(lane, code);
    return code;
  };
}

function notUnfolded({ work }: Run): string[] {
  if (!work) return [];
  return work.spec.steps.map(({ id }) => id).filter((id) => !work.plan.tasksOf(id));
}

function summary(
  world: World,
  run: Run,
  groups: { code: WhyCode; tasks: TaskRun[] }[],
  waiting: number,
): Pick<WorkflowWhy, "code" | "message"> {
  const over = runHoldUp(world, run);
  if (over) return { code: over.code as WorkflowWhy["code"], message: over.message };
  if (allDone(run))
    return { code: "all_done", message: "all tasks are done; its end on-chain is awaited" };
  if (run.paused) return { code: "paused", message: PAUSED };
  const list = groups.map(({ code, tasks }) => `${tasks.length} ${code} (${tasks[0]!.step.id})`);
  const more = waiting > 0 ? `; ${waiting} wait for them` : "";
  return { code: "held_up", message: `not done: ${list.join(", ")}${more}` };
}
