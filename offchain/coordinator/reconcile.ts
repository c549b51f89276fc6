import { WORKFLOW_STATUS } from "../../protocol/abi";
import { adopt, findResult } from "./adopt";
import { close, forgetTakenBack, tell } from "./attempts";
import { challengeIfCommitted, struck } from "./challenges";
import { answerSilence, closeRun } from "./closing";
import type { ChainChange, ChainTask } from "./facade";
import { isAdoptable } from "./forgotten";
import { isLive, type AttemptRun, type Run, type TaskRun } from "./model";
import { endRun, fail, giveUp, redo, takeBack, withdraw } from "./outcomes";
import { park } from "./ready";
import { hasFallen } from "./reuse";
import { completeTask, openRun } from "./runs";
import { claimIsThere, lostClaim } from "./taken-back";
import { validateSoon } from "./validate";
import type { World } from "./world";

const LOOK_AGAIN_MS = 5_000;
/** Pay states of a claim that its attempt can still come to something by. */
const STANDING: readonly ChainTask["pay"][] = ["claimed", "committed", "disputed", "settled"];

/** What the chain tables' changes touched, until the pump looks at it. It may come twice: looking again changes nothing. */
export class ChainNotes {
  workflows = new Set<number>();
  tasks = new Set<string>();
  accounts = new Set<string>();

  add(change: ChainChange): void {
    for (const workflow of change.workflows) this.workflows.add(workflow);
    for (const { workflow, task } of change.tasks) this.tasks.add(`${workflow}/${task}`);
    for (const account of change.accounts) this.accounts.add(account.toLowerCase());
  }

  take(): ChainNotes {
    const taken = new ChainNotes();
    Object.assign(taken, this);
    this.workflows = new Set();
    this.tasks = new Set();
    this.accounts = new Set();
    return taken;
  }
}

/** Brings what the coordinator thinks in line with the chain tables. */
export function reconcile(world: World, notes: ChainNotes): void {
  for (const account of notes.accounts) {
    const operator = world.operators.get(account);
    if (operator) world.refresh(operator);
  }
  // Tasks first: a workflow's end looks at what has become of them.
  for (const name of notes.tasks) {
    const [workflow, index] = name.split("/").map(Number) as [number, number];
    const task = world.runs.get(workflow)?.task(index);
    if (task) guarded(world, { workflow, task: index }, () => reconcileTask(world, task));
    for (const taker of world.reused.get(name) ?? [])
      guarded(world, { workflow: taker.run.id }, () => followOrigin(world, taker));
    if (task && (task.run.state !== "running" || task.state === "done"))
      notes.workflows.add(workflow);
  }
  for (const id of notes.workflows) guarded(world, { workflow: id }, () => reconcileRun(world, id));
}

/** One workflow's trouble is not the others'; it is looked at again. */
function guarded(world: World, what: { workflow: number; task?: number }, look: () => void): void {
  try {
    look();
  } catch (err) {
    world.deps.log.error({ ...what, err }, "could not follow the chain");
    world.chores.set(`look/${what.workflow}`, world.now() + LOOK_AGAIN_MS);
  }
}

/** Looks at a whole workflow again. */
export function reconcileAll(world: World, run: Run): void {
  for (const task of run.work?.tasks.values() ?? []) reconcileTask(world, task);
  reconcileRun(world, run.id);
}

export function reconcileRun(world: World, id: number): void {
  const chain = world.deps.chain.workflow(id);
  let run = world.runs.get(id);
  if (!chain) {
    // A reorganisation took its opening back; if it comes again, it may be another one.
    if (run) forget(world, run);
    return;
  }
  const ours = chain.coordinator.toLowerCase() === world.deps.account.address.toLowerCase();
  if (!run && !ours) return;
  run ??= openRun(world, chain);
  if (run.deadline !== chain.deadline) world.queue.touch(id);
  run.deadline = chain.deadline;
  if (run.state === "running") world.chores.set(`deadline/${id}`, run.deadline * 1000);
  if (chain.status === WORKFLOW_STATUS.completed) {
    const final = [...(run.work?.tasks.values() ?? [])].find((task) => task.step.final);
    if (final && chain.completionTx) finalAccepted(world, final);
    // Its last claim may have delivered after this coordinator gave it up.
    if (chain.completionTx && run.state === "failed") run.state = "completed";
    endRun(world, run, "completed", null);
  } else if (chain.status === WORKFLOW_STATUS.cancelled)
    endRun(world, run, "cancelled", "cancelled by the requester");
  else if (!ours) endRun(world, run, "failed", "the requester chose another coordinator");
  else answerSilence(world, run, chain);
  world.touch(run);
  closeRun(world, run);
}

export function reconcileTask(world: World, task: TaskRun): void {
  const claim = world.deps.chain.task(task.run.id, task.index);
  const wrong = world.challenges.get(`${task.run.id}/${task.index}`);
  if (wrong && claim && matches(claim, wrong)) {
    if (claim.pay === "struck") struck(world, wrong);
    else if (claim.pay === "settled") outOfReach(world, wrong);
    else challengeIfCommitted(world, wrong);
  }
  if (task.state === "ready" && claim && isAdoptable(world, task, claim)) adopt(world, task, claim);
  if (isLive(task.current) && claim && isOvertaken(task.current, claim))
    fail(world, task.current, "withdrawn", "a later attempt has claimed the task");
  const { current: attempt, other } = task;
  if (isLive(attempt)) follow(world, attempt, claim);
  else if (task.current) followEnded(world, task.current, claim);
  if (other && !isLive(other) && claim && matches(claim, other)) giveBack(world, other, claim);
  if (task.state === "ready") park(world, task);
  world.touch(task.run);
}

