import { zeroAddress, type Hex } from "viem";
import { ZERO_BYTES32 } from "../../../protocol/digest";
import { ticketStruct } from "../../../protocol/ticket";
import { mapConcurrently } from "../chain/concurrently";
import type { MarketReader } from "../chain/market-reader";
import type { Check, Recorder } from "../recorder";
import { PHASES, type Dispute, type Jury } from "../replay/court-books";
import type { Ledger } from "../replay/ledger";
import { PARALLEL_READS } from "./parallel";

type Pair = [what: string, ours: unknown, theirs: unknown];

function expectSame(check: Check, code: string, where: string, pairs: Pair[]): void {
  for (const [what, ours, theirs] of pairs)
    check.expect(
      ours === theirs,
      code,
      where,
      () => `${what}: the events make ${String(ours)}, the contract has ${String(theirs)}`,
    );
}

async function compareDispute(
  key: Hex,
  dispute: Dispute,
  reader: MarketReader,
  check: Check,
): Promise<void> {
  const theirs = await reader.dispute(key);
  const { workflow, task, attempt, ticket } = dispute;
  expectSame(check, "dispute_differs", `workflow ${workflow} task ${task} attempt ${attempt}`, [
    ["phase", dispute.phase, PHASES[theirs.phase]],
    ["until", dispute.until, theirs.until],
    ["operator", dispute.operator, theirs.operator],
    ["slot", dispute.slot, theirs.slot],
    ["caller", dispute.caller ?? zeroAddress, theirs.caller],
    ["caller's bond", dispute.callerBond, theirs.callerBond],
    ["longest result", dispute.maxReveal, theirs.maxReveal],
    ["appeal", dispute.isAppeal, theirs.isAppeal],
    ["commitment", dispute.commitment ?? ZERO_BYTES32, theirs.commitment],
    ["money", ticket.money, theirs.money],
    ["root and terms", ticketStruct(ticket).bound, theirs.bound],
  ]);
}

async function compareJury(
  key: Hex,
  { checkProgram, drawBlock, jurors, votes, sealedVotes }: Jury,
  reader: MarketReader,
  check: Check,
): Promise<void> {
  const theirs = await reader.jury(key);
  const drawn = theirs.jurors.slice(0, theirs.drawn);
  const pairs: Pair[] = [
    ["check program", checkProgram, theirs.checkProgram],
    ["draw's block", drawBlock, Number(theirs.drawBlock)],
  ];
  if (drawn.length > 0)
    pairs.push(
      ["jurors", jurors.join(), drawn.join()],
      ["votes", jurors.map((juror) => votes.get(juror) ?? 0).join(), theirs.votes.join()],
      [
        "sealed votes",
        jurors.map((juror) => sealedVotes.get(juror) ?? ZERO_BYTES32).join(),
        theirs.sealedVotes.join(),
      ],
    );
  expectSame(check, "jury_differs", `dispute ${key}`, pairs);
}

/** Holds every dispute and its jury against the contract's. */
export async function compareDisputes(
  ledger: Ledger,
  reader: MarketReader,
  recorder: Recorder,
): Promise<void> {
  const check = recorder.check("Every dispute, jury and seat equals the contract's");
  await mapConcurrently([...ledger.disputes], PARALLEL_READS, async ([key, dispute]) => {
    await compareDispute(key, dispute, reader, check);
    if (dispute.jury) await compareJury(key, dispute.jury, reader, check);
  });
  for (const [program, pool] of ledger.pools) {
    const where = `check program ${program}`;
    const [seats, drawing] = await reader.pool(program);
    expectSame(check, "pool_differs", where, [
      ["seats", pool.seats.length, Number(seats)],
      ["pending draws", pool.drawing, drawing],
    ]);
    if (pool.seats.length === Number(seats))
      await mapConcurrently(pool.seats, PARALLEL_READS, async (juror, seat) =>
        expectSame(check, "pool_differs", where, [
          [`seat ${seat}`, juror, await reader.seat(program, seat)],
        ]),
      );
    await mapConcurrently([...pool.jurors], PARALLEL_READS, async ([address, juror]) => {
      const theirs = await reader.juror(program, address);
      expectSame(check, "juror_differs", `juror ${address} of ${program}`, [
        ["seats", juror.seats, theirs.seats],
        ["juries", juror.engaged, theirs.engaged],
        ["fines", juror.fine, theirs.fine],
      ]);
    });
  }
}
