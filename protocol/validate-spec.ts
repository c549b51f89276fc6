import { z } from "zod";
import { checkConditions } from "./check-conditions";
import { checkPolicies } from "./check-policies";
import { checkTerms } from "./check-terms";
import { canonicalJson, sha256, type Digest } from "./digest";
import type { FrobenError } from "./errors";
import { LIMITS } from "./limits";
import { specSchema, type Ref, type Spec, type Step } from "./spec";
import { invalid } from "./spec-error";
import { dependenciesOf, isList } from "./spec-graph";

/** @returns a path like `steps[2].maxTasks` */
function pathOf(parts: readonly PropertyKey[]): string {
  return parts.reduce<string>(
    (path, part) =>
      typeof part === "number"
        ? `${path}[${part}]`
        : path
          ? `${path}.${String(part)}`
          : String(part),
    "",
  );
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, part) => (at as Record<PropertyKey, unknown> | undefined)?.[part],
    value,
  );
}

/**
 * Turns the first complaint of a schema into a typed error that names field, limit and value.
 * @param root what the path starts from, for the message
 */
export function schemaError(error: z.ZodError, input: unknown, code: string): FrobenError {
  const issue = error.issues[0]!;
  const field = pathOf(issue.path) || "(root)";
  const found = valueAt(input, issue.path);
  const limit = "maximum" in issue ? issue.maximum : "minimum" in issue ? issue.minimum : undefined;
  return invalid(code, field, issue.message, {
    limit: typeof limit === "bigint" ? Number(limit) : limit,
    value: ["string", "number", "boolean"].includes(typeof found) ? found : undefined,
  });
}

function checkRef(spec: Spec, field: string, ref: Ref): void {
  if ("input" in ref) {
    if (!Object.hasOwn(spec.inputs, ref.input))
      throw invalid("spec_unknown_input", field, `the workflow has no input "${ref.input}"`, {
        value: ref.input,
      });
    return;
  }
  const step = spec.steps.find((s) => s.id === ref.step);
  if (!step)
    throw invalid("spec_unknown_step", field, `there is no step "${ref.step}"`, {
      value: ref.step,
    });
  if (!Object.hasOwn(step.outputs, ref.output))
    throw invalid(
      "spec_unknown_output",
      field,
      `step "${ref.step}" has no output "${ref.output}"`,
      { value: ref.output },
    );
  if (step.fanOut.kind !== "single" && step.outputs[ref.output] === "collection")
    throw invalid(
      "spec_nested_list",
      field,
      "a collection of a step with many tasks would be a list of lists",
    );
  if (ref.otherwise) checkRef(spec, `${field}.otherwise`, ref.otherwise);
}

function checkStep(spec: Spec, step: Step, at: string): void {
  const ports = Object.keys(step.inputs).length;
  if (ports > LIMITS.maxPorts)
    throw invalid("spec_too_many_inputs", `${at}.inputs`, "too many inputs", {
      limit: LIMITS.maxPorts,
      value: ports,
    });
  const outputs = Object.keys(step.outputs).length;
  if (outputs < 1 || outputs > LIMITS.maxPorts)
    throw invalid("spec_outputs", `${at}.outputs`, "a step has 1 to 32 outputs", {
      limit: LIMITS.maxPorts,
      value: outputs,
    });
  const { fanOut } = step;
  // A validation program gets inputs and outputs side by side, by their names.
  const taken = [...Object.keys(step.inputs), ...(fanOut.kind === "tree" ? fanOut.slots : [])];
  const clash = Object.keys(step.outputs).find((output) => taken.includes(output));
  if (clash !== undefined)
    throw invalid("spec_name_taken", `${at}.outputs.${clash}`, "an input has this name", {
      value: clash,
    });
  const mapped = fanOut.kind === "map" ? fanOut.over : [];
  for (const [input, ref] of Object.entries(step.inputs)) {
    const field = `${at}.inputs.${input}`;
    checkRef(spec, field, ref);
    const list = isList(spec, ref);
    if (mapped.includes(input) && !list)
      throw invalid("spec_not_a_list", field, "map goes over lists only");
    if (!mapped.includes(input) && list)
      throw invalid("spec_list", field, "a list is given to a single input", {
        hint: 'use fan-out "map" or "tree", or an index',
      });
  }
  for (const [i, input] of mapped.entries())
    if (!Object.hasOwn(step.inputs, input))
      throw invalid(
        "spec_unknown_input",
        `${at}.fanOut.over[${i}]`,
        `the step has no input "${input}"`,
        { value: input },
      );
  if (fanOut.kind === "tree") {
    checkRef(spec, `${at}.fanOut.source`, fanOut.source);
    if (!isList(spec, fanOut.source))
      throw invalid("spec_not_a_list", `${at}.fanOut.source`, "a tree aggregates a list");
    if (step.outputs[fanOut.item] !== "file")
      throw invalid(
        "spec_unknown_output",
        `${at}.fanOut.item`,
        `the step has no file output "${fanOut.item}"`,
        { value: fanOut.item },
      );
    for (const [i, slot] of fanOut.slots.entries())
      if (Object.hasOwn(step.inputs, slot) || fanOut.slots.indexOf(slot) !== i)
        throw invalid(
          "spec_duplicate_input",
          `${at}.fanOut.slots[${i}]`,
          `"${slot}" is an input already`,
          { value: slot },
        );
  }
  if (fanOut.kind === "single" && step.maxTasks !== 1)
    throw invalid("spec_max_tasks", `${at}.maxTasks`, "a single step has one task", {
      limit: 1,
      value: step.maxTasks,
    });
  if (step.statement !== undefined && !Object.hasOwn(step.inputs, step.statement))
    throw invalid(
      "spec_unknown_input",
      `${at}.statement`,
      `the step has no input "${step.statement}"`,
      { value: step.statement },
    );
  if (step.rule.kind === "verifier" && step.statement === undefined)
    throw invalid(
      "spec_statement",
      `${at}.statement`,
      "a step with an on-chain verifier needs a statement",
    );
  if (step.final && (fanOut.kind !== "single" || step.rule.kind !== "verifier"))
    throw invalid("spec_final", `${at}.final`, "a final step is single and has the verifier rule");
}

