/** Who calls it: slot-view.ts. Pure: what an operator's own events say about its slots. */
import type { Hex } from "viem";
import { placeOf, unpackTicket, withMask, type Claim, type Ticket } from "../../protocol/ticket";

/** What one slot of the operator holds. A credited slot is kept, because using it again is cheap. */
export interface Slot {
  slot: bigint;
  state: "claimed" | "committed" | "credited";
  ticket: Ticket;
  /** The ticket, unpacked. */
  claim: Claim;
  /** Committed: by rising task index. */
  commitments: Hex[];
  /** Committed: Unix time from which it can be settled, seconds. */
  maturesAt: number;
}

/** The operator's slots by number. */
export type Slots = Map<bigint, Slot>;

/** An event of the market whose operator is this one, decoded. */
export type OwnEvent =
  | { name: "Claimed"; slot: bigint; ticket: Ticket }
  | {
      name: "Committed";
      fromSlot: bigint;
      slot: bigint;
      ticket: Ticket;
      maturesAt: number;
      commitments: Hex[];
    }
  | { name: "Settled"; slot: bigint }
  | { name: "FinalAccepted"; slot: bigint; task: number }
  | { name: "Released"; slot: bigint; mask: bigint }
  | { name: "Expired"; slot: bigint; mask: bigint };

const withTicket = (slot: Slot, ticket: Ticket): Slot => ({
  ...slot,
  ticket,
  claim: unpackTicket(ticket),
});

/** Takes tasks out of a slot; one without any is free again. */
function without(slots: Slots, number: bigint, mask: bigint): void {
  const slot = slots.get(number);
  if (!slot) return;
  const rest = slot.claim.mask & ~mask;
  const next = withTicket(slot, withMask(slot.ticket, rest));
  slots.set(number, rest === 0n ? { ...next, state: "credited" } : next);
}

/** Applies one event, in the order of the chain. */
export function applyEvent(slots: Slots, event: OwnEvent): void {
  const { slot } = event;
  switch (event.name) {
    case "Claimed": {
      const { ticket } = event;
      const claim = unpackTicket(ticket);
      slots.set(slot, { slot, state: "claimed", ticket, claim, commitments: [], maturesAt: 0 });
      return;
    }
    case "Committed": {
      const { ticket, commitments, maturesAt } = event;
      const claim = unpackTicket(ticket);
      if (event.fromSlot !== slot) without(slots, event.fromSlot, claim.mask);
      slots.set(slot, { slot, state: "committed", ticket, claim, commitments, maturesAt });
      return;
    }
    case "Settled": {
      const known = slots.get(slot);
      if (known) slots.set(slot, { ...known, state: "credited" });
      return;
    }
    case "FinalAccepted":
      return without(slots, slot, 1n << BigInt(placeOf(event.task).bit));
    case "Released":
    case "Expired":
      return without(slots, slot, event.mask);
  }
}

/** JSON with big numbers as strings, for the journal. */
export function slotsToJson(slots: Slots): string {
  const rows = [...slots.values()].map(({ slot, state, ticket, commitments, maturesAt }) => ({
    slot: String(slot),
    state,
    ticket: { head: String(ticket.head), tail: String(ticket.tail), root: ticket.root },
    commitments: state === "committed" ? commitments : [],
    maturesAt,
  }));
  return JSON.stringify(rows);
}

interface SlotJson {
  slot: string;
  state: Slot["state"];
  ticket: { head: string; tail: string; root: Hex };
  commitments: Hex[];
  maturesAt: number;
}

export function slotsFromJson(text: string): Slots {
  const rows = JSON.parse(text) as SlotJson[];
  return new Map(
    rows.map(({ slot, ticket: t, ...rest }) => {
      const ticket = { head: BigInt(t.head), tail: BigInt(t.tail), root: t.root };
      return [BigInt(slot), { ...rest, slot: BigInt(slot), ticket, claim: unpackTicket(ticket) }];
    }),
  );
}
