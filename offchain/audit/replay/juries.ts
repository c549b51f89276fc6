import { getAddress } from "viem";
import { VERDICT } from "../../../protocol/abi";
import { commitmentHash } from "../../../protocol/commitment";
import { ZERO_BYTES32 } from "../../../protocol/digest";
import { RULE } from "../../../protocol/terms";
import type { EventOf } from "../chain/market-event";
import { knownWorkflow, RULES, type Replay } from "./context";
import { jurorOf, poolOf, type Dispute, type Jury, type Phase } from "./court-books";
import { enter, judgeTermsOf, lockCall, openDispute } from "./disputes";
import { attemptKey } from "./ledger";
import { DRAW_DELAY, HASH_BLOCKS, JURY_SIZE, juryBond, silentFine } from "./shares";

/** An operator wants a jury on a result that its coordinator does not accept; the task leaves its claim. */
export function appealed(replay: Replay, { args, time }: EventOf<"Appealed">, where: string): void {
  knownWorkflow(replay, RULES.disputes, args.workflow, where);
  const dispute = enter(replay, args, "claimed", time, where);
  if (!dispute) return;
  const { workflow, task, attempt, operator, claim } = dispute;
  replay.recorder
    .check(RULES.disputes)
    .expect(
      claim.rule === RULE.accepted,
      "appeal_rule",
      where,
      "only results under rule accepted are appealed for",
    );
  const { chainId, market } = replay.parameters;
  const { root, step } = claim;
  const what = { workflow, task, attempt, operator, root };
  const commitment = commitmentHash({
    ...what,
    chainId,
    market,
    resultDigest: args.resultDigest,
  });
  dispute.commitment = commitment;
  replay.ledger.committed.set(attemptKey(workflow, task, attempt), {
    ...what,
    step,
    commitment,
    outcome: "committed",
  });
}

/** A jury is called on a result, or on an appeal. */
export function juryCalled(
  replay: Replay,
  { args, time, block }: EventOf<"JuryCalled">,
  where: string,
): void {
  knownWorkflow(replay, RULES.disputes, args.workflow, where);
  const dispute = enter(replay, args, "committed", time, where);
  const judge = dispute && judgeTermsOf(replay, dispute);
  const fee = judge?.jurorFee ?? 0n;
  lockCall(replay, dispute, args, juryBond(replay.parameters.lateGasRefund, fee), where);
  const pool = poolOf(replay.ledger.pools, args.checkProgram);
  const check = replay.recorder.check(RULES.juries);
  check.expect(
    args.checkProgram === judge?.checkProgram &&
      args.checkProgram !== ZERO_BYTES32 &&
      pool.seats.length >= JURY_SIZE,
    "jury_missing",
    where,
    () => `${pool.seats.length} seats, the step's program is ${judge?.checkProgram}`,
  );
  check.expect(
    Number(args.drawBlock) === block + DRAW_DELAY,
    "draw_block",
    where,
    () => `drawn by block ${args.drawBlock}, called in ${block}`,
  );
  pool.drawing++;
  if (!dispute) return;
  dispute.phase = "drawing";
  dispute.jury = {
    checkProgram: args.checkProgram,
    drawBlock: Number(args.drawBlock),
    jurors: [],
    sealedVotes: new Map(),
    votes: new Map(),
  };
}

/** The dispute of an event with its jury, if it stands in one of some phases. */
function inPhase(
  replay: Replay,
  key: `0x${string}`,
  phases: Phase[],
  where: string,
): (Dispute & { jury: Jury }) | undefined {
  const dispute = openDispute(replay, key, where);
  if (!dispute) return undefined;
  const fits = phases.includes(dispute.phase) && dispute.jury !== undefined;
  replay.recorder
    .check(RULES.juries)
    .expect(fits, "dispute_phase", where, () => `the dispute is ${dispute.phase}`);
  return fits ? (dispute as Dispute & { jury: Jury }) : undefined;
}

/** The hash that was to decide can't be had any more: another block's will. */
export function drawPostponed(
  replay: Replay,
  { args, block }: EventOf<"DrawPostponed">,
  where: string,
): void {
  const dispute = inPhase(replay, args.key, ["drawing"], where);
  if (!dispute) return;
  const { jury } = dispute;
  replay.recorder
    .check(RULES.juries)
    .expect(
      block > jury.drawBlock + HASH_BLOCKS && Number(args.drawBlock) === block + DRAW_DELAY,
      "draw_block",
      where,
      () => `postponed from ${jury.drawBlock} to ${args.drawBlock} in block ${block}`,
    );
  jury.drawBlock = Number(args.drawBlock);
}

/** Keeps what a draw was made of, so that it can be made again with the block's hash. */
function keepDraw(
  replay: Replay,
  { key, block, where }: { key: `0x${string}`; block: number; where: string },
  dispute: Dispute & { jury: Jury },
): void {
  const { jury, workflow, operator, caller } = dispute;
  const its = replay.ledger.workflows.get(workflow);
  replay.recorder
    .check(RULES.juries)
    .expect(
      block > jury.drawBlock && block <= jury.drawBlock + HASH_BLOCKS,
      "draw_block",
      where,
      () => `drawn in block ${block} by the hash of ${jury.drawBlock}`,
    );
  const pool = poolOf(replay.ledger.pools, jury.checkProgram);
  replay.ledger.draws.push({
    where,
    key,
    block,
    drawBlock: jury.drawBlock,
    seats: [...pool.seats],
    parties: [operator, caller, its?.requester, its?.coordinator],
    jurors: jury.jurors,
  });
  pool.drawing--;
}