/** A wrong result was not challenged while it could be, and is paid: nobody can claim its task again. */
function outOfReach(world: World, wrong: AttemptRun): void {
  const { task } = wrong;
  wrong.challenge = "done";
  world.challenges.delete(`${task.run.id}/${task.index}`);
  world.journal.attempt(wrong);
  const reason = `the wrong result of attempt ${wrong.number} is paid: it was not challenged in time`;
  if (task.standby) withdraw(world, task.standby, reason);
  if (isLive(task.current)) withdraw(world, task.current, reason);
  task.lane.remove(task);
  world.parked.clear(task);
  if (!task.isOver && task.run.state === "running") giveUp(world, task, reason);
}

/** A task that took another's result is done after all, once that has turned out wrong. */
export function followOrigin(world: World, task: TaskRun): void {
  if (task.reused && hasFallen(world, task.reused)) takeBack(world, task);
}

function matches(claim: ChainTask, attempt: AttemptRun): boolean {
  return claim.attempt === attempt.number && claim.root === attempt.root;
}

/** Lets an attempt that has ended follow its claim. */
function followEnded(world: World, attempt: AttemptRun, claim: ChainTask | undefined): void {
  if (claim && matches(claim, attempt)) return letGo(world, attempt, claim);
  const { takenBack } = attempt.task.run;
  // It was claimed, or its result could not have been found valid.
  if (claim && claim.attempt >= attempt.number) forgetTakenBack(world, attempt);
  else if (attempt.outcome === "valid" && !takenBack.has(attempt)) lostClaim(world, attempt);
}

/**
 * An attempt has ended, and its claim goes on: cancelled while it was on the way, its holder needs the signature to end it; accepted
 * and then unpaid, its task is done again, unless a reorganisation takes that back.
 */
function letGo(world: World, attempt: AttemptRun, claim: ChainTask): void {
  if (attempt.task.run.takenBack.has(attempt)) claimIsThere(world, attempt);
  if (claim.pay === "struck" || claim.pay === "void") redo(world, attempt, claim.pay);
  if (claim.pay === "settled") world.deps.traces?.settled(attempt);
  const { state } = attempt.task;
  const undone = state === "ready" || state === "waiting";
  if (attempt.verdict === "valid" && undone && STANDING.includes(claim.pay)) revive(world, attempt);
  giveBack(world, attempt, claim);
}

/** The holder of a claim that was cancelled while it was on the way needs the signature to end it. */
function giveBack(world: World, attempt: AttemptRun, claim: ChainTask): void {
  if (claim.pay === "claimed" && attempt.verdict === "cancelled" && attempt.release === null)
    tell(world, attempt, "cancelled", attempt.verdictReason);
}

/** Whether nobody can claim the task for an attempt any more, because it is claimed for a later one: for its copy, as a rule. */
function isOvertaken(attempt: AttemptRun, claim: ChainTask): boolean {
  return claim.attempt > attempt.number && STANDING.includes(claim.pay);
}

/** The accepted result counts again; looking at it once more gives the task its outputs back. */
function revive(world: World, attempt: AttemptRun): void {
  const { task } = attempt;
  task.lane.remove(task);
  world.parked.clear(task);
  task.state = "validating";
  Object.assign(attempt, { outcome: null, reason: null, verdict: null, endedAt: null });
  validateSoon(world, attempt);
}

/** Lets a live attempt follow its claim. */
function follow(world: World, attempt: AttemptRun, claim: ChainTask | undefined): void {
  const mine = claim !== undefined && matches(claim, attempt);
  const claimed = mine && STANDING.includes(claim.pay);
  if (claimed && !attempt.claimed) {
    claimIsThere(world, attempt);
    world.deps.traces?.event(attempt, "claimed");
    world.deadlines.set(attempt, claim.deadline * 1000);
    if (attempt.state === "reported") validateSoon(world, attempt);
  }
  if (mine && attempt.report === null && attempt.task.run.blankUntil > 0 && claim.commitment)
    findResult(world, attempt, claim.commitment);
  if (!mine && attempt.claimed) lostClaim(world, attempt);
  if (!mine || claimed) return;
  if (claim.pay === "expired") fail(world, attempt, "late", "not committed by the deadline");
  else fail(world, attempt, "withdrawn", `the claim was ${claim.pay}`);
}

/** The contract verified the final proof. */
function finalAccepted(world: World, task: TaskRun): void {
  const attempt = task.current;
  if (task.state === "done" || !attempt?.report) return;
  if (attempt.state !== "ended") close(world, attempt, "valid", null);
  const outputs = task.outputs ?? { [Object.keys(task.step.outputs)[0]!]: attempt.report.result };
  completeTask(world, task, attempt.report.result, { outputs, collections: {} });
}

function forget(world: World, run: Run): void {
  endRun(world, run, "cancelled", "its opening was taken back by a reorganisation of the chain");
  world.deps.retention.settled(run.id);
}
