import type { Address } from "viem";
import type { Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import type { Verdict } from "../../protocol/program";
import type { Step } from "../../protocol/spec";
import { readOutputs, type TaskOutputs } from "../workflow/result";
import { workDigest } from "../workflow/work";
import { close, inputsOf, originOf, tell } from "./attempts";
import { noteQuestion } from "./canaries";
import type { AttemptRun } from "./model";
import { fail } from "./outcomes";
import { completeTask } from "./runs";
import { inputClass, measure, noteHolder } from "./sizes";
import type { World } from "./world";

/** How often a validation program may end without a verdict before its input is blamed: a result that kills it is not valid. */
const MAX_BROKEN_RUNS = 2;
const RETRY_MS = 2_000;

type Inputs = Record<string, { digest: Digest }>;

/** What presses most comes first: claims and disputes have their time; other tasks wait for work; the rest only is to be known again. */
const PRESSES = ["claim", "work", "memory"] as const;
type Press = (typeof PRESSES)[number];

/** Validations that wait or run, so that no more than the set number run at once. */
export class ValidationQueue {
  /** In the order in which they came. */
  private readonly waiting: Record<Press, Set<AttemptRun>> = {
    claim: new Set(),
    work: new Set(),
    memory: new Set(),
  };
  readonly running = new Set<AttemptRun>();
  /** Runs without a verdict, by attempt. */
  readonly broken = new Map<AttemptRun, number>();

  has(attempt: AttemptRun): boolean {
    return this.running.has(attempt) || PRESSES.some((press) => this.waiting[press].has(attempt));
  }

  add(attempt: AttemptRun, press: Press): void {
    this.waiting[press].add(attempt);
  }

  /** @returns the one that comes first, which waits no more */
  next(): AttemptRun | undefined {
    for (const press of PRESSES)
      for (const attempt of this.waiting[press]) {
        this.waiting[press].delete(attempt);
        return attempt;
      }
    return undefined;
  }
}

const queues = new WeakMap<World, ValidationQueue>();

function queueOf(world: World): ValidationQueue {
  let queue = queues.get(world);
  if (!queue) queues.set(world, (queue = new ValidationQueue()));
  return queue;
}

/** Has an attempt's result checked as soon as there is room for it. */
export function validateSoon(world: World, attempt: AttemptRun): void {
  const queue = queueOf(world);
  if (queue.has(attempt)) return;
  attempt.state = "validating";
  attempt.task.reason = null;
  world.journal.attempt(attempt);
  world.journal.task(attempt.task);
  world.touch(attempt.task.run);
  queue.add(attempt, pressOf(world, attempt));
  startValidations(world, queue);
}

/** After a lost database all that was ever done is validated once more: whoever works meanwhile does not wait for that. */
function pressOf(world: World, { task }: AttemptRun): Press {
  const pay = world.deps.chain.task(task.run.id, task.index)?.pay;
  if (pay !== "settled") return "claim";
  return task.run.state === "running" ? "work" : "memory";
}

function startValidations(world: World, queue: ValidationQueue): void {
  while (queue.running.size < world.deps.settings.validations) {
    const attempt = queue.next();
    if (!attempt) return;
    if (attempt.state !== "validating") continue;
    queue.running.add(attempt);
    const fields = { workflow: attempt.task.run.id, task: attempt.task.index };
    world.later("validating", { ...fields, attempt: attempt.number }, async () => {
      try {
        await validate(world, attempt, queue);
      } finally {
        queue.running.delete(attempt);
        startValidations(world, queue);
      }
    });
  }
}

async function validate(world: World, attempt: AttemptRun, queue: ValidationQueue): Promise<void> {
  const { task } = attempt;
  let inputs: Inputs = {};
  const from = world.now();
  let outputs: TaskOutputs | undefined;
  let verdict: Verdict;
  try {
    inputs = inputsOf(world, attempt);
    outputs = await readOutputs(task.step.outputs, attempt.report!.result, world.deps.store);
    await measure(world, task.run, outputs);
    verdict = await judge(world, task.step, inputs, attempt.report!.result, outputs);
  } catch (error) {
    if (!(error instanceof FrobenError)) throw again(world, attempt, error);
    if (error.code === "result_malformed" || error.code === "result_incomplete")
      verdict = { valid: false, reason: error.message };
    else {
      const broken = (queue.broken.get(attempt) ?? 0) + 1;
      queue.broken.set(attempt, broken);
      if (error.code !== "validation_failed" || broken < MAX_BROKEN_RUNS)
        throw again(world, attempt, error);
      verdict = { valid: false, reason: `the validation program failed on it: ${error.message}` };
    }
  }
  queue.broken.delete(attempt);
  world.deps.traces?.span(attempt, "validate", from, verdict.valid ? undefined : verdict.reason);
  if (attempt.state !== "validating") return;
  if (verdict.valid && outputs) valid(world, attempt, inputs, outputs);
  else invalid(world, attempt, verdict.reason ?? "the result is not valid");
}

/** Not the operator's fault: tried again. @returns the error, for the log */
function again(world: World, attempt: AttemptRun, error: unknown): unknown {
  if (attempt.state === "validating")
    world.chores.set(`validate/${attempt.key}`, world.now() + RETRY_MS);
  return error;
}

/**
 * Asks a step's verifier or validation program about a result.
 * @throws FrobenError `validation_failed`, `chain_unavailable`, ... (retryable) when there is no verdict
 */
export async function judge(
  world: World,
  step: Step,
  inputs: Inputs,
  resultDigest: Digest,
  outputs: TaskOutputs,
): Promise<Verdict> {
  const { store, calls, validator, settings } = world.deps;
  if (step.rule.kind === "verifier") {
    const statement = await store.read(inputs[step.statement!]!.digest);
    const result = await store.read(resultDigest);
    const yes = await calls.verify(step.rule.address as Address, statement, result, step.rule.gas);
    return yes ? { valid: true } : { valid: false, reason: "the verifier says no" };
  }
  const given = Object.entries(inputs).map(([name, { digest }]) => [name, digest] as const);
  return validator.run(
    {
      program: step.rule.validation,
      inputs: { ...Object.fromEntries(given), ...outputs.outputs, ...outputs.collections },
      limits: settings.validationLimits,
    },
    world.stopping.signal,
  );
}

function valid(world: World, attempt: AttemptRun, inputs: Inputs, outputs: TaskOutputs): void {
  const { task } = attempt;
  const { program } = task.step;
  const { result } = attempt.report!;
  const wallMs = attempt.report!.usage.wallMs;
  const operator = world.operators.get(attempt.operator);
  world.deps.traces?.event(attempt, "validated");
  tell(world, attempt, "valid", null);
  // Of a result that was found among the artifacts nobody knows how long it took.
  if (wallMs > 0) {
    const size = inputClass(task.run, inputs);
    const learned = world.experience.succeeded(program, attempt.operator, wallMs, size);
    world.learned(program, attempt.operator, learned);
  }
  if (operator) {
    operator.done++;
    world.journal.operator(operator);
  }
  if (task.step.final) {
    // Only the contract's word counts here; see `finalAccepted`.
    task.reason = "waiting for its proof to be accepted on-chain";
    task.outputs = outputs.outputs;
    world.journal.task(task);
    world.touch(task.run);
    return;
  }
  close(world, attempt, "valid", null);
  noteQuestion(world, attempt);
  noteHolder(task, attempt.operator, inputs, outputs);
  if (task.step.memo)
    world.memory.remember(workDigest(task.step, inputs), { result, ...originOf(attempt) });
  completeTask(world, task, result, outputs);
  world.chores.set(`close/${task.run.id}`, world.now());
}

function invalid(world: World, attempt: AttemptRun, reason: string): void {
  const { task } = attempt;
  if (task.step.rule.kind === "verifier") {
    attempt.challenge = "due";
    world.challenges.set(`${task.run.id}/${task.index}`, attempt);
  }
  fail(world, attempt, "invalid", reason);
  world.chores.set(`challenge/${task.run.id}/${task.index}`, world.now());
}
