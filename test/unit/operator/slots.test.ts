import { expect } from "chai";
import fc from "fast-check";
import type { Hex } from "viem";
import { disputeKey } from "../../../protocol/dispute-key";
import {
  applyEvent,
  emptyState,
  stateFromJson,
  stateToJson,
  type OwnEvent,
  type OwnState,
} from "../../../operator/chain/slots";
import type { LoggedClaim, LoggedCommit } from "../../../protocol/operations";
import { packTicket, unpackTicket, withMask, type Ticket } from "../../../protocol/ticket";

const ticket = packTicket({
  workflow: 1,
  step: 2,
  attempt: 1,
  word: 0,
  price: 10n,
  bond: 5n,
  rule: 0,
  window: 20,
  open: false,
  mask: 0b1111n,
  root: `0x${"ab".repeat(32)}`,
  judgeHash: `0x${"cd".repeat(32)}`,
});
const commitment = (n: number): Hex => `0x${String(n).padStart(64, "0")}`;

interface Parts {
  settles?: number[];
  commits?: LoggedCommit[];
  claims?: LoggedClaim[];
}
const advanced = (
  { settles = [], commits = [], claims = [] }: Parts,
  timestamp = 1000,
): OwnEvent => ({ name: "Advanced", operations: { settles, commits, claims }, timestamp });

const claimOf = (slot: number, of: Ticket = ticket): LoggedClaim => {
  const { workflow, step, attempt, word, mask, price, root } = unpackTicket(of);
  const assignment = { workflow, step, attempt, word, mask, price, claimBy: 1500, root };
  return { slot, assignment, ticket: of, claimTime: 100 };
};
const commitAll = (slot: number): LoggedCommit => ({
  fromSlot: slot,
  slot,
  subMask: 0n,
  commitments: [0, 1, 2, 3].map(commitment),
});

