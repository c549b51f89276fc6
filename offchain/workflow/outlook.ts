import type { Step } from "../../protocol/spec";
import type { TaskState } from "../../protocol/http";
import { exactInputs } from "../../protocol/spec-graph";
import type { Source } from "./plan";

// What becomes of a task whose inputs may be missing: the rules of `onFailureSchema` (protocol/spec.ts).

/** A task as far as these rules look at it. */
export interface GraphTask {
  readonly step: Step;
  /** As planned, with everything there. */
  readonly inputs: Readonly<Record<string, Source>>;
  readonly state: TaskState;
}
type Tasks = ReadonlyMap<number, GraphTask>;

/** Why an output will never be there. */
export type Absence = "lost" | "unneeded";

/** @returns where a source's bytes come from, now that its maker is done; "open" while that is not decided */
export function find(source: Source, tasks: Tasks): Source | Absence | "open" {
  const maker = "task" in source ? source.task : source.of;
  if (maker === undefined) return source;
  const task = tasks.get(maker)!;
  switch (task.state) {
    case "done":
      return source;
    case "failed":
      return task.step.onFailure === "ignore" ? "unneeded" : "lost";
    case "left_out":
      return ("task" in source && carried(task, source.output, tasks)) || absenceOf(task, tasks);
    default:
      return "open";
  }
}

/** What a tree's node that was left out passes on as its item: the one child that is left. */
function carried(task: GraphTask, output: string, tasks: Tasks): Source | "open" | undefined {
  const { fanOut } = task.step;
  if (fanOut.kind !== "tree" || output !== fanOut.item) return undefined;
  if (exactInputs(task.step).some(([name]) => isAbsent(find(task.inputs[name]!, tasks))))
    return undefined;
  return childrenOf(task, fanOut.slots, tasks)[0];
}

/** What stands in the slots of a node, without what is absent. */
function childrenOf(
  { inputs }: GraphTask,
  slots: readonly string[],
  tasks: Tasks,
): (Source | "open")[] {
  return slots.flatMap((slot) => {
    const found = inputs[slot] && find(inputs[slot], tasks);
    return found === undefined || isAbsent(found) ? [] : [found];
  });
}

const isAbsent = (found: unknown): found is Absence => found === "lost" || found === "unneeded";

function absenceOf({ inputs }: GraphTask, tasks: Tasks): Absence {
  const found = Object.values(inputs).map((source) => find(source, tasks));
  return found.includes("lost") ? "lost" : "unneeded";
}

/**
 * What a task that has not begun must do.
 * @returns its inputs, when it can start; "open" while one of them is not decided
 */
export function outlookOf(
  task: GraphTask,
  tasks: Tasks,
): Record<string, Source> | "open" | "fail" | "leave_out" {
  const { step, inputs } = task;
  const { fanOut } = step;
  const exact = exactInputs(step).map(([name]) => [name, find(inputs[name]!, tasks)] as const);
  if (exact.some(([, found]) => found === "lost")) return "fail";
  const found = Object.values(inputs).map((source) => find(source, tasks));
  if (found.includes("open")) return "open";
  if (exact.some(([, found]) => found === "unneeded")) return step.final ? "fail" : "leave_out";
  if (fanOut.kind !== "tree")
    return found.some(isAbsent)
      ? "leave_out"
      : Object.fromEntries(Object.keys(inputs).map((name, i) => [name, found[i] as Source]));
  const children = childrenOf(task, fanOut.slots, tasks) as Source[];
  if (children.length < 2) return "leave_out";
  const placed = children.map((child, i) => [fanOut.slots[i]!, child] as const);
  return Object.fromEntries([...(exact as [string, Source][]), ...placed]);
}
