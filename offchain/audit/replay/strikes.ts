import { getAddress } from "viem";
import { disputeKey } from "../../../protocol/dispute-key";
import { tasksOf } from "../../../protocol/ticket";
import type { EventOf } from "../chain/market-event";
import { addSpent } from "./claims";
import { knownWorkflow, RULES, type Replay } from "./context";
import type { Dispute } from "./court-books";
import { endByStrike } from "./dispute-ends";
import { isVoid, leave } from "./disputes";
import { attemptKey, type Batch, type Task, type Workflow } from "./ledger";
import { strikeShares } from "./shares";

/** Shares a struck bond out. */
function splitBond(
  replay: Replay,
  event: EventOf<"Struck">,
  workflow: Workflow | undefined,
  where: string,
): void {
  const { args } = event;
  const check = replay.recorder.check(RULES.strikes);
  const account = replay.ledger.account(args.operator);
  const due = strikeShares(args.bond);
  check.expect(
    args.toChallenger === due.toChallenger &&
      args.toRequester === due.toRequester &&
      args.pot === due.pot,
    "strike_split",
    where,
    () =>
      `bond ${args.bond} split into ${args.toChallenger}, ${args.toRequester} and ${args.pot} units, due are ${due.toChallenger}, ${due.toRequester} and ${due.pot}`,
  );
  account.locked -= args.bond;
  account.slashed += args.bond;
  replay.ledger.account(args.challenger).owed += args.toChallenger;
  replay.ledger.burned += due.burned;
  if (!workflow) return;
  replay.ledger.account(workflow.requester).owed += args.toRequester;
  workflow.compensated += args.toRequester;
}

/** Takes the struck task out of its batch, or with two receipts out of its claim. @returns whether it was void before */
function takeOut(replay: Replay, event: EventOf<"Struck">, batch: Batch, where: string): boolean {
  const { args, time } = event;
  const check = replay.recorder.check(RULES.strikes);
  if (batch.state === "committed") {
    check.expect(
      !batch.removed.has(args.task),
      "struck_twice",
      where,
      `task ${args.task} was struck before`,
    );
    check.expect(
      time < batch.time,
      "strike_after_window",
      where,
      () => `at ${time}, matured at ${batch.time}`,
    );
  }
  return leave(batch, args.task);
}

/** Notes what became of a struck attempt. */
function recordStrike(replay: Replay, { args }: EventOf<"Struck">, task: Task | undefined): void {
  const fate = replay.ledger.fate(args.workflow, args.task, args.attempt);
  fate.isStruck = true;
  fate.hasLeft = true;
  const record = replay.ledger.committed.get(attemptKey(args.workflow, args.task, args.attempt));
  if (record) record.outcome = "struck";
  if (!task) return;
  task.endedAttempt = Math.max(task.endedAttempt, args.attempt);
  task.struckAttempts = [...task.struckAttempts, args.attempt];
  task.pot += args.pot;
  if (task.attempt === args.attempt && task.operator === getAddress(args.operator))
    task.state = "struck";
}

/** One result was proven wrong, withheld or signed twice: its whole bond is split, its pay returns to the escrow, the task is open again. */
export function struck(replay: Replay, event: EventOf<"Struck">, where: string): void {
  const { args } = event;
  const workflow = knownWorkflow(replay, RULES.strikes, args.workflow, where);
  splitBond(replay, event, workflow, where);
  const dispute = replay.ledger.disputes.get(disputeKey(args));
  const open: Dispute | undefined = dispute?.phase === "closed" ? undefined : dispute;
  const batch = replay.ledger.batch(args.operator, args.slot);
  const holds =
    open !== undefined ||
    (batch !== undefined &&
      batch.state !== "credited" &&
      batch.claim.attempt === args.attempt &&
      tasksOf(batch.claim.word, batch.claim.mask).includes(args.task));
  const check = replay.recorder.check(RULES.strikes);
  if (
    !check.expect(
      holds,
      "strike_without_commitment",
      where,
      () => `slot ${args.slot} of ${args.operator} holds no commitment for task ${args.task}`,
    )
  )
    return;
  const claim = open?.claim ?? batch!.claim;
  const of = { workflow: claim.workflow, step: claim.step };
  replay.ledger
    .account(args.operator)
    .evidence.push({ kind: "invalid", at: event.time, tasks: 1, ...of });
  check.expect(
    args.bond === claim.bond,
    "bond_amount",
    where,
    () => `takes ${args.bond} units, the bond is ${claim.bond}`,
  );
  const wasVoid = open ? isVoid(replay, open) : takeOut(replay, event, batch!, where);
  if (open) endByStrike(replay, open, event, where);
  if (workflow && !wasVoid) addSpent(workflow, claim.word, -claim.price);
  recordStrike(replay, event, workflow?.tasks.get(args.task));
}
