import type { Address } from "viem";
import { RULE } from "../../../protocol/terms";
import { tasksOf, unpackTicket, withMask } from "../../../protocol/ticket";
import type { EventOf, MarketEvent } from "../chain/market-event";
import { knownWorkflow, RULES, type Replay } from "./context";
import { attemptKey, type Batch, type TaskState, type Workflow } from "./ledger";
import { addSpent } from "./claims";
import { readFacts } from "./facts";
import { earlyPenalty, latePenalty } from "./shares";

/** Ends tasks of a live claim without pay: their price returns to the escrow, and they can be claimed again. */
export function endTasks(
  workflow: Workflow | undefined,
  batch: Batch,
  mask: bigint,
  state: TaskState,
): void {
  const { word, attempt, price } = batch.claim;
  const tasks = tasksOf(word, mask);
  if (workflow) {
    addSpent(workflow, word, -price * BigInt(tasks.length));
    for (const index of tasks) {
      const task = workflow.tasks.get(index);
      if (!task) continue;
      task.state = state;
      task.endedAttempt = Math.max(task.endedAttempt, attempt);
    }
  }
  const rest = batch.claim.mask & ~mask;
  if (rest === 0n) batch.state = "credited";
  else {
    batch.ticket = withMask(batch.ticket, rest);
    batch.claim = { ...batch.claim, mask: rest };
  }
}

/** The live claim in a slot, if it holds the tasks that an event ends. */
function liveClaim(
  replay: Replay,
  operator: Address,
  slot: number,
  word: number,
  mask: bigint,
  where: string,
): Batch | undefined {
  const batch = replay.ledger.batch(operator, slot);
  const holds =
    batch?.state === "claimed" && batch.claim.word === word && (mask & ~batch.claim.mask) === 0n;
  replay.recorder
    .check(RULES.ends)
    .expect(
      holds && mask !== 0n,
      "no_live_claim",
      where,
      () => `slot ${slot} of ${operator} holds no live claim of these tasks`,
    );
  return holds ? batch : undefined;
}

/** Tasks of a live claim are given back, free of penalty; for a concession, `Conceded` follows. */
export function released(replay: Replay, event: EventOf<"Released">, where: string): void {
  const { args, tx } = event;
  replay.ledger.account(args.operator).heardBlock = event.block;
  const workflow = knownWorkflow(replay, RULES.ends, args.workflow, where);
  const batch = liveClaim(replay, args.operator, args.slot, args.word, args.mask, where);
  if (!batch) return;
  const bonds = batch.claim.bond * BigInt(tasksOf(args.word, args.mask).length);
  const account = replay.ledger.account(args.operator);
  const check = replay.recorder.check(RULES.ends);
  check.expect(
    args.penalty === 0n || args.penalty === earlyPenalty(bonds),
    "penalty_amount",
    where,
    () =>
      `penalty ${args.penalty}, due are ${earlyPenalty(bonds)} without the coordinator's consent`,
  );
  check.expect(event.time <= batch.time, "release_too_late", where, `deadline ${batch.time}`);
  account.locked -= bonds;
  account.free += bonds - args.penalty;
  account.penalties += args.penalty;
  replay.ledger.burned += args.penalty;
  endTasks(workflow, batch, args.mask, "released");
  replay.released = { tx, slot: args.slot, word: args.word, mask: args.mask, batch };
}

/** Says that a release was a concession: results that the coordinator did not accept. */
export function conceded(replay: Replay, { args, tx }: EventOf<"Conceded">, where: string): void {
  const workflow = knownWorkflow(replay, RULES.ends, args.workflow, where);
  const { released: last } = replay;
  const check = replay.recorder.check(RULES.ends);
  const own = last?.tx === tx && last.slot === args.slot;
  if (
    !check.expect(
      own,
      "concession_without_release",
      where,
      "no release of the same slot comes before it",
    )
  )
    return;
  const tasks = tasksOf(last!.word, last!.mask);
  check.expect(
    last!.batch.claim.rule === RULE.accepted,
    "concession_rule",
    where,
    "only results under rule accepted can be conceded",
  );
  check.expect(
    args.commitments.length === tasks.length,
    "commitment_count",
    where,
    `${args.commitments.length} commitments for ${tasks.length} tasks`,
  );
  for (const index of tasks) {
    const task = workflow?.tasks.get(index);
    if (task) task.state = "conceded";
  }
  replay.released = undefined;
}

