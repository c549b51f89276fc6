/** Who calls it: intake.ts, for every assignment, before anything is done about it. Pure. */
import type { Address, Hex } from "viem";
import { assignmentRoot, leavesOf, type InputSource } from "../../protocol/assignment";
import { WORKFLOW_STATUS } from "../../protocol/abi";
import { toBytes32, ZERO_BYTES32, type Digest } from "../../protocol/digest";
import type { SignedAssignment } from "../../protocol/http";
import { LIMITS } from "../../protocol/limits";
import { askedPrice, type Pricing } from "../../protocol/price";
import type { Resources } from "../../protocol/spec";
import { areTermsOf, RULE } from "../../protocol/terms";
import { placeOf } from "../../protocol/task-place";
import { maskOf } from "../../protocol/ticket";
import { refuse } from "./refuse";
import { expectedMs, lateWith, usableMs, type Workload } from "./schedule";
import { areTermsPackable, termsOf } from "./step-terms";

/** What an operator knows for itself, against which an assignment is held. */
export interface AssignmentFacts {
  operator: string;
  /** Unix time of the chain, seconds. */
  now: number;
  /** From the chain; `terms` is the digest of coordinator and steps. */
  workflow: { status: number; deadline: number; coordinator: Address; terms: bigint };
  /** Inputs whose results were struck: what is built on them is void. */
  struckSources: InputSource[];
  /** Whether the workflow's coordinator on-chain signed exactly this. */
  signatureValid: boolean;
  /** Units of stake that are neither locked nor promised to assignments that were accepted before. */
  freeStake: bigint;
  offer: Resources;
  concurrency: number;
  /** Tasks accepted before and not computed yet; undefined: of a built-in program, which takes none of the machine. */
  work: Workload | undefined;
  programs: { has(digest: Digest): boolean };
  verifierAllowed: boolean;
  pricing: Pricing;
  /** Time that this operator needs to reveal a result on-chain, seconds. */
  revealSeconds: number;
  /** Mean wall time of the program here, milliseconds, if it ever ran here. */
  meanMs?: number;
}

/** Most tasks that wait: a heartbeat names no more. */
const MAX_WAITING = 1_024;

/** Largest attempt, and largest time, that the contract's words hold. */
const MAX_ATTEMPT = 0xffff;
export const MAX_TIME = 2 ** 40 - 1;

/** What can't be packed can't be hashed either, so this comes before everything that is signed. */
function checkRanges(signed: SignedAssignment): void {
  if (!areTermsPackable(signed.step, termsOf(signed)))
    refuse("malformed", "a term is larger than any of the contract's", "terms");
  if (signed.attempt > MAX_ATTEMPT)
    refuse("malformed", "no attempt has such a number", "attempt", { limit: MAX_ATTEMPT });
  if (signed.claimBy < 0 || signed.claimBy > MAX_TIME)
    refuse("malformed", "not a time", "claimBy", { value: signed.claimBy });
}

/** An input is the requester's, or of an earlier attempt at another task: never one of this very assignment. */
function checkSources(signed: SignedAssignment, { struckSources }: AssignmentFacts): void {
  const own = new Set(signed.tasks.map(({ task }) => task));
  for (const [i, { inputs }] of signed.tasks.entries())
    for (const [name, { source }] of Object.entries(inputs)) {
      if (source === undefined) continue;
      const field = `tasks[${i}].inputs.${name}.source`;
      const { task, attempt } = source;
      if (task >= LIMITS.maxTasks || attempt > MAX_ATTEMPT || own.has(task))
        refuse("malformed", "no result can come from there", field, { value: task });
      if (struckSources.some((one) => one.task === task && one.attempt === attempt))
        refuse("input_struck", "the input was struck: nothing built on it is paid", field, {
          value: task,
          retryable: true,
        });
    }
}

function checkTasks(signed: SignedAssignment): void {
  const indices = signed.tasks.map((task) => task.task);
  const { firstTask, maxTasks, isFinal } = signed.terms;
  for (const [i, { task, attempt, inputs, statementDigest }] of signed.tasks.entries()) {
    const field = `tasks[${i}]`;
    if (i > 0 && task <= indices[i - 1]!)
      refuse("malformed", "tasks must rise, each once", field, { value: task });
    if (placeOf(task).word !== signed.word)
      refuse("malformed", "the task lies in another word", field, { value: task });
    if (task < firstTask || task >= firstTask + maxTasks)
      refuse("malformed", "the task is not of this step", field, { value: task });
    if (attempt !== signed.attempt)
      refuse("malformed", "all tasks have the assignment's attempt", field, { value: attempt });
    const named = signed.statement === undefined ? undefined : inputs[signed.statement];
    if (signed.statement !== undefined && named === undefined)
      refuse("malformed", "the statement is not among the inputs", `${field}.inputs`);
    if (statementDigest.toLowerCase() !== (named ? toBytes32(named.digest) : ZERO_BYTES32))
      refuse(
        "wrong_statement",
        "the statement's digest is not its input's",
        `${field}.statementDigest`,
      );
  }
  if (BigInt(signed.mask) !== maskOf(indices))
    refuse("malformed", "the mask names other tasks than the list", "mask");
  if (isFinal && indices.length !== 1)
    refuse("malformed", "a final step has one task", "tasks", { limit: 1, value: indices.length });
}

/** The coordinator's expectation of a duration is not this operator's: so much less than its own is let pass, a share in 4 parts. */
const LET_PASS = 3n;

/** What is asked at least; by time, only once the program has run here. */
function leastPrice(
  { resources }: SignedAssignment,
  ceiling: bigint,
  { pricing, meanMs }: AssignmentFacts,
): bigint {
  const asked = askedPrice(pricing, resources, ceiling, meanMs ?? 0);
  return pricing.ask ? (asked * LET_PASS) / 4n : asked;
}

