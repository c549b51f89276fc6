import type { Spec, Step } from "../../../protocol/spec";
import { dependenciesOf } from "../../../protocol/spec-graph";

/**
 * Longest remaining path through the steps, from the start of a task until the end of the workflow.
 * @param durationMs expected milliseconds of one task of a step
 * @param levels levels of a tree step
 * @returns by step index: milliseconds from the start of a task of `level`
 */
export function remainingPaths(
  spec: Spec,
  durationMs: (step: number) => number,
  levels: (step: number) => number,
): ((level: number) => number)[] {
  const after = spec.steps.map(() => 0);
  const consumers = spec.steps.map((step) =>
    spec.steps.flatMap((other, i) => (dependenciesOf(other).includes(step.id) ? [i] : [])),
  );
  const known = new Set<number>();
  const whole = (step: number): number => {
    if (!known.has(step)) {
      after[step] = Math.max(0, ...consumers[step]!.map(whole));
      known.add(step);
    }
    return after[step]! + durationMs(step) * Math.max(1, levels(step));
  };
  spec.steps.forEach((_, i) => whole(i));
  return spec.steps.map(
    (_, i) => (level) => after[i]! + durationMs(i) * Math.max(1, levels(i) - level),
  );
}

/** @returns levels of a tree over `items`, or of the largest one that the step may have */
export function treeLevels(step: Step, items?: number): number {
  if (step.fanOut.kind !== "tree") return 1;
  const { slots, until } = step.fanOut;
  let levels = 0;
  // A tree of n nodes has at most n * (arity - 1) + until items.
  let left = items ?? step.maxTasks * (slots.length - 1) + until;
  for (; left > until; levels++) left = Math.ceil(left / slots.length);
  return levels;
}
