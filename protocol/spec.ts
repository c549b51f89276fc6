import { z } from "zod";
import { digestSchema } from "./digest";
import { LIMITS } from "./limits";

const name = z
  .string()
  .regex(
    /^[a-z][a-zA-Z0-9_-]*$/,
    "must start with a lower-case letter; letters, digits, - and _ follow",
  )
  .max(LIMITS.maxNameLength);
const amount = z.int().min(1).max(LIMITS.maxAmount);
const seconds = (max: number) => z.int().min(1).max(max);

const inputRef = z.strictObject({ input: name });
const outputRef = z.strictObject({ step: name, output: name, index: z.int().min(0).optional() });

/**
 * Where a task's input comes from: the workflow's own inputs, or an output of an earlier step; `otherwise` is taken when that step is
 * left out by its condition.
 */
export const refSchema = z.union([
  inputRef,
  outputRef.extend({ otherwise: z.union([inputRef, outputRef]).optional() }),
]);
export type Ref = z.infer<typeof refSchema>;

/**
 * The step is run only if one file is, or is not, the one with a digest: bytes are compared without being read. The file is an input of
 * the workflow or an output of an earlier step with one task, which surely runs: it has no condition itself, fails the workflow if it
 * fails, and nothing before it is ignored if it fails.
 *
 * A step that is left out has no tasks. So whatever refers to it says what to take instead (`otherwise`), unless it is a step with the
 * same condition. What is taken instead is there whenever it is needed: of no conditional step, of one with the opposite condition, or
 * of one with the condition of the step that takes it.
 */
export const whenSchema = z.union([
  z.strictObject({ value: z.union([inputRef, outputRef]), is: digestSchema }),
  z.strictObject({ value: z.union([inputRef, outputRef]), isNot: digestSchema }),
]);
export type When = z.infer<typeof whenSchema>;

export const workflowInputSchema = z.union([
  z.strictObject({ kind: z.literal("file"), digest: digestSchema }),
  z.strictObject({
    kind: z.literal("collection"),
    items: z.array(digestSchema).min(1).max(LIMITS.maxItems),
  }),
]);
export type WorkflowInput = z.infer<typeof workflowInputSchema>;

/**
 * How many tasks a step has:
 * - single: one;
 * - map: one for each item of the lists that the inputs named in `over` refer to (all of one length);
 * - tree: an aggregation of the list `source`, `slots.length` neighbours at a time, until at most `until` items are left.
 *   A node's children arrive as the inputs named in `slots`; its output `item` goes up. A node left alone is carried up as it is.
 */
export const fanOutSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("single") }),
  z.strictObject({ kind: z.literal("map"), over: z.array(name).min(1).max(LIMITS.maxPorts) }),
  z.strictObject({
    kind: z.literal("tree"),
    source: refSchema,
    slots: z.array(name).min(2).max(LIMITS.maxArity),
    item: name,
    until: z.int().min(1).max(LIMITS.maxArity),
  }),
]);
export type FanOut = z.infer<typeof fanOutSchema>;

/** verifier: an adapter answers on-chain. accepted: the coordinator runs the validation program and signs its acceptance. */
export const ruleSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("verifier"),
    address: z.string().regex(/^0x[0-9a-fA-F]{40}$/, "must be an address"),
    gas: z.int().min(1).max(LIMITS.maxVerifierGas),
  }),
  z.strictObject({ kind: z.literal("accepted"), validation: digestSchema }),
]);
export type RuleSpec = z.infer<typeof ruleSchema>;

/**
 * What follows when a task of the step has failed for good, with no attempt left or for want of an input. Absent: "fail".
 * - fail: the workflow fails.
 * - continue: its outputs are *lost*. Lists go on without them; a task that needs exactly one of them fails too, and then its own step's
 *   policy decides; a workflow's output that is exactly one of them fails the workflow in the end (unless it has a
 *   final step: then that decides).
 * - ignore: its outputs are *unneeded*. Lists go on without them; a task that needs exactly one of them is left out with it, whatever
 *   its step's policy; a workflow's output that is exactly one of them is missing.
 *
 * A task needs *exactly* what its inputs refer to, except what it goes over: the items of `over`, and what stands in a tree's slots.
 * Places are kept: task i of a map takes item i or is left out if there is none, and an index counts places. In a tree, the children
 * that a node is left with take its first slots; one alone is carried up as it is and its node left out; without any, so is the node.
 * Of a list that is a workflow's output, places without an item are dropped. The outputs of a task that was left out are lost if one of
 * its inputs is, else unneeded. A final task that lacks an input for either reason fails.
 *
 * What becomes of a task follows from what became of those that it has its inputs from, all of them, and so only from spec and results:
 * it fails if an exact input is lost, and is otherwise not decided before every input is.
 */
