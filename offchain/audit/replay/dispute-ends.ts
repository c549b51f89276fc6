import { getAddress } from "viem";
import { VERDICT } from "../../../protocol/abi";
import { disputeKey } from "../../../protocol/dispute-key";
import { tasksOf, type Claim } from "../../../protocol/ticket";
import type { EventOf } from "../chain/market-event";
import { addSpent } from "./claims";
import { knownWorkflow, RULES, type Replay } from "./context";
import { poolOf, type Dispute } from "./court-books";
import { isVoid, openDispute, taskOf } from "./disputes";
import { attemptKey, type Task, type Workflow } from "./ledger";

/** The result stands: bond back, and its pay unless it is void. */
export function disputePaid(
  replay: Replay,
  { args, time }: EventOf<"DisputePaid">,
  where: string,
): void {
  const account = replay.ledger.account(args.operator);
  account.locked -= args.bond;
  account.free += args.bond;
  account.owed += args.pay;
  account.earned += args.pay;
  const workflow = knownWorkflow(replay, RULES.disputes, args.workflow, where);
  if (workflow) workflow.paid += args.pay;
  const dispute = openDispute(replay, args.key, where);
  if (!dispute) return;
  const void_ = isVoid(replay, dispute);
  const pay = void_ ? 0n : dispute.claim.price;
  const { verdict, isAppeal, phase, until } = dispute;
  const check = replay.recorder.check(RULES.disputes);
  check.expect(
    args.pay === pay && args.bond === dispute.claim.bond,
    "pay_amount",
    where,
    () => `pays ${args.pay} and frees ${args.bond}, due are ${pay} and ${dispute.claim.bond}`,
  );
  check.expect(
    verdict === undefined
      ? phase === "revealed" && time > until
      : verdict === VERDICT.valid || (verdict === VERDICT.none && !isAppeal),
    "dispute_paid_wrongly",
    where,
    () => `the dispute was ${phase} until ${until}, with verdict ${verdict ?? "none"}`,
  );
  dispute.phase = "closed";
  if (void_) return;
  const of = { workflow: dispute.workflow, step: dispute.claim.step };
  account.evidence.push({ kind: "completed", at: time, tasks: 1, ...of });
  const task = taskOf(replay, dispute);
  if (task?.attempt === dispute.attempt) task.state = "settled";
  const record = replay.ledger.committed.get(
    attemptKey(dispute.workflow, dispute.task, dispute.attempt),
  );
  if (record) record.outcome = "settled";
}

/** A result is unpaid for its inputs' sake: its price returns to the escrow, its task opens again. */
function makeVoid(
  replay: Replay,
  workflow: Workflow | undefined,
  { task: index, attempt }: { task: number; attempt: number },
  claim: Claim,
): void {
  if (workflow) addSpent(workflow, claim.word, -claim.price);
  const task = workflow?.tasks.get(index);
  if (task) {
    task.endedAttempt = Math.max(task.endedAttempt, attempt);
    if (task.attempt === attempt) task.state = "void";
  }
  const record = replay.ledger.committed.get(attemptKey(claim.workflow, index, attempt));
  if (record) record.outcome = "void";
}

/** Unpaid, and nobody's fault: jurors found the inputs wrong, or an appeal found no verdict. */
export function disputeVoided(
  replay: Replay,
  { args }: EventOf<"DisputeVoided">,
  where: string,
): void {
  const account = replay.ledger.account(args.operator);
  account.locked -= args.bond;
  account.free += args.bond;
  const workflow = knownWorkflow(replay, RULES.disputes, args.workflow, where);
  const dispute = openDispute(replay, args.key, where);
  if (!dispute) return;
  const { verdict, isAppeal, claim } = dispute;
  const check = replay.recorder.check(RULES.disputes);
  check.expect(
    args.bond === claim.bond,
    "bond_amount",
    where,
    () => `frees ${args.bond} units, the bond is ${claim.bond}`,
  );
  check.expect(
    verdict === VERDICT.inputsWrong || (verdict === VERDICT.none && isAppeal),
    "dispute_voided_wrongly",
    where,
    () => `with verdict ${verdict ?? "none"}`,
  );
  dispute.phase = "closed";
  if (!isVoid(replay, dispute)) makeVoid(replay, workflow, dispute, claim);
}