function checkTerms(signed: SignedAssignment, facts: AssignmentFacts): void {
  const terms = termsOf(signed);
  const { coordinator, terms: digest } = facts.workflow;
  if (!areTermsOf(signed.step, terms, signed.termsPath as Hex[], coordinator, digest))
    refuse("wrong_terms", "these are not the terms that the workflow was opened with", "terms");
  if (signed.terms.rule !== RULE.verifier && signed.terms.rule !== RULE.accepted)
    refuse("unknown_rule", "this operator does not know the step's rule", "terms.rule", {
      value: signed.terms.rule,
    });
  if (signed.terms.rule === RULE.verifier && !facts.verifierAllowed)
    refuse(
      "verifier_not_allowed",
      "the step's verifier is not on the allow-list",
      "terms.judge.verifier",
      {
        value: signed.terms.judge.verifier,
        hint: "add its address or code hash to FROBEN_VERIFIERS if you trust it",
      },
    );
  const { judge, isFinal, window } = terms;
  if (judge.maxReveal > 0 && !isFinal && window < facts.revealSeconds)
    refuse("window_short", "a demanded result could not be revealed in time", "terms.window", {
      limit: facts.revealSeconds,
      value: window,
      hint: "a result that is not revealed within the window costs its bond; see FROBEN_REVEAL_SECONDS",
    });
  const price = BigInt(signed.price);
  if (price > terms.ceiling)
    refuse("price_too_high", "no claim is paid above the ceiling", "price", {
      limit: String(terms.ceiling),
      value: signed.price,
    });
  const least = leastPrice(signed, terms.ceiling, facts);
  if (price < least)
    refuse("price_too_low", "the price is below what this operator asks", "price", {
      limit: String(least),
      value: signed.price,
    });
  const bonds = terms.bond * BigInt(signed.tasks.length);
  if (bonds > facts.freeStake)
    refuse("stake_too_low", "the free stake does not cover the bonds", "terms.bond", {
      limit: String(facts.freeStake),
      value: String(bonds),
      hint: "deposit more stake, or wait for claims to settle",
    });
}

function checkCapacity(signed: SignedAssignment, facts: AssignmentFacts): void {
  if (!facts.programs.has(signed.program))
    refuse("program_not_allowed", "the program is not on the allow-list", "program", {
      value: signed.program,
    });
  for (const name of ["cores", "memoryMb", "gpus", "vramMb"] as const)
    if (signed.resources[name] > facts.offer[name])
      refuse("too_large", "a task needs more than this operator offers", `resources.${name}`, {
        limit: facts.offer[name],
        value: signed.resources[name],
      });
  if (facts.work) checkTime(signed, facts, facts.work);
}

/** Nothing is accepted that would not be done in time, or would keep what was accepted before from it. */
function checkTime(
  { tasks, resources, limits, terms }: SignedAssignment,
  { offer, concurrency, meanMs }: AssignmentFacts,
  work: Workload,
): void {
  const waiting = work.waiting.reduce((sum, { count }) => sum + count, tasks.length);
  if (waiting > MAX_WAITING)
    refuse("queue_full", "too many tasks wait here", "tasks", {
      limit: MAX_WAITING,
      value: waiting,
      hint: "it can be offered again when some are done",
    });
  const late = lateWith({ offer, concurrency }, work, {
    need: resources,
    count: tasks.length,
    expectedMs: expectedMs(meanMs, terms.claimTime, limits.runSeconds),
    latestEndMs: usableMs(terms.claimTime),
  });
  if (!late) return;
  refuse(
    "too_late",
    late.isOffered
      ? "the work can't be done within the claim time, behind what was accepted before"
      : "work that was accepted before would not be done within its claim time",
    "tasks",
    {
      limit: late.latestEndMs / 1000,
      value: late.endMs / 1000,
      hint:
        meanMs === undefined
          ? "the program never ran here: only a few rounds of it are accepted at once"
          : "seconds from now; it needs a longer claim time, fewer tasks at once, or an operator that offers more",
    },
  );
}

/**
 * Decides whether an assignment is what it says, and whether this operator takes it.
 * @throws FrobenError `assignment_...`, naming the field, the limit and the value
 */
export function verifyAssignment(signed: SignedAssignment, facts: AssignmentFacts): void {
  if (signed.operator.toLowerCase() !== facts.operator.toLowerCase())
    refuse("not_mine", "the assignment is for another operator", "operator", {
      value: signed.operator,
    });
  if (signed.tasks.length > LIMITS.maxBatch)
    refuse("malformed", "too many tasks", "tasks", { limit: LIMITS.maxBatch });
  checkRanges(signed);
  checkTasks(signed);
  checkSources(signed, facts);
  if (assignmentRoot(leavesOf(signed)) !== signed.root.toLowerCase())
    refuse("wrong_root", "the root does not cover these tasks and inputs", "root");
  if (!facts.signatureValid)
    refuse("wrong_signature", "the workflow's coordinator did not sign this", "signature");
  if (facts.workflow.status !== WORKFLOW_STATUS.open)
    refuse("workflow_closed", "the workflow takes no claims", "workflow", {
      value: signed.workflow,
    });
  if (facts.now >= Math.min(signed.claimBy, facts.workflow.deadline))
    refuse("expired", "it is too late to claim", "claimBy", {
      limit: Math.min(signed.claimBy, facts.workflow.deadline),
      value: facts.now,
    });
  checkTerms(signed, facts);
  checkCapacity(signed, facts);
}
