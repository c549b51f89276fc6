import { canonicalJson } from "./digest";
import type { Ref, Spec, Step, When } from "./spec";
import { invalid } from "./spec-error";
import { dependenciesOf, isList, refsOf } from "./spec-graph";

const stepOf = (spec: Spec, id: string): Step => spec.steps.find((step) => step.id === id)!;

const whenOf = (spec: Spec, ref: Ref): When | undefined =>
  "step" in ref ? stepOf(spec, ref.step).when : undefined;

const same = (a: When, b: When | undefined): boolean =>
  b !== undefined && canonicalJson(a) === canonicalJson(b);

/** @returns the condition that holds when this one does not */
const opposite = (when: When): When =>
  "is" in when ? { value: when.value, isNot: when.is } : { value: when.value, is: when.isNot };

/** Whether a step, or one that it rests on, may be ignored. */
function mayBeIgnored(spec: Spec, step: Step): boolean {
  const seen = new Set([step]);
  for (const one of seen) for (const id of dependenciesOf(one)) seen.add(stepOf(spec, id));
  return [...seen].some(({ onFailure }) => onFailure === "ignore");
}

/** The value must surely be there when the condition is looked at, and be one file. */
function checkValue(spec: Spec, value: Ref, field: string): void {
  const refuse = (message: string, of?: string) =>
    invalid("spec_when", field, message, of === undefined ? {} : { value: of });
  if (isList(spec, value)) throw refuse("a condition looks at one file, not at a list");
  if ("input" in value) return;
  const step = stepOf(spec, value.step);
  if (step.fanOut.kind !== "single" || value.index !== undefined)
    throw refuse("a condition looks at an output of a step with one task", value.step);
  if (step.final) throw refuse("nothing runs after the final step", value.step);
  if (step.when) throw refuse("this step may be left out itself", value.step);
  if (step.onFailure) throw refuse("the workflow may go on without this step", value.step);
  if (mayBeIgnored(spec, step))
    throw refuse("this step rests on one that may be ignored", value.step);
}

/** A reference to a step that may be left out says what to take instead. */
function checkReference(spec: Spec, ref: Ref, field: string, own: When | undefined): void {
  const dangling = (at: string, id: string) =>
    invalid("spec_dangling", at, `step "${id}" may be left out`, {
      value: id,
      hint: 'give the step the same condition, or the reference an "otherwise"',
    });
  if ("input" in ref) return;
  const { otherwise } = ref;
  const when = whenOf(spec, ref);
  if (otherwise === undefined) {
    if (when && !same(when, own)) throw dangling(field, ref.step);
    return;
  }
  const at = `${field}.otherwise`;
  if (!when || same(when, own))
    throw invalid("spec_otherwise", at, `step "${ref.step}" is never left out here`, {
      value: ref.step,
    });
  if (isList(spec, ref) !== isList(spec, otherwise))
    throw invalid("spec_otherwise", at, "a list can't stand for a file, nor a file for a list");
  const other = whenOf(spec, otherwise);
  if (other && !same(other, own) && !same(other, opposite(when)))
    throw dangling(at, (otherwise as { step: string }).step);
}

/**
 * Refuses conditions that could not be decided, and references that could dangle. All references must name what is there.
 * @throws FrobenError `spec_when`, `spec_dangling`, `spec_otherwise`
 */
export function checkConditions(spec: Spec): void {
  for (const [i, step] of spec.steps.entries()) {
    const { when } = step;
    if (when && step.final)
      throw invalid(
        "spec_when",
        `steps[${i}].when`,
        "without its final step a workflow can't complete",
      );
    if (when) checkValue(spec, when.value, `steps[${i}].when.value`);
    for (const [place, ref] of refsOf(step))
      checkReference(spec, ref, `steps[${i}].${place}`, when);
  }
  for (const [output, ref] of Object.entries(spec.outputs))
    checkReference(spec, ref, `outputs.${output}`, undefined);
}