/** An input was struck: unpaid, compensated out of what that strike left. The bond stays where it is. */
export function voided(replay: Replay, { args }: EventOf<"Voided">, where: string): void {
  const workflow = knownWorkflow(replay, RULES.disputes, args.workflow, where);
  replay.ledger.account(args.operator).owed += args.compensation;
  replay.ledger.burned -= args.compensation;
  const dispute = replay.ledger.disputes.get(disputeKey(args));
  const inDispute = dispute !== undefined && dispute.phase !== "closed";
  const batch = replay.ledger.batch(args.operator, args.slot);
  const fate = replay.ledger.fate(args.workflow, args.task, args.attempt);
  const inBatch =
    batch?.state === "committed" &&
    batch.claim.attempt === args.attempt &&
    tasksOf(batch.claim.word, batch.claim.mask).includes(args.task) &&
    !batch.removed.has(args.task);
  const held = replay.recorder
    .check(RULES.disputes)
    .expect(
      (inDispute || inBatch) && !fate.isVoid,
      "void_without_result",
      where,
      () => `slot ${args.slot} of ${args.operator} holds no unvoided result of task ${args.task}`,
    );
  if (!held) return;
  fate.isVoid = true;
  if (!inDispute) batch!.voided.add(args.task);
  const claim = inDispute ? dispute.claim : batch!.claim;
  takeFromPot(replay, workflow?.tasks.get(args.culprit), args, claim.price, where);
  makeVoid(replay, workflow, args, claim);
}

/** Takes a compensation out of what strikes of the culprit have left. Which of several strikes, the transaction tells. */
function takeFromPot(
  replay: Replay,
  culprit: Task | undefined,
  { compensation, culprit: index }: EventOf<"Voided">["args"],
  price: bigint,
  where: string,
): void {
  const check = replay.recorder.check(RULES.disputes);
  const struck = culprit?.struckAttempts.length ?? 0;
  if (
    !check.expect(struck > 0, "void_without_strike", where, `task ${index} was not struck`) ||
    !culprit
  )
    return;
  const most = culprit.pot < price ? culprit.pot : price;
  check.expect(
    struck === 1 ? compensation === most : compensation <= most,
    "compensation_amount",
    where,
    () => `${compensation} units of a price of ${price}, the pot held ${culprit.pot}`,
  );
  culprit.pot -= compensation;
}

/** A struck dispute is over, with its jury; what it was struck for must have been possible. */
export function endByStrike(
  replay: Replay,
  dispute: Dispute,
  { args, tx }: EventOf<"Struck">,
  where: string,
): void {
  const check = replay.recorder.check(RULES.disputes);
  const { verdict, ended, jury, caller, operator } = dispute;
  if (verdict === undefined)
    check.expect(
      dispute.callerBond === 0n && (ended?.tx !== tx || ended.spent === 0n),
      "call_bond",
      where,
      "the caller has not its whole bond back",
    );
  else {
    // Who lost an appeal is not paid for striking itself.
    const requester = replay.ledger.workflows.get(dispute.workflow)?.requester;
    const due = caller === operator ? requester : caller;
    check.expect(
      (verdict === VERDICT.invalid || verdict === VERDICT.unavailable) &&
        getAddress(args.challenger) === due,
      "struck_against_verdict",
      where,
      () => `verdict ${verdict}, the share is due to ${due}`,
    );
  }
  if (jury && verdict === undefined) {
    const pool = poolOf(replay.ledger.pools, jury.checkProgram);
    if (dispute.phase === "drawing") pool.drawing--;
    for (const juror of jury.jurors) pool.jurors.get(juror)!.engaged--;
  }
  dispute.phase = "closed";
}
