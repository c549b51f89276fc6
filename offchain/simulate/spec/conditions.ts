import { canonicalJson, sha256, type Digest } from "../../../protocol/digest";
import type { Spec, Step, When } from "../../../protocol/spec";
import { holds } from "../../../protocol/spec-graph";
import type { Assumption, RunModel } from "../../../protocol/run-model";

/** A file that no condition names. */
const ANOTHER: Digest = sha256("a file that no condition names");

type Conditional = Step & { when: When };

/**
 * Chooses the files that conditions look at, so that the steps run which the model says, and of the others as many as possible.
 * @param refuse makes the error for a step whose wish can't be met
 * @returns the files by `step.output`
 */
export function conditionFiles(
  spec: Spec,
  { runs }: RunModel,
  refuse: (step: string, reason: string) => Error,
): { files: Map<string, Digest>; assumed: Assumption[] } {
  const groups = new Map<string, Conditional[]>();
  for (const step of spec.steps) {
    if (!step.when) continue;
    const key = canonicalJson(step.when.value);
    groups.set(key, [...(groups.get(key) ?? []), step as Conditional]);
  }
  const files = new Map<string, Digest>();
  const assumed: Assumption[] = [];
  for (const steps of groups.values()) {
    const { value } = steps[0]!.when;
    const named = steps.map(({ when }) => ("is" in when ? when.is : when.isNot));
    const input = "input" in value ? spec.inputs[value.input]! : undefined;
    const choices = input?.kind === "file" ? [input.digest] : [...named, ANOTHER];
    const wrong = (digest: Digest) =>
      steps.find(({ id, when }) => runs[id] !== undefined && runs[id] !== holds(when, digest));
    const running = (digest: Digest) => steps.filter(({ when }) => holds(when, digest)).length;
    const possible = choices.filter((digest) => !wrong(digest));
    if (possible.length === 0)
      throw refuse(
        wrong(choices[0]!)!.id,
        input
          ? "the workflow's own input decides otherwise"
          : "no file makes all conditions on it come out so",
      );
    const chosen = possible.reduce((a, b) => (running(b) > running(a) ? b : a));
    if ("step" in value) files.set(`${value.step}.${value.output}`, chosen);
    if (!input)
      for (const { id, when } of steps.filter((step) => runs[step.id] === undefined))
        assumed.push({
          code: "condition_unknown",
          of: id,
          message: `${id} is ${holds(when, chosen) ? "run" : "left out"}`,
        });
  }
  return { files, assumed };
}