export function juryDrawn(
  replay: Replay,
  { args, time, block }: EventOf<"JuryDrawn">,
  where: string,
): void {
  const dispute = inPhase(replay, args.key, ["drawing"], where);
  if (!dispute) return;
  const until = time + dispute.claim.window;
  replay.recorder
    .check(RULES.juries)
    .expect(
      args.until === until,
      "dispute_time",
      where,
      () => `votes until ${args.until}, the window ends at ${until}`,
    );
  dispute.jury.jurors = args.jurors.map((juror) => getAddress(juror));
  keepDraw(replay, { key: args.key, block, where }, dispute);
  const pool = poolOf(replay.ledger.pools, dispute.jury.checkProgram);
  for (const juror of dispute.jury.jurors) jurorOf(pool, juror).engaged++;
  dispute.phase = "voting";
  dispute.until = args.until;
}

/** There were too few jurors without a part in the case: it is as if nobody had called them; an appeal ends unpaid. */
export function caseDismissed(
  replay: Replay,
  { args, tx, block }: EventOf<"CaseDismissed">,
  where: string,
): void {
  const dispute = inPhase(replay, args.key, ["drawing"], where);
  if (!dispute) return;
  const { ended } = dispute;
  replay.recorder
    .check(RULES.juries)
    .expect(
      ended?.tx === tx && ended.spent === 0n && args.until === dispute.until,
      "dismissal",
      where,
      () => `until ${args.until}, was ${dispute.until}; or the caller has not its bond back`,
    );
  keepDraw(replay, { key: args.key, block, where }, dispute);
  dispute.phase = "revealed";
  if (dispute.isAppeal) dispute.verdict = VERDICT.none;
}

export function voted(replay: Replay, { args, time }: EventOf<"Voted">, where: string): void {
  const dispute = inPhase(replay, args.key, ["voting"], where);
  if (!dispute) return;
  const juror = getAddress(args.juror);
  replay.recorder
    .check(RULES.juries)
    .expect(
      time <= dispute.until && dispute.jury.jurors.includes(juror),
      "vote",
      where,
      () => `by ${juror}, until ${dispute.until}`,
    );
  dispute.jury.sealedVotes.set(juror, args.sealedVote);
}

export function voteOpened(
  replay: Replay,
  { args, time }: EventOf<"VoteOpened">,
  where: string,
): void {
  const dispute = inPhase(replay, args.key, ["voting", "opening"], where);
  if (!dispute) return;
  const check = replay.recorder.check(RULES.juries);
  if (dispute.phase === "voting") {
    check.expect(
      time > dispute.until,
      "vote_opened_early",
      where,
      () => `jurors vote until ${dispute.until}`,
    );
    dispute.phase = "opening";
    dispute.until += dispute.claim.window;
  }
  const juror = getAddress(args.juror);
  check.expect(
    time <= dispute.until &&
      dispute.jury.sealedVotes.has(juror) &&
      args.verdict >= VERDICT.valid &&
      args.verdict <= VERDICT.unavailable,
    "vote",
    where,
    () => `verdict ${args.verdict} by ${juror}, until ${dispute.until}`,
  );
  dispute.jury.votes.set(juror, args.verdict);
}

/** What more than half of all drawn jurors have found. */
function verdictOf({ votes }: Jury): number {
  const tally = new Map<number, number>();
  for (const vote of votes.values()) tally.set(vote, (tally.get(vote) ?? 0) + 1);
  return [...tally].find(([, count]) => count > JURY_SIZE / 2)?.[0] ?? VERDICT.none;
}

/** Pays the majority, fines the silent; what an unfounded call leaves goes to the accused. */
export function caseClosed(
  replay: Replay,
  { args, time }: EventOf<"CaseClosed">,
  where: string,
): void {
  const dispute = inPhase(replay, args.key, ["voting", "opening"], where);
  if (!dispute) return;
  const { jury, phase, until, claim } = dispute;
  const fee = judgeTermsOf(replay, dispute)?.jurorFee ?? 0n;
  const verdict = verdictOf(jury);
  const paid = jury.jurors.filter((juror) => {
    const vote = jury.votes.get(juror);
    return vote !== undefined && (verdict === VERDICT.none || vote === verdict);
  });
  const check = replay.recorder.check(RULES.juries);
  check.expect(
    args.verdict === verdict && args.fees === fee * BigInt(paid.length),
    "verdict",
    where,
    () =>
      `verdict ${args.verdict} with fees ${args.fees}, the votes make ${verdict} with ${fee * BigInt(paid.length)}`,
  );
  const end = phase === "voting" ? until + claim.window : until;
  check.expect(time > end, "case_closed_early", where, () => `votes can be opened until ${end}`);
  for (const juror of paid) replay.ledger.account(juror).owed += fee;
  const pool = poolOf(replay.ledger.pools, jury.checkProgram);
  for (const juror of jury.jurors) {
    const its = jurorOf(pool, juror);
    its.engaged--;
    if (!jury.votes.has(juror)) its.fine += silentFine(replay.parameters.minStake, fee);
  }
  if (verdict === VERDICT.valid && dispute.caller !== dispute.operator)
    replay.ledger.account(dispute.operator).owed += dispute.callerBond - args.fees;
  dispute.verdict = verdict;
}