function checkCycles(spec: Spec): void {
  const done = new Set<string>();
  const open: string[] = [];
  const visit = (step: Step): void => {
    if (done.has(step.id)) return;
    if (open.includes(step.id)) {
      const cycle = [...open.slice(open.indexOf(step.id)), step.id].join(" -> ");
      throw invalid("spec_cycle", "steps", `steps depend on each other in a circle: ${cycle}`, {
        value: cycle,
      });
    }
    open.push(step.id);
    for (const id of dependenciesOf(step)) {
      const next = spec.steps.find((s) => s.id === id);
      if (next) visit(next);
    }
    open.pop();
    done.add(step.id);
  };
  spec.steps.forEach(visit);
}

/**
 * Checks a spec completely, without I/O.
 * @param input parsed JSON
 * @returns the spec with defaults filled in; its canonical JSON is what is hashed
 * @throws FrobenError (status 422) naming the field, the limit and the value of the first mistake
 */
export function parseSpec(input: unknown): Spec {
  const parsed = specSchema.safeParse(input);
  if (!parsed.success) throw schemaError(parsed.error, input, "spec_invalid");
  const spec = parsed.data;
  // One form for one meaning: what is said by default is not said.
  for (const step of spec.steps) {
    if (step.onFailure === "fail") delete step.onFailure;
    if (step.memo === false) delete step.memo;
  }
  const ids = spec.steps.map((step) => step.id);
  const twice = ids.findIndex((id, i) => ids.indexOf(id) !== i);
  if (twice >= 0)
    throw invalid("spec_duplicate_step", `steps[${twice}].id`, "the name is taken", {
      value: ids[twice]!,
    });
  const tasks = spec.steps.reduce((sum, step) => sum + step.maxTasks, 0);
  if (tasks > LIMITS.maxTasks)
    throw invalid("spec_too_many_tasks", "steps", "too many tasks", {
      limit: LIMITS.maxTasks,
      value: tasks,
    });
  const finals = spec.steps.filter((step) => step.final).length;
  if (finals > 1)
    throw invalid("spec_final", "steps", "at most one step is final", { limit: 1, value: finals });
  for (const [i, step] of spec.steps.entries()) {
    for (const [input, ref] of Object.entries(step.inputs))
      if ("step" in ref) checkRef(spec, `steps[${i}].inputs.${input}`, ref);
    if (step.when) checkRef(spec, `steps[${i}].when.value`, step.when.value);
  }
  checkCycles(spec);
  for (const [i, step] of spec.steps.entries()) checkStep(spec, step, `steps[${i}]`);
  const outputs = Object.keys(spec.outputs).length;
  if (outputs > LIMITS.maxOutputs)
    throw invalid("spec_too_many_outputs", "outputs", "too many outputs", {
      limit: LIMITS.maxOutputs,
      value: outputs,
    });
  for (const [output, ref] of Object.entries(spec.outputs))
    checkRef(spec, `outputs.${output}`, ref);
  checkPolicies(spec);
  checkConditions(spec);
  checkTerms(spec);
  const bytes = Buffer.byteLength(canonicalJson(spec));
  if (bytes > LIMITS.maxSpecBytes)
    throw invalid("spec_too_large", "(root)", "the spec is too large", {
      limit: LIMITS.maxSpecBytes,
      value: bytes,
    });
  return spec;
}

/** @returns the digest that goes on-chain: SHA-256 of the spec's canonical JSON */
export function specDigest(spec: Spec): Digest {
  return sha256(canonicalJson(spec));
}