/** A part of a claim can expire only by a take-over: a claim of these tasks in the same transaction. */
export function checkTakeOver(replay: Replay, next: MarketEvent | undefined): void {
  const [first] = replay.takenInPart;
  if (!first || (next?.tx === first.event.tx && next.name === "Expired")) return;
  const facts = next?.name === "Advanced" ? readFacts(next.args.facts) : undefined;
  const claims = (facts?.claims ?? []).map(({ ticket }) => unpackTicket(ticket));
  for (const { event, where } of replay.takenInPart) {
    const { workflow, word, mask } = event.args;
    const isTaken = claims.some(
      (claim) => claim.workflow === workflow && claim.word === word && (mask & ~claim.mask) === 0n,
    );
    replay.recorder
      .check(RULES.ends)
      .expect(
        isTaken && next?.tx === event.tx,
        "expired_in_part",
        where,
        "a part of a claim expired, and nobody took its tasks over",
      );
  }
  replay.takenInPart = [];
}

/** A claim past its deadline ends; a share of its bonds is lost. */
export function expired(replay: Replay, event: EventOf<"Expired">, where: string): void {
  const { args, time } = event;
  const workflow = knownWorkflow(replay, RULES.ends, args.workflow, where);
  const check = replay.recorder.check(RULES.ends);
  const holder = replay.ledger.account(args.operator);
  check.expect(
    args.penalty === args.gasRefund + args.burned,
    "penalty_split",
    where,
    () => `penalty ${args.penalty} is not refund ${args.gasRefund} plus burned ${args.burned}`,
  );
  replay.ledger.account(args.by).owed += args.gasRefund;
  replay.ledger.burned += args.burned;
  holder.penalties += args.penalty;
  const tasks = tasksOf(args.word, args.mask);
  const batch = liveClaim(replay, args.operator, args.slot, args.word, args.mask, where);
  if (!batch) return;
  const { workflow: id, step } = batch.claim;
  const kind = holder.heardBlock > batch.claimBlock ? "late" : "silent";
  holder.evidence.push({ kind, at: time, tasks: tasks.length, workflow: id, step });
  check.expect(
    time > batch.time,
    "expired_too_early",
    where,
    () => `at ${time}, deadline ${batch.time}`,
  );
  const last = args.mask === batch.claim.mask;
  if (!last) replay.takenInPart.push({ event, where });
  const bonds = batch.claim.bond * BigInt(tasks.length);
  const due = latePenalty(bonds, last, replay.parameters.lateGasRefund);
  check.expect(
    args.penalty === due.penalty && args.gasRefund === due.gasRefund,
    "penalty_amount",
    where,
    () =>
      `penalty ${args.penalty} with refund ${args.gasRefund}, due are ${due.penalty} with ${due.gasRefund}`,
  );
  holder.locked -= bonds;
  holder.free += bonds - args.penalty;
  endTasks(workflow, batch, args.mask, "expired");
}

