import { getAddress, type Address, type Hex } from "viem";
import { attemptOfKey } from "../../../protocol/dispute-key";
import type { JudgeTerms } from "../../../protocol/terms";
import { placeOf } from "../../../protocol/task-place";
import { tasksOf, withMask } from "../../../protocol/ticket";
import type { EventOf } from "../chain/market-event";
import { RULES, type Replay } from "./context";
import type { Dispute } from "./court-books";
import { attemptKey, type Batch, type Task } from "./ledger";

/** The dispute of an event, if it is open. */
export function openDispute(replay: Replay, key: Hex, where: string): Dispute | undefined {
  const dispute = replay.ledger.disputes.get(key);
  const open = dispute !== undefined && dispute.phase !== "closed";
  replay.recorder
    .check(RULES.disputes)
    .expect(open, "dispute_unknown", where, () => `${key} is not in dispute`);
  return open ? dispute : undefined;
}

/** What only disputes need of the step of a disputed task. */
export function judgeTermsOf(replay: Replay, dispute: Dispute): JudgeTerms | undefined {
  return replay.ledger.workflows.get(dispute.workflow)?.steps[dispute.claim.step]?.judge;
}

export function taskOf(replay: Replay, dispute: Dispute): Task | undefined {
  return replay.ledger.workflows.get(dispute.workflow)?.tasks.get(dispute.task);
}

export const isVoid = (replay: Replay, { workflow, task, attempt }: Dispute): boolean =>
  replay.ledger.fates.get(attemptKey(workflow, task, attempt))?.isVoid ?? false;

/** Where a task in dispute came from. */
interface Entry {
  operator: Address;
  workflow: number;
  slot: number;
  key: Hex;
}

/** The batch, or for an appeal the claim, that holds the task of an event in time. */
function holderOf(
  replay: Replay,
  entry: Entry,
  from: "claimed" | "committed",
  time: number,
  where: string,
): Batch | undefined {
  const { task, attempt } = attemptOfKey(entry.key);
  const batch = replay.ledger.batch(entry.operator, entry.slot);
  const holds =
    batch?.state === from &&
    batch.claim.workflow === entry.workflow &&
    batch.claim.attempt === attempt &&
    tasksOf(batch.claim.word, batch.claim.mask).includes(task) &&
    !batch.removed.has(task);
  const check = replay.recorder.check(RULES.disputes);
  const held = check.expect(
    holds,
    "dispute_without_result",
    where,
    () => `slot ${entry.slot} of ${entry.operator} holds no task ${task} attempt ${attempt}`,
  );
  if (!held) return undefined;
  check.expect(
    from === "claimed" ? time <= batch!.time : time < batch!.time,
    "dispute_too_late",
    where,
    () => `at ${time}, the limit is ${batch!.time}`,
  );
  return batch;
}

/** A task leaves its batch, or with an appeal its claim, for a dispute; unless it is in one, and can still be objected to. */
export function enter(
  replay: Replay,
  entry: Entry,
  from: "claimed" | "committed",
  time: number,
  where: string,
): Dispute | undefined {
  const known = replay.ledger.disputes.get(entry.key);
  if (known) {
    const appealed = known.phase === "none";
    replay.recorder
      .check(RULES.disputes)
      .expect(
        from === "committed" &&
          (appealed || (known.phase === "revealed" && time <= known.until)) &&
          known.operator === getAddress(entry.operator) &&
          known.slot === entry.slot,
        "dispute_phase",
        where,
        () => `the dispute is ${known.phase} until ${known.until}`,
      );
    return known;
  }
  const batch = holderOf(replay, entry, from, time, where);
  if (!batch) return undefined;
  const { task, attempt } = attemptOfKey(entry.key);
  const { workflow } = entry;
  const key = attemptKey(workflow, task, attempt);
  const dispute: Dispute = {
    operator: getAddress(entry.operator),
    slot: entry.slot,
    workflow,
    task,
    attempt,
    ticket: batch.ticket,
    claim: batch.claim,
    commitment: replay.ledger.committed.get(key)?.commitment,
    isAppeal: from === "claimed",
    phase: "none",
    until: from === "claimed" ? 0 : time + batch.claim.window,
    caller: undefined,
    callerBond: 0n,
    ended: undefined,
    maxReveal: 0,
    jury: undefined,
    verdict: undefined,
  };
  leave(batch, task);
  replay.ledger.disputes.set(entry.key, dispute);
  replay.ledger.fate(workflow, task, attempt).hasLeft = true;
  const its = taskOf(replay, dispute);
  if (its?.attempt === attempt && its.state !== "void") its.state = "disputed";
  return dispute;
}

/** Takes a task out of the slot that holds it. @returns whether it was void */
export function leave(batch: Batch, task: number): boolean {
  if (batch.state === "committed") {
    batch.removed.add(task);
    return batch.voided.delete(task);
  }
  const mask = batch.claim.mask & ~(1n << BigInt(placeOf(task).bit));
  if (mask === 0n) batch.state = "credited";
  else {
    batch.ticket = withMask(batch.ticket, mask);
    batch.claim = { ...batch.claim, mask };
  }
  return false;
}

/** Who calls locks a bond of its free stake. */
export function lockCall(
  replay: Replay,
  dispute: Dispute | undefined,
  { caller, bond }: { caller: Address; bond: bigint },
  due: bigint,
  where: string,
): void {
  const account = replay.ledger.account(caller);
  account.free -= bond;
  account.locked += bond;
  replay.recorder
    .check(RULES.disputes)
    .expect(
      bond === due && (dispute === undefined || dispute.callerBond === 0n),
      "call_bond",
      where,
      () => `locks ${bond} units, due are ${due}`,
    );
  if (!dispute) return;
  dispute.caller = getAddress(caller);
  dispute.callerBond = bond;
}

/** What is left of a caller's bond is free again; the rest has gone to others. */
export function callEnded(replay: Replay, { args, tx }: EventOf<"CallEnded">, where: string): void {
  const account = replay.ledger.account(args.caller);
  account.locked -= args.back + args.spent;
  account.free += args.back;
  const dispute = openDispute(replay, args.key, where);
  if (!dispute) return;
  replay.recorder
    .check(RULES.disputes)
    .expect(
      args.back + args.spent === dispute.callerBond && dispute.caller === getAddress(args.caller),
      "call_bond",
      where,
      () => `ends ${args.back + args.spent} units, ${dispute.callerBond} were locked`,
    );
  dispute.callerBond = 0n;
  dispute.ended = { tx, back: args.back, spent: args.spent };
}