export const onFailureSchema = z.enum(["fail", "continue", "ignore"]);
export type OnFailure = z.infer<typeof onFailureSchema>;

export const resourcesSchema = z.strictObject({
  cores: z.int().min(1).max(1024),
  memoryMb: z
    .int()
    .min(1)
    .max(16 * 1024 * 1024),
  gpus: z.int().min(0).max(64).default(0),
  vramMb: z
    .int()
    .min(0)
    .max(16 * 1024 * 1024)
    .default(0),
});
export type Resources = z.infer<typeof resourcesSchema>;

export const stepSchema = z.strictObject({
  id: name,
  program: digestSchema,
  params: z.record(name, z.string().max(1024)).default({}),
  fanOut: fanOutSchema,
  inputs: z.record(name, refSchema),
  outputs: z.record(name, z.enum(["file", "collection"])),
  /** Which input's bytes are the statement that the result proves. */
  statement: name.optional(),
  resources: resourcesSchema,
  maxTasks: z.int().min(1).max(LIMITS.maxTasks),
  /** Most that one task may be paid, in units. */
  reward: amount,
  /** Locked by the operator for each task, in units. */
  bond: amount,
  claimSeconds: seconds(LIMITS.maxClaimTime),
  windowSeconds: seconds(LIMITS.maxWindow),
  maxRevealBytes: z.int().min(0).max(LIMITS.maxRevealBytes),
  rule: ruleSchema,
  /** Lets anyone call a jury on a result: the program that jurors run, and what each of the majority earns, in units. */
  jury: z
    .strictObject({ check: digestSchema, fee: z.int().min(0).max(LIMITS.maxAmount) })
    .optional(),
  limits: z.strictObject({
    startSeconds: seconds(LIMITS.maxClaimTime),
    runSeconds: seconds(LIMITS.maxClaimTime),
    silenceSeconds: seconds(LIMITS.maxClaimTime),
  }),
  retry: z.strictObject({
    attempts: z.int().min(1).max(LIMITS.maxAttempts),
    backoffSeconds: z.number().min(0).max(3600),
  }),
  /** Its proof is verified on-chain and completes the workflow. At most one step, single, rule verifier. */
  final: z.boolean().default(false),
  onFailure: onFailureSchema.optional(),
  when: whenSchema.optional(),
  /**
   * A task of the step need not be run when the coordinator has the result of the same work: same program, parameters, inputs, outputs and
   * validity rule, done for a step that said this too, in whatever workflow. Its own results may be taken so. Such a task has no
   * attempt and is not paid. Not for a final step.
   */
  memo: z.boolean().optional(),
  /**
   * What is offered for a task at first, as a share of `reward` in basis points, and by how much that share rises each time nobody took
   * the task within `limits.startSeconds`: nobody who asks for so little had room for it, or who was given it did not start. It never
   * rises above the reward. Whoever takes the task is paid what it asks. Absent: all of the reward is offered from the beginning.
   */
  priceBump: z
    .strictObject({ fromBps: z.int().min(1).max(10_000), byBps: z.int().min(1).max(10_000) })
    .optional(),
  /**
   * Copies of stragglers: a task that has run for `afterFactor` times as long as its program takes on average is given to one more
   * operator, on another machine, if that should finish it sooner. Whoever delivers first is paid, and nobody else. Never before anyone's
   * duration is known, and one copy for each attempt; it counts as an attempt, and not as a failure. Absent: no copies.
   */
  standby: z.strictObject({ afterFactor: z.number().min(1).max(100) }).optional(),
});
export type Step = z.infer<typeof stepSchema>;

/** The canonical description of a workflow; its SHA-256 is on-chain. */
export const specSchema = z.strictObject({
  version: z.literal(1),
  name,
  /**
   * Money before time: whoever is cheapest does the work, as long as all of it should be done within so many seconds of the workflow's
   * opening. Absent: as soon as possible, where an operator that asks for the whole ceiling counts like one that takes a quarter longer.
   */
  withinSeconds: seconds(LIMITS.maxClaimTime).optional(),
  inputs: z.record(name, workflowInputSchema),
  steps: z.array(stepSchema).min(1).max(LIMITS.maxSteps),
  /** What the requester takes home. */
  outputs: z.record(name, refSchema).meta({ maxProperties: LIMITS.maxOutputs }),
  /**
   * A re-run: tasks that did the same work at the same place of this workflow, of the same requester, are not run again. Their results
   * are taken, of any step but the final one, as `memo` of a step would.
   */
  reuse: z.strictObject({ workflow: z.int().min(1).max(LIMITS.maxWorkflow) }).optional(),
});
export type Spec = z.infer<typeof specSchema>;
export type SpecInput = z.input<typeof specSchema>;
