import { countOf, withMask } from "../../../protocol/ticket";
import type { EventOf } from "../chain/market-event";
import { claimed, committed } from "./claims";
import { RULES, type Replay } from "./context";
import { settled } from "./endings";
import { readFacts } from "./facts";

type Told = EventOf<"Settled"> | EventOf<"Committed"> | EventOf<"Claimed">;

/** Does what the facts of a transaction say, one operation after another, and tells each as an event of its own. */
export function advanced(replay: Replay, event: EventOf<"Advanced">, where: string): void {
  const { operator, facts } = event.args;
  const { ledger, recorder, told } = replay;
  ledger.account(operator).heardBlock = event.block;
  const operations = readFacts(facts);
  const check = recorder.check(RULES.claims);
  if (!check.expect(operations !== undefined, "facts_malformed", where, "its bytes are no facts"))
    return;
  const tell = <N extends Told["name"]>(name: N, args: EventOf<N>["args"]) => {
    const one = { ...event, name, args } as unknown as EventOf<N>;
    told.push(one);
    return one;
  };
  for (const slot of operations!.settles) {
    const batch = ledger.batch(operator, slot);
    const claim = batch?.claim;
    const removed = BigInt(batch?.removed.size ?? 0);
    const bonds = BigInt(claim ? countOf(claim.mask) : 0) - removed;
    const pay = (bonds - BigInt(batch?.voided.size ?? 0)) * (claim?.price ?? 0n);
    const bond = bonds * (claim?.bond ?? 0n);
    settled(
      replay,
      tell("Settled", { operator, workflow: claim?.workflow ?? 0, slot, pay, bond }),
      where,
    );
  }
  for (const { fromSlot, slot, subMask, commitments } of operations!.commits) {
    const from = ledger.batch(operator, fromSlot);
    const live = recorder
      .check(RULES.commitments)
      .expect(
        from?.state === "claimed",
        "commit_without_claim",
        where,
        () => `slot ${fromSlot} of ${operator} holds no live claim`,
      );
    if (!live) continue;
    const ticket = subMask === 0n ? from!.ticket : withMask(from!.ticket, subMask);
    const { workflow, window } = from!.claim;
    const maturesAt = event.time + window;
    committed(
      replay,
      tell("Committed", { operator, workflow, fromSlot, slot, ticket, maturesAt, commitments }),
      where,
    );
  }
  for (const { slot, assignment, ticket, claimTime } of operations!.claims) {
    const { workflow } = assignment;
    const deadline = event.time + claimTime;
    claimed(
      replay,
      tell("Claimed", { operator, workflow, slot, ticket, deadline, assignment }),
      where,
    );
  }
}
