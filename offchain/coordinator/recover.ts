import { eq } from "drizzle-orm";
import type { Hex } from "viem";
import { FrobenError } from "../../protocol/errors";
import type { Spec } from "../../protocol/spec";
import { rowsOf } from "../db/row-reader";
import {
  workAssignments,
  workAttempts,
  workDurations,
  workGrowths,
  workOperators,
  workTasks,
  workWorkflows,
} from "../db/schema/work";
import { readOutputs } from "../workflow/result";
import { giveOut, UNSIGNED } from "./assign";
import { endingOf, workOf } from "./attempts";
import type { ChainWorkflow } from "./facade";
import { attemptKey, isLive, Run, type AttemptRun, type RunWork, type TaskRun } from "./model";
import { park } from "./ready";
import { followOrigin, reconcileRun, reconcileTask } from "./reconcile";
import { recoverCanaries } from "./recover-canaries";
import { noteReuse } from "./reuse";
import { begin, blankUntil, fetchSpec, readSpec, unfold } from "./runs";
import { inputsOf, noteInputs, recoverHolders, recoverSizes, sizesOf } from "./sizes";
import { awaitClaim } from "./taken-back";
import { validateSoon } from "./validate";
import type { World } from "./world";

type TaskRow = typeof workTasks.$inferSelect;
type AttemptRow = typeof workAttempts.$inferSelect;

/** Rebuilds what the coordinator had in memory from the database, then catches up with the chain. */
export async function recover(world: World): Promise<void> {
  const { db } = world.deps;
  for (const row of db.select().from(workOperators).all()) {
    const operator = world.enlist(row.address, row.registration);
    const { lastSeen, done, failed, struck, lastAssignedAt } = row;
    Object.assign(operator, { lastSeen, done, failed, struck });
    operator.fleet.set({ lastAssignedAt });
  }
  for (const { program, ...growth } of db.select().from(workGrowths).all())
    world.experience.restoreGrowth(program, growth);
  for (const { program, operator, ...learned } of db.select().from(workDurations).all())
    world.experience.restore(program, operator, learned);
  for (const row of db.select().from(workWorkflows).all()) await recoverRun(world, row);
  recoverAssignments(world);
  for (const run of world.runs.values()) resume(world, run);
  recoverCanaries(world);
  for (const id of world.deps.chain.workflowsOf(world.deps.account.address))
    if (!world.runs.has(id)) reconcileRun(world, id);
  world.flush();
  world.kick();
}

async function recoverRun(world: World, row: typeof workWorkflows.$inferSelect): Promise<void> {
  const { db, chain } = world.deps;
  const onChain = chain.workflow(row.workflow);
  const run = new Run(row.workflow, onChain?.deadline ?? 0, onChain?.openedAt ?? 0);
  const { name, state, reason, version, endedAt, attempts, settled, paused } = row;
  Object.assign(run, { name, state, reason, version, endedAt, attempts, settled, paused });
  // What was signed before the restart may be claimed for no longer than this.
  run.claimableUntil = world.chainNow() + world.deps.settings.claimBySeconds;
  if (onChain) run.blankUntil = blankUntil(world, onChain);
  if (onChain && endedAt !== null) world.queue.endedAt(onChain.requester.toLowerCase(), endedAt);
  world.runs.set(run.id, run);
  const tasks = new Map<number, TaskRow>();
  for (const row of rowsOf(db, workTasks, ["workflow", "task"], run.id)) tasks.set(row.task, row);
  if (!onChain || tasks.size === 0) return;
  const spec = await readSpec(world, onChain);
  if (!spec) return;
  let work: RunWork;
  try {
    work = await recoverTasks(world, run, spec, onChain, tasks);
  } catch (error) {
    if (!run.settled || !(error instanceof FrobenError)) throw error;
    // Its artifacts may be removed by now, all or some of them.
    run.work = undefined;
    world.queue.forget(run.id);
    return;
  }
  if (run.state === "running") await recoverSizes(world, work);
  for (const attempt of rowsOf(db, workAttempts, ["workflow", "task", "attempt"], run.id))
    restoreAttempt(world, work.tasks.get(attempt.task)!, attempt);
  if (run.state === "running") recoverHolders(work);
}

/** @throws FrobenError when a collection that unfolds steps is not there any more */
async function recoverTasks(
  world: World,
  run: Run,
  spec: Spec,
  onChain: ChainWorkflow,
  rows: ReadonlyMap<number, TaskRow>,
): Promise<RunWork> {
  const { store } = world.deps;
  const work = begin(world, run, spec, onChain, await sizesOf(world, inputsOf(spec)));
  const restore = (task: TaskRun) => {
    const former = rows.get(task.index);
    if (former) restoreTask(task, former);
    // Of attempts that have ended it is not known.
    const isWaiting = task.state === "ready" || task.state === "waiting";
    if (task.attempt > (isWaiting ? 0 : 1)) task.formerUntil = run.claimableUntil;
    run.claimableUntil = Math.max(run.claimableUntil, task.claimableUntil);
    return former !== undefined;
  };
  unfold(world, run, restore);
  // Collections of finished tasks unfold further steps, until nothing new comes.
  for (let before = -1; before !== work.tasks.size;) {
    before = work.tasks.size;
    for (const task of [...work.tasks.values()]) {
      const kinds = task.step.outputs;
      const lists = Object.keys(kinds).filter((name) => kinds[name] === "collection");
      if (task.state !== "done" || lists.length === 0) continue;
      if (work.collections.has(`${task.index}/${lists[0]}`)) continue;
      const { collections } = await readOutputs(kinds, task.result!, store);
      for (const [output, items] of Object.entries(collections))
        work.collections.set(`${task.index}/${output}`, items);
    }
    unfold(world, run, restore);
  }
  return work;
}

