import { hexToBytes, size } from "viem";
import { commitmentHash } from "../../../protocol/commitment";
import { sha256, toBytes32 } from "../../../protocol/digest";
import type { EventOf } from "../chain/market-event";
import { knownWorkflow, RULES, type Replay } from "./context";
import { enter, judgeTermsOf, lockCall, openDispute } from "./disputes";
import { attemptKey } from "./ledger";
import { demandBond } from "./shares";

/** Somebody wants to see a result: once for each, and only of steps whose results can be demanded. */
export function demanded(replay: Replay, { args, time }: EventOf<"Demanded">, where: string): void {
  knownWorkflow(replay, RULES.disputes, args.workflow, where);
  const dispute = enter(replay, args, "committed", time, where);
  const maxReveal = (dispute && judgeTermsOf(replay, dispute)?.maxReveal) ?? 0;
  lockCall(replay, dispute, args, demandBond(replay.parameters.lateGasRefund, maxReveal), where);
  if (!dispute) return;
  const check = replay.recorder.check(RULES.disputes);
  check.expect(
    maxReveal > 0 && dispute.maxReveal === 0,
    "demand_refusable",
    where,
    "results of this step can't be demanded, or this one was",
  );
  check.expect(
    args.until === time + dispute.claim.window,
    "dispute_time",
    where,
    () => `until ${args.until}, the window ends at ${time + dispute.claim.window}`,
  );
  dispute.maxReveal = maxReveal;
  dispute.phase = "demanded";
  dispute.until = args.until;
}

/** The result that was committed is in the calldata; the demander's bond, which `CallEnded` took before, goes to who showed it. */
export function revealed(
  replay: Replay,
  { args, time, tx }: EventOf<"Revealed">,
  where: string,
): void {
  replay.ledger.account(args.revealer).owed += args.bond;
  const dispute = openDispute(replay, args.key, where);
  if (!dispute) return;
  const { chainId, market } = replay.parameters;
  const record = replay.ledger.committed.get(
    attemptKey(dispute.workflow, dispute.task, dispute.attempt),
  );
  const resultDigest = toBytes32(sha256(hexToBytes(args.result)));
  const check = replay.recorder.check(RULES.disputes);
  check.expect(
    record !== undefined &&
      commitmentHash({ ...record, chainId, market, resultDigest }) === dispute.commitment,
    "revealed_other_result",
    where,
    "the result revealed is not the one that was committed",
  );
  check.expect(
    dispute.phase === "demanded" && time <= dispute.until && size(args.result) <= dispute.maxReveal,
    "dispute_phase",
    where,
    () => `reveals ${size(args.result)} bytes, ${dispute.phase} until ${dispute.until}`,
  );
  const { ended } = dispute;
  check.expect(
    ended?.tx === tx && ended.back === 0n && ended.spent === args.bond,
    "call_bond",
    where,
    () => `pays ${args.bond} units that no caller lost`,
  );
  check.expect(
    args.until === time + dispute.claim.window,
    "dispute_time",
    where,
    () => `until ${args.until}, the window ends at ${time + dispute.claim.window}`,
  );
  dispute.phase = "revealed";
  dispute.until = args.until;
}