describe("an operator's slots, from its own events", () => {
  const after = (...events: OwnEvent[]): OwnState => {
    const state = emptyState();
    for (const event of events) applyEvent(state, event);
    return state;
  };
  const claim = advanced({ claims: [claimOf(0)] });

  it("remember that a claim was settled when its slot is used again, in the same transaction too", () => {
    const other = { ...ticket, root: `0x${"ef".repeat(32)}` as Hex };
    const settled = after(claim, advanced({ commits: [commitAll(0)] }));
    expect(settled.ended.size).to.equal(0);
    applyEvent(settled, advanced({ settles: [0], claims: [claimOf(0, other)] }));
    expect([...settled.ended]).to.deep.equal([ticket.root]);
  });

  const commit = advanced({ commits: [commitAll(0)] }, 1050);

  it("hold a claim up to the claim time after its block", () => {
    const { slots } = after(claim);
    expect(slots.get(0)).to.deep.include({ state: "claimed", ticket, deadline: 1100 });
  });

  it("mature one window after the block of the commitment", () => {
    const { slots } = after(claim, commit);
    expect(slots.get(0)).to.deep.include({ state: "committed", ticket, maturesAt: 1070 });
  });

  it("move tasks that are committed in part to another slot", () => {
    const commitments = [commitment(0), commitment(2)];
    const part = { fromSlot: 0, slot: 1, subMask: 0b0101n, commitments };
    const { slots } = after(claim, advanced({ commits: [part] }));
    expect(slots.get(0)).to.deep.include({
      state: "claimed",
      ticket: withMask(ticket, 0b1010n),
      deadline: 1100,
    });
    expect(slots.get(1)).to.deep.include({
      state: "committed",
      ticket: withMask(ticket, part.subMask),
      commitments,
    });
  });

  it("are used again in the transaction that settles them", () => {
    const next = withMask(ticket, 0b110000n);
    const { slots } = after(claim, commit, advanced({ settles: [0], claims: [claimOf(0, next)] }));
    expect(slots.get(0)).to.deep.include({ state: "claimed", ticket: next, commitments: [] });
  });

  it("are free again when their last task has left", () => {
    const state = after(claim, { name: "Released", slot: 0, mask: 0b0011n });
    expect(state.slots.get(0)!.state).to.equal("claimed");
    applyEvent(state, { name: "Expired", slot: 0, mask: 0b1100n });
    expect(state.slots.get(0)!.state).to.equal("credited");
  });

  it("are free again once they are settled, or their final proof was accepted", () => {
    const state = after(claim, commit, advanced({ settles: [0] }));
    expect(state.slots.get(0)!.state).to.equal("credited");
    applyEvent(state, advanced({ claims: [claimOf(3, withMask(ticket, 0b1000n))] }));
    applyEvent(state, { name: "FinalAccepted", slot: 3, task: 3 });
    expect(state.slots.get(3)!.state).to.equal("credited");
  });

  it("keep ticket and commitments of a batch that tasks have left: its hash never changes", () => {
    const key = disputeKey({ workflow: 1, task: 1, attempt: 1 });
    const { slots } = after(
      claim,
      commit,
      { name: "Struck", slot: 0, workflow: 1, task: 0, attempt: 1 },
      { name: "Demanded", key },
    );
    expect(slots.get(0)).to.deep.include({ ticket, commitments: commitAll(0).commitments });
  });

  it("lose a task that two receipts struck, or that went to a jury, out of a live claim", () => {
    const key = disputeKey({ workflow: 1, task: 2, attempt: 1 });
    const { slots } = after(
      claim,
      { name: "Struck", slot: 0, workflow: 1, task: 0, attempt: 1 },
      { name: "Appealed", slot: 0, key },
      { name: "JuryCalled", key },
    );
    expect(slots.get(0)!.ticket).to.deep.equal(withMask(ticket, 0b1010n));
  });

  it("lose nothing to a strike of an earlier holder of the slot's number", () => {
    for (const other of [{ workflow: 2 }, { attempt: 2 }, { task: 192 }]) {
      const struck = { workflow: 1, task: 0, attempt: 1, ...other };
      const { slots } = after(claim, { name: "Struck", slot: 0, ...struck });
      expect(slots.get(0)!.ticket).to.deep.equal(ticket);
    }
  });

  it("hold what was claimed while the coordinator was silent", () => {
    const open = packTicket({ ...unpackTicket(ticket), open: true });
    const { slots } = after({ name: "OpenClaimed", slot: 4, ticket: open, deadline: 1700 });
    expect(slots.get(4)).to.deep.include({ state: "claimed", ticket: open, deadline: 1700 });
  });

  it("ignore events of slots that they do not know", () => {
    const { slots } = after(
      advanced({ settles: [5], commits: [commitAll(5)] }),
      { name: "Expired", slot: 5, mask: 1n },
      { name: "Struck", slot: 5, workflow: 1, task: 0, attempt: 1 },
    );
    expect(slots.size).to.equal(0);
  });

  it("know which disputes are open", () => {
    const of = (task: number) => disputeKey({ workflow: 1, task, attempt: 1 });
    const { disputes } = after(
      { name: "Demanded", key: of(0) },
      { name: "JuryCalled", key: of(0) },
      { name: "Demanded", key: of(1) },
      { name: "Demanded", key: of(2) },
      { name: "Demanded", key: of(3) },
      { name: "DisputePaid", key: of(1) },
      { name: "DisputeVoided", key: of(2) },
      { name: "Struck", slot: 0, workflow: 1, task: 3, attempt: 1 },
    );
    expect([...disputes]).to.deep.equal([of(0)]);
  });

  it("survive the journal's JSON", () => {
    const slot = fc.integer({ min: 0, max: 4 });
    const mask = fc.bigInt({ min: 1n, max: 15n });
    const key = fc
      .integer({ min: 0, max: 9 })
      .map((task) => disputeKey({ workflow: 1, task, attempt: 1 }));
    const event: fc.Arbitrary<OwnEvent> = fc.oneof(
      fc
        .tuple(slot, mask)
        .map(([at, of]) => advanced({ claims: [claimOf(at, withMask(ticket, of))] })),
      fc.record({ name: fc.constant("Released" as const), slot, mask }),
      slot.map((at) => advanced({ commits: [commitAll(at)] })),
      slot.map((at) => advanced({ settles: [at] })),
      fc.record({ name: fc.constantFrom("Demanded" as const, "DisputePaid" as const), key }),
    );
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const state = after(...events);
        const again = stateFromJson(stateToJson(state));
        expect(again.disputes).to.deep.equal(state.disputes);
        expect([...again.ended]).to.deep.equal([...state.ended]);
        for (const [number, one] of state.slots) {
          const commitments = one.state === "committed" ? one.commitments : [];
          expect(again.slots.get(number)).to.deep.equal({ ...one, commitments });
        }
      }),
    );
  });
});
