import type { Address } from "viem";
import type { Digest } from "../../protocol/digest";
import type { FanOut, OnFailure, Ref, RuleSpec, Step, When } from "../../protocol/spec";
import { toUnits, toWei, type Amount } from "../units";
import type { InputPorts, OutputPorts, Program } from "./ports";

/** What may be said about any step, or once for all steps of a workflow. Times in seconds. */
export interface StepDefaults {
  /** Most that one task may be paid. */
  reward?: Amount;
  /** Locked by the operator for each task; twice the reward if not given, so that cheating costs more than it brings. */
  bond?: Amount;
  /** From claim to commitment; covers waiting, running and one more start by default. */
  claimSeconds?: number;
  /** From commitment to payment: the time to challenge. */
  windowSeconds?: number;
  /** A task that an operator was given but did not start. */
  startSeconds?: number;
  /** A task's run. */
  runSeconds?: number;
  /** An operator that says nothing about a task. */
  silenceSeconds?: number;
  /** Attempts per task, the first included. */
  attempts?: number;
  backoffSeconds?: number;
  /**
   * Offers a share of the reward at first (basis points), and more each time nobody took a task within `startSeconds`, up to all of it;
   * whoever takes it is paid what it asks. All of it from the beginning, if not given.
   */
  priceBump?: { fromBps: number; byBps: number };
  /**
   * Gives a task that has run for `afterFactor` times as long as its program takes on average to a second operator as well, if that should
   * finish it sooner. Who delivers first is paid, nobody else. No copies, if not given.
   */
  standby?: { afterFactor: number };
  /**
   * Takes the result of the same work (program, parameters, inputs, rule) that was done for another workflow whose step allows it too, in
   * place of a run that is paid; and gives its own so. Not if not given; never for a final step.
   */
  memo?: boolean;
}

/** A jury that can be called on a step's results; the step's window is then ten minutes or more. */
export interface JuryOptions {
  /** The program that jurors run on inputs and result, or its digest. */
  check: Digest | { digest: Digest };
  /** What each juror of the majority earns out of the caller's bond; five of them are at most four tenths of the step's bond. */
  fee: Amount;
}

/** What is said about one step. */
export interface StepOptions<P extends Program = Program> extends StepDefaults {
  program: P;
  /** Values of the program's `--param`s. */
  params?: Record<string, string>;
  resources?: { cores?: number; memoryMb?: number; gpus?: number; vramMb?: number };
  /** How a result is judged, see `verifier` and `accepted`. */
  rule: RuleSpec;
  /** Lets anyone call a jury on a result, which then runs this program on it. */
  jury?: JuryOptions;
  /** Largest result, in bytes, whose revelation can be demanded on-chain. */
  maxRevealBytes?: number;
  /** The input whose bytes are the statement that the result proves. */
  statement?: keyof P["inputs"] & string;
  /** What follows when one of its tasks has failed for good; "fail" by default. */
  onFailure?: OnFailure;
  /** The step is left out unless this holds, see `is` and `isNot`; what refers to it then says what to take instead, see `either`. */
  when?: When;
  /** Most tasks that the step may have; counted from the lists where they are known. */
  maxTasks?: number;
}

/**
 * Results are judged on-chain, in case of dispute, by a verifier adapter.
 * @param address the adapter's address
 * @param gas least gas that its "no" must have been given
 */
export const verifier = (address: Address, gas = 1_000_000): RuleSpec => ({
  kind: "verifier",
  address: address.toLowerCase(),
  gas,
});

/**
 * Results are judged by the coordinator, which runs a validation program before it accepts.
 * @param validation the validation program, or its digest
 */
export const accepted = (validation: Digest | { digest: Digest }): RuleSpec => ({
  kind: "accepted",
  validation: digestOf(validation),
});

const digestOf = (program: Digest | { digest: Digest }): Digest =>
  typeof program === "string" ? program : program.digest;

function juryOf(id: string, { check, fee }: JuryOptions, unit: bigint): Step["jury"] {
  const free = toWei(fee) === 0n; // jurors who work for nothing
  return { check: digestOf(check), fee: free ? 0 : toUnits(fee, unit, `${id}.jury.fee`) };
}

/** Used where neither the step nor the workflow says otherwise. */
export const STEP_DEFAULTS = {
  reward: "100000 gwei",
  windowSeconds: 3600,
  startSeconds: 300,
  runSeconds: 600,
  silenceSeconds: 30,
  attempts: 5,
  backoffSeconds: 1,
} as const satisfies StepDefaults;

/** Slack in the default claim time: transactions and uploads. */
const CLAIM_SLACK_SECONDS = 120;
const DEFAULT_MAX_REVEAL_BYTES = 32 * 1024;

/** What the builder found out about a step's place in the graph. */
export interface StepShape {
  id: string;
  fanOut: FanOut;
  inputs: Record<string, Ref>;
  maxTasks: number;
  final: boolean;
}

/**
 * Fills a step of the spec in.
 * @param unit wei of one unit
 * @throws FrobenError `amount_…` naming the step and the field
 */
export function buildStep(
  shape: StepShape,
  options: StepOptions<Program<InputPorts, OutputPorts>>,
  defaults: StepDefaults,
  unit: bigint,
): Step {
  const at = { ...STEP_DEFAULTS, ...defaults, ...options };
  const reward = toUnits(at.reward, unit, `${shape.id}.reward`);
  const outputs = Object.entries(options.program.outputs).map(([name, port]) => [name, port.kind]);
  return {
    ...shape,
    program: options.program.digest,
    params: options.params ?? {},
    outputs: Object.fromEntries(outputs) as Step["outputs"],
    ...(options.statement === undefined ? {} : { statement: options.statement }),
    resources: { cores: 1, memoryMb: 1024, gpus: 0, vramMb: 0, ...options.resources },
    reward,
    bond: at.bond === undefined ? 2 * reward : toUnits(at.bond, unit, `${shape.id}.bond`),
    claimSeconds: at.claimSeconds ?? at.startSeconds + at.runSeconds + CLAIM_SLACK_SECONDS,
    windowSeconds: at.windowSeconds,
    maxRevealBytes:
      options.maxRevealBytes ?? (options.rule.kind === "verifier" ? DEFAULT_MAX_REVEAL_BYTES : 0),
    rule: options.rule,
    ...(options.jury === undefined ? {} : { jury: juryOf(shape.id, options.jury, unit) }),
    limits: {
      startSeconds: at.startSeconds,
      runSeconds: at.runSeconds,
      silenceSeconds: at.silenceSeconds,
    },
    retry: { attempts: at.attempts, backoffSeconds: at.backoffSeconds },
    ...(at.priceBump === undefined ? {} : { priceBump: at.priceBump }),
    ...(at.standby === undefined ? {} : { standby: at.standby }),
    // Said for all steps, it is not said of a final one.
    ...(at.memo && (options.memo || !shape.final) ? { memo: true } : {}),
    ...(options.when === undefined ? {} : { when: options.when }),
    ...(options.onFailure === undefined ? {} : { onFailure: options.onFailure }),
  };
}
