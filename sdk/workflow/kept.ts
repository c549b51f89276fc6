import { canonicalJson } from "../../protocol/digest";
import { FALLEN, type TaskView } from "../../protocol/http";
import type { Ref, Spec, Step } from "../../protocol/spec";
import { dependenciesOf, refsOf } from "../../protocol/spec-graph";
import { stepTermsOf } from "../../protocol/terms";

/** States of tasks that nobody works on. */
const AT_REST: readonly TaskView["state"][] = ["waiting", "ready", "done", "failed", "left_out"];

/** What becomes of a workflow's tasks when it is run again. */
export interface Kept {
  /** Finished ones whose results are taken: they are neither run nor paid. */
  tasks: number;
  /** What they would cost at their ceilings, units. */
  work: bigint;
  /** Those whose result may yet come, if their operators deliver: once it is there, it is taken too. */
  underWay: number;
}

/**
 * Says what a re-run keeps, by what is known of the steps before any result of the re-run is there.
 * @param former what was run
 * @param spec what is run now
 * @param tasks of the former run
 */
export function keptOf(former: Spec, spec: Spec, tasks: readonly TaskView[]): Kept {
  const isSame = sameSteps(former, spec);
  const ceilings = new Map(stepTermsOf(spec).map((terms, i) => [spec.steps[i]!.id, terms.ceiling]));
  const finals = spec.steps.filter((step) => step.final).map(({ id }) => id);
  const kept = tasks.filter(
    ({ step, state, pay }) =>
      state === "done" && isSame(step) && !finals.includes(step) && !FALLEN.includes(pay),
  );
  return {
    tasks: kept.length,
    work: kept.reduce((sum, { step }) => sum + ceilings.get(step)!, 0n),
    underWay: tasks.filter(({ state, step }) => !AT_REST.includes(state) && isSame(step)).length,
  };
}

/** @returns whether a step does the same work as before, on the same inputs */
function sameSteps(former: Spec, spec: Spec): (id: string) => boolean {
  const known = new Map<string, boolean>();
  const work = (step: Step) => {
    const { program, params, fanOut, inputs, outputs, statement, rule } = step;
    return canonicalJson({ program, params, fanOut, inputs, outputs, statement, rule });
  };
  const inputsOf = (at: Spec, step: Step) =>
    canonicalJson(refsOf(step).map(([, ref]) => broughtBy(at, ref)));
  const isSame = (id: string): boolean => {
    const found = known.get(id);
    if (found !== undefined) return found;
    const before = former.steps.find((step) => step.id === id);
    const now = spec.steps.find((step) => step.id === id);
    const same =
      before !== undefined &&
      now !== undefined &&
      work(before) === work(now) &&
      inputsOf(former, before) === inputsOf(spec, now) &&
      dependenciesOf(now).every(isSame);
    known.set(id, same);
    return same;
  };
  return isSame;
}

/** What the requester brings for a reference. */
function broughtBy(spec: Spec, ref: Ref): unknown {
  if ("input" in ref) return spec.inputs[ref.input];
  return ref.otherwise && "input" in ref.otherwise ? spec.inputs[ref.otherwise.input] : null;
}
