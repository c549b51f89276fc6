import { SLOT_STATE } from "../../../protocol/abi";
import { commitmentsRoot } from "../../../protocol/commitment";
import { batchHash, ticketHash } from "../../../protocol/ticket";
import { mapConcurrently } from "../chain/concurrently";
import type { MarketReader } from "../chain/market-reader";
import type { Recorder } from "../recorder";
import type { Batch, Ledger } from "../replay/ledger";
import { PARALLEL_READS } from "./parallel";

/** Bits of a batch's hash that a slot keeps. */
const DIGEST_BITS = 200n;

/** @returns what the contract keeps of a live or committed batch */
function slotDigest(batch: Batch): bigint {
  const hash =
    batch.state === "claimed"
      ? ticketHash(batch.ticket)
      : batchHash(batch.ticket, commitmentsRoot([...batch.commitments]));
  return BigInt(hash) & ((1n << DIGEST_BITS) - 1n);
}

/** Holds every slot's state, time, strikes and hash against the contract's. */
export async function compareSlots(
  ledger: Ledger,
  reader: MarketReader,
  recorder: Recorder,
): Promise<void> {
  const check = recorder.check("Every claim and batch of commitments equals the contract's");
  await mapConcurrently([...ledger.slots.values()], PARALLEL_READS, async (batch) => {
    const where = `slot ${batch.slot} of ${batch.operator}`;
    const [state, time, removed, voided, digest] = await reader.slot(batch.operator, batch.slot);
    const sameState = check.expect(
      state === SLOT_STATE[batch.state],
      "slot_state_differs",
      where,
      () => `the events make it ${batch.state}, the contract has state ${state}`,
    );
    if (!sameState || batch.state === "credited") return;
    check.expect(
      time === batch.time,
      "slot_time_differs",
      where,
      () => `the events make ${batch.time}, the contract has ${time}`,
    );
    check.expect(
      removed === batch.removed.size && voided === batch.voided.size,
      "slot_strikes_differ",
      where,
      () =>
        `the events remove ${batch.removed.size} tasks and void ${batch.voided.size}, the contract ${removed} and ${voided}`,
    );
    check.expect(
      digest === slotDigest(batch),
      "slot_digest_differs",
      where,
      "the batch's hash is not that of its ticket and commitments",
    );
  });
}
