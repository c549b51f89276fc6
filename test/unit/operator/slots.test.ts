import { expect } from "chai";
import fc from "fast-check";
import type { Hex } from "viem";
import { applyEvent, slotsFromJson, slotsToJson, type Slots } from "../../../operator/chain/slots";
import { packTicket, withMask } from "../../../protocol/ticket";

const ticket = packTicket({
  workflow: 1,
  step: 2,
  attempt: 1,
  word: 0,
  price: 10n,
  bond: 5n,
  deadline: 1000,
  rule: 0,
  window: 20,
  mask: 0b1111n,
  root: `0x${"ab".repeat(32)}`,
});
const commitment = (n: number): Hex => `0x${String(n).padStart(64, "0")}`;

describe("an operator's slots, from its own events", () => {
  const claimed = (): Slots => {
    const slots: Slots = new Map();
    applyEvent(slots, { name: "Claimed", slot: 0n, ticket });
    return slots;
  };

  it("move tasks that are committed in part to another slot", () => {
    const slots = claimed();
    const part = withMask(ticket, 0b0101n);
    const commitments = [commitment(0), commitment(2)];
    applyEvent(slots, {
      name: "Committed",
      fromSlot: 0n,
      slot: 1n,
      ticket: part,
      maturesAt: 1020,
      commitments,
    });
    expect(slots.get(0n)).to.deep.include({ state: "claimed", ticket: withMask(ticket, 0b1010n) });
    expect(slots.get(1n)).to.deep.include({ state: "committed", ticket: part, commitments });
  });

  it("are free again when their last task has left", () => {
    const slots = claimed();
    applyEvent(slots, { name: "Released", slot: 0n, mask: 0b0011n });
    expect(slots.get(0n)!.state).to.equal("claimed");
    applyEvent(slots, { name: "Expired", slot: 0n, mask: 0b1100n });
    expect(slots.get(0n)!.state).to.equal("credited");
  });

  it("are free again once they are settled, or their final proof was accepted", () => {
    const slots = claimed();
    const committed = { fromSlot: 0n, slot: 0n, ticket, maturesAt: 1020, commitments: [] };
    applyEvent(slots, { name: "Committed", ...committed });
    applyEvent(slots, { name: "Settled", slot: 0n });
    expect(slots.get(0n)!.state).to.equal("credited");
    applyEvent(slots, { name: "Claimed", slot: 3n, ticket: withMask(ticket, 0b1000n) });
    applyEvent(slots, { name: "FinalAccepted", slot: 3n, task: 3 });
    expect(slots.get(3n)!.state).to.equal("credited");
  });

  it("ignore events of slots that they do not know", () => {
    const slots: Slots = new Map();
    applyEvent(slots, { name: "Settled", slot: 5n });
    applyEvent(slots, { name: "Expired", slot: 5n, mask: 1n });
    expect(slots.size).to.equal(0);
  });

  it("survive the journal's JSON", () => {
    const event = fc.oneof(
      fc.record({
        name: fc.constant("Claimed" as const),
        slot: fc.bigInt({ min: 0n, max: 4n }),
        ticket: fc.bigInt({ min: 1n, max: 15n }).map((mask) => withMask(ticket, mask)),
      }),
      fc.record({
        name: fc.constant("Released" as const),
        slot: fc.bigInt({ min: 0n, max: 4n }),
        mask: fc.bigInt({ min: 0n, max: 15n }),
      }),
      fc.record({ name: fc.constant("Settled" as const), slot: fc.bigInt({ min: 0n, max: 4n }) }),
    );
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const slots: Slots = new Map();
        for (const one of events) applyEvent(slots, one);
        expect(slotsFromJson(slotsToJson(slots))).to.deep.equal(slots);
      }),
    );
  });
});