/** A matured batch is credited: pay becomes owed, bonds become free. */
export function settled(replay: Replay, event: EventOf<"Settled">, where: string): void {
  const { args, time } = event;
  const check = replay.recorder.check(RULES.settlements);
  const workflow = knownWorkflow(replay, RULES.settlements, args.workflow, where);
  const account = replay.ledger.account(args.operator);
  account.locked -= args.bond;
  account.free += args.bond;
  account.owed += args.pay;
  account.earned += args.pay;
  if (workflow) workflow.paid += args.pay;
  const batch = replay.ledger.batch(args.operator, args.slot);
  const committed = batch?.state === "committed";
  if (
    !check.expect(
      committed,
      "settled_without_commitment",
      where,
      () => `slot ${args.slot} of ${args.operator} is ${batch?.state ?? "empty"}`,
    )
  )
    return;
  const { claim, removed, voided } = batch!;
  check.expect(
    time >= batch!.time,
    "settled_too_early",
    where,
    () => `at ${time}, maturity ${batch!.time}`,
  );
  const tasks = tasksOf(claim.word, claim.mask).filter(
    (task) => !removed.has(task) && !voided.has(task),
  );
  batch!.state = "credited";
  const { workflow: id, step } = claim;
  account.evidence.push({ kind: "completed", at: time, tasks: tasks.length, workflow: id, step });
  for (const index of tasks) payTask(replay, workflow, batch!, index, where);
}

export function payTask(
  replay: Replay,
  workflow: Workflow | undefined,
  batch: Batch,
  index: number,
  where: string,
): void {
  const task = workflow?.tasks.get(index);
  const { claim } = batch;
  replay.recorder
    .check(RULES.settlements)
    .expect(
      task?.state === "committed" && task.attempt === claim.attempt,
      task?.state === "settled" ? "task_paid_twice" : "paid_without_commitment",
      where,
      () => `task ${index} is ${task?.state ?? "unclaimed"}`,
    );
  if (task) task.state = "settled";
  const record = replay.ledger.committed.get(attemptKey(claim.workflow, index, claim.attempt));
  if (record) record.outcome = "settled";
}

/** The final step's proof was verified on-chain: paid at once. */
export function finalAccepted(
  replay: Replay,
  event: EventOf<"FinalAccepted">,
  where: string,
): void {
  const { args, tx, time } = event;
  const check = replay.recorder.check(RULES.settlements);
  const workflow = knownWorkflow(replay, RULES.settlements, args.workflow, where);
  const account = replay.ledger.account(args.operator);
  account.locked -= args.bond;
  account.free += args.bond;
  account.owed += args.pay;
  account.earned += args.pay;
  account.heardBlock = event.block;
  if (workflow) workflow.paid += args.pay;
  const batch = replay.ledger.batch(args.operator, args.slot);
  const live =
    batch?.state === "claimed" && tasksOf(batch.claim.word, batch.claim.mask).includes(args.task);
  if (
    !check.expect(
      live,
      "final_without_claim",
      where,
      () => `slot ${args.slot} of ${args.operator} holds no live claim of task ${args.task}`,
    )
  )
    return;
  const { claim } = batch!;
  const of = { workflow: claim.workflow, step: claim.step };
  account.evidence.push({ kind: "completed", at: time, tasks: 1, ...of });
  const step = workflow?.steps[claim.step];
  if (workflow && step)
    workflow.final = { tx, verifier: step.judge.verifier, statementDigest: args.statementDigest };
  check.expect(
    step?.isFinal === true,
    "final_step",
    where,
    () => `step ${claim.step} is not the final one`,
  );
  check.expect(
    time <= batch!.time,
    "commit_too_late",
    where,
    `at ${time}, deadline ${batch!.time}`,
  );
  check.expect(
    args.pay === claim.price && args.bond === claim.bond,
    "pay_amount",
    where,
    () => `pays ${args.pay} and frees ${args.bond}, claimed at ${claim.price} and ${claim.bond}`,
  );
  batch!.state = "credited";
  const task = workflow?.tasks.get(args.task);
  check.expect(
    task?.state === "claimed" && task.attempt === claim.attempt,
    task?.state === "settled" ? "task_paid_twice" : "paid_without_claim",
    where,
    () => `task ${args.task} is ${task?.state ?? "unclaimed"}`,
  );
  if (task) task.state = "settled";
}
