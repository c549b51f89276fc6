import type { Digest } from "./digest";
import type { Ref, Spec, Step, When } from "./spec";

/** @returns the index of each step's first task: steps own neighbouring ranges, in the spec's order */
export function firstTasksOf({ steps }: Pick<Spec, "steps">): number[] {
  let first = 0;
  return steps.map(({ maxTasks }) => (first += maxTasks) - maxTasks);
}

/** Everything that a step refers to, with its place in the step. */
export function refsOf({ inputs, fanOut }: Step): [string, Ref][] {
  const refs: [string, Ref][] = Object.entries(inputs).map(([name, ref]) => [
    `inputs.${name}`,
    ref,
  ]);
  if (fanOut.kind === "tree") refs.push(["fanOut.source", fanOut.source]);
  return refs;
}

/** The steps that a reference names. */
export function stepsOf(ref: Ref): string[] {
  if ("input" in ref) return [];
  return [ref.step, ...(ref.otherwise ? stepsOf(ref.otherwise) : [])];
}

/** The steps whose outputs a step needs. */
export function dependenciesOf(step: Step): string[] {
  const refs = refsOf(step).flatMap(([, ref]) => stepsOf(ref));
  return [...new Set([...refs, ...(step.when ? stepsOf(step.when.value) : [])])];
}

/** Whether what a step puts out decides if others run. */
export function isCondition(spec: Spec, id: string): boolean {
  return spec.steps.some(({ when }) => when && stepsOf(when.value).includes(id));
}

/** Whether a condition holds. @param digest of the file that it looks at */
export function holds(when: When, digest: Digest): boolean {
  return "is" in when ? digest === when.is : digest !== when.isNot;
}

/** Whether a reference stands for a list (a collection, or one output of many tasks) rather than for one artifact. */
export function isList(spec: Spec, ref: Ref): boolean {
  if ("input" in ref) return spec.inputs[ref.input]?.kind === "collection";
  if (ref.index !== undefined) return false;
  const step = spec.steps.find((s) => s.id === ref.step)!;
  return step.fanOut.kind !== "single" || step.outputs[ref.output] === "collection";
}

/** What each task of a step needs as it is: its inputs without those that it goes over. By input. */
export function exactInputs({ inputs, fanOut }: Step): [string, Ref][] {
  const over = fanOut.kind === "map" ? fanOut.over : [];
  return Object.entries(inputs).filter(([name]) => !over.includes(name));
}
