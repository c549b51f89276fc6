import type { Digest } from "../../../protocol/digest";
import type { Assumption, RunModel } from "../../../protocol/run-model";
import type { Spec } from "../../../protocol/spec";
import { firstTasksOf, isCondition } from "../../../protocol/spec-graph";
import { Plan, type PlannedTask } from "../../workflow/plan";
import type { Puts } from "../model";
import { inFile, malformed } from "../read/checked";
import { collectionsOf, itemCounts, SOME_DIGEST } from "./collections";
import { conditionFiles } from "./conditions";

/** A spec as one run of it unfolds. */
export interface Expansion {
  tasks: PlannedTask[];
  /** By step: tasks before whose end it is not known which tasks the step has. */
  gates: number[][];
  puts: Puts;
  assumed: Assumption[];
}

/** @throws FrobenError `simulation_file_invalid` when the model names what the spec does not have */
function checkNames(spec: Spec, model: RunModel, file: string): void {
  const collections = collectionsOf(spec);
  const ids = spec.steps.map(({ id }) => id);
  const conditional = spec.steps.filter(({ when }) => when).map(({ id }) => id);
  const check = (what: keyof RunModel, known: string[], reason: string) => {
    for (const name of Object.keys(model[what]))
      if (!known.includes(name)) throw malformed(file, `${what}.${name}`, reason, name);
  };
  check("durations", ids, "the spec has no such step");
  check("items", collections, "is no collection that a step with one task puts out");
  check("runs", conditional, "is no step with a condition");
}

/**
 * Unfolds a spec with the coordinator's own plan.
 * @param file name for errors
 * @throws FrobenError `simulation_file_invalid` when the model does not fit the spec
 */
export function expandSpec(spec: Spec, model: RunModel, file: string): Expansion {
  checkNames(spec, model, file);
  const firsts = firstTasksOf(spec);
  const stepAt = new Map(spec.steps.map(({ id }, i) => [firsts[i]!, id]));
  const { files, assumed } = conditionFiles(spec, model, (step, reason) =>
    malformed(file, `runs.${step}`, reason),
  );
  /** @param without what this task puts out is not known yet */
  const unfold = (counts: Map<string, number>, without?: number) => {
    const plan = new Plan(spec);
    const nameOf = (task: number, output: string) =>
      task === without ? "" : `${stepAt.get(task)}.${output}`;
    const tasks = plan.advance(
      (task, output) => {
        const count = counts.get(nameOf(task, output));
        return count === undefined ? undefined : new Array<Digest>(count).fill(SOME_DIGEST);
      },
      (task, output) => files.get(nameOf(task, output)),
    );
    return { plan, tasks };
  };
  const items = itemCounts(spec, model, unfold);
  let tasks: PlannedTask[];
  try {
    tasks = unfold(items.counts).tasks;
  } catch (error) {
    throw inFile(error, file, "", '; see "items"');
  }
  const gates: number[][] = spec.steps.map(() => []);
  for (const [i, { id, fanOut, outputs }] of spec.steps.entries()) {
    if (fanOut.kind !== "single") continue;
    if (!Object.values(outputs).includes("collection") && !isCondition(spec, id)) continue;
    const { plan } = unfold(items.counts, firsts[i]!);
    for (const [s, step] of spec.steps.entries())
      if (!plan.tasksOf(step.id)) gates[s]!.push(firsts[i]!);
  }
  const puts = { items: items.counts, files };
  return { tasks, gates, puts, assumed: [...assumed, ...items.assumed] };
}
