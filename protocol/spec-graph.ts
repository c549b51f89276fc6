import type { Ref, Spec, Step } from "./spec";

/** The steps whose outputs a step needs. */
export function dependenciesOf(step: Step): string[] {
  const refs: Ref[] = Object.values(step.inputs);
  if (step.fanOut.kind === "tree") refs.push(step.fanOut.source);
  return [...new Set(refs.flatMap((ref) => ("step" in ref ? [ref.step] : [])))];
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