function restoreTask(task: TaskRun, row: TaskRow): void {
  const { state, pending, attempt, failures, refusals, notBefore, claimableUntil } = row;
  const { result, outputs, reused, reason, endedAt, rises, leftOut } = row;
  Object.assign(task, { state, pending, attempt, failures, refusals, notBefore, claimableUntil });
  Object.assign(task, {
    rises,
    leftOut,
    result,
    outputs,
    reused,
    reason,
    endedAt,
    avoid: new Set(row.avoid),
  });
}

function restoreAttempt(world: World, task: TaskRun, row: AttemptRow): void {
  const { workflow, task: index, attempt: number, ...rest } = row;
  const attempt: AttemptRun = {
    ...rest,
    task,
    number,
    key: attemptKey(workflow, index, number),
    claimed: false,
    progress: row.report ? 1 : 0,
    risenAt: null,
    note: null,
    outcome: row.outcome as AttemptRun["outcome"],
  };
  if (attempt.standby === "beside") task.other = attempt;
  else {
    task.other = attempt.standby === "promoted" ? task.current : undefined;
    task.current = attempt;
  }
  if (attempt.verdict && !attempt.verdictSeen)
    world.operators.get(attempt.operator)?.verdicts.set(attempt.key, attempt);
  if (attempt.challenge === "due" || attempt.challenge === "sent") {
    // Sending again is harmless: the sender knows what it sent.
    attempt.challenge = "due";
    world.challenges.set(`${workflow}/${index}`, attempt);
  }
}

/** Puts live assignments and the bookings of their attempts back. */
function recoverAssignments(world: World): void {
  const { db } = world.deps;
  const now = world.now();
  for (const row of db.select().from(workAssignments).where(eq(workAssignments.live, true)).all()) {
    const operator = world.operators.get(row.operator);
    const run = world.runs.get(row.workflow);
    if (!operator || !run?.work) continue;
    const root = row.root as Hex;
    const attempts = row.body.tasks.flatMap(({ task, attempt }) => {
      const known = run.task(task)?.numbered(attempt);
      return known?.root === root ? [known] : [];
    });
    const live = attempts.filter(isLive);
    const { body, decision } = row;
    const unclaimed = live.length;
    const assignment = { body, operator, decision, attempts, live: live.length > 0, unclaimed };
    if (!assignment.live) {
      // A claim that was taken back when its result was known: what is to be done about it, the chain tables say.
      world.journal.assignmentEnded(assignment);
      continue;
    }
    operator.assignments.set(root, assignment);
    run.claimableUntil = Math.max(run.claimableUntil, body.claimBy);
    operator.fleet.promise(BigInt(body.terms.bond) * BigInt(unclaimed));
    const { concurrency } = operator.fleet.registration;
    for (const { task, inputs } of body.tasks) {
      const known = run.task(task);
      if (known) noteInputs(known, inputs);
    }
    for (const [i, attempt] of live.entries()) {
      world.deadlines.set(attempt, body.claimBy * 1000);
      if (attempt.task.step.standby) world.stragglers.set(attempt, now);
      const waiting = attempt.state === "reported" || attempt.state === "validating";
      if (!waiting)
        world.leases.open(attempt, attempt.task.step.limits, now, Math.floor(i / concurrency));
      const { resources } = attempt.task.step;
      // A machine may have been declared smaller since, or less of it offered.
      attempt.booked &&= world.reservations.fits(operator.address, resources);
      if (attempt.booked) {
        const work = workOf(attempt, now);
        const ends = endingOf(world, attempt.operator, work);
        world.reservations.book(attempt.key, operator.address, resources, ends);
        operator.fleet.begin(attempt.key, work);
      } else if (attempt.state === "offered" || attempt.state === "running")
        operator.fleet.queue(1);
    }
    if (body.signature === UNSIGNED) giveOut(world, assignment);
  }
}

/** Lets a workflow go on from where it was. */
function resume(world: World, run: Run): void {
  if (run.isRead && !run.work) fetchSpec(world, run);
  for (const task of run.work?.tasks.values() ?? []) {
    if (task.reused && run.state === "running") {
      noteReuse(world, task);
      followOrigin(world, task);
    }
    if (!run.settled || run.blankUntil > 0) reconcileTask(world, task);
    const attempt = task.current;
    if (isLive(attempt) && attempt.state === "validating" && attempt.verdict === null)
      validateSoon(world, attempt);
    // Its claim may have been seen before, and taken back since.
    if (isLive(attempt) && !attempt.claimed && attempt.state !== "offered")
      awaitClaim(world, attempt);
    if (task.state === "ready") park(world, task);
  }
  if (!run.settled) reconcileRun(world, run.id);
}
