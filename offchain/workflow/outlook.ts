import type { FanOut, Step } from "../../protocol/spec";
import type { TaskState } from "../../protocol/http";
import { exactInputs } from "../../protocol/spec-graph";
import type { Source } from "./plan";

// What becomes of a task whose inputs may be missing: the rules of `onFailureSchema` (protocol/spec.ts).

type Tree = Extract<FanOut, { kind: "tree" }>;

/** Why an output will never be there. */
export type Absence = "lost" | "unneeded";
/** Of a task that was left out: why its outputs are not there, or that it is a tree's node that carries its one child up. */
export type LeftOut = Absence | "carries";

/** A task as far as these rules look at it. */
export interface GraphTask {
  readonly step: Step;
  /** As planned, with everything there. */
  readonly inputs: Readonly<Record<string, Source>>;
  readonly state: TaskState;
  /** Kept from when it was left out, so that nobody has to look at all that it rests on. */
  readonly leftOut: LeftOut | null;
}
type Tasks = ReadonlyMap<number, GraphTask>;

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
      if (task.leftOut !== "carries") return task.leftOut!;
      return carried(task, source as { output: string }, tasks);
    default:
      return "open";
  }
}

/** What a node that carries its one child up passes on: that child as its item, and nothing else. */
function carried(task: GraphTask, { output }: { output: string }, tasks: Tasks) {
  const { fanOut } = task.step as { fanOut: Tree };
  const found = Object.values(task.inputs).map((source) => find(source, tasks));
  if (output !== fanOut.item) return absenceIn(found);
  return childrenOf(task, fanOut.slots, tasks)[0]!;
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

const absenceIn = (found: readonly unknown[]): Absence =>
  found.includes("lost") ? "lost" : "unneeded";

/**
 * What a task that has not begun must do.
 * @returns its inputs, when it can start; "open" while one of them is not decided; how it is left out
 */
export function outlookOf(
  task: GraphTask,
  tasks: Tasks,
): Record<string, Source> | "open" | "fail" | LeftOut {
  const { step, inputs } = task;
  const { fanOut } = step;
  const exact = exactInputs(step).map(([name]) => [name, find(inputs[name]!, tasks)] as const);
  if (exact.some(([, found]) => found === "lost")) return "fail";
  const found = Object.values(inputs).map((source) => find(source, tasks));
  if (found.includes("open")) return "open";
  if (exact.some(([, found]) => found === "unneeded"))
    return step.final ? "fail" : absenceIn(found);
  if (fanOut.kind !== "tree")
    return found.some(isAbsent)
      ? absenceIn(found)
      : Object.fromEntries(Object.keys(inputs).map((name, i) => [name, found[i] as Source]));
  const children = childrenOf(task, fanOut.slots, tasks) as Source[];
  if (children.length < 2) return children.length === 1 ? "carries" : absenceIn(found);
  const placed = children.map((child, i) => [fanOut.slots[i]!, child] as const);
  return Object.fromEntries([...(exact as [string, Source][]), ...placed]);
}
