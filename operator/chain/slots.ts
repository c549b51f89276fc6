/** Who calls it: slot-view.ts. Pure: what an operator's own events say about its slots and its disputes. */
import type { Hex } from "viem";
import type { LoggedCommit, LoggedOperations } from "../../protocol/operations";
import { placeOf, unpackTicket, withMask, type Claim, type Ticket } from "../../protocol/ticket";
import { attemptOfKey, disputeKey, type DisputedAttempt } from "../../protocol/dispute-key";

/** What one slot of the operator holds. A credited slot is kept, because using it again is cheap. */
export interface Slot {
  slot: number;
  state: "claimed" | "committed" | "credited";
  ticket: Ticket;
  /** The ticket, unpacked. */
  claim: Claim;
  /** Last time to commit what is claimed, Unix seconds. */
  deadline: number;
  /** Committed: by rising task index. Tasks that left the batch, or are void, are among them: its hash never changes. */
  commitments: Hex[];
  /** Committed: Unix time from which it can be settled, seconds. */
  maturesAt: number;
}

/** The operator's slots by number. */
export type Slots = Map<number, Slot>;

/** All that the chain says about an operator's work. */
export interface OwnState {
  slots: Slots;
  /** Keys of the disputes about its results that are not closed. */
  disputes: Set<Hex>;
}

/** An event of the market whose operator is this one, decoded. */
export type OwnEvent =
  /** @property timestamp of its block, Unix seconds */
  | { name: "Advanced"; operations: LoggedOperations; timestamp: number }
  | { name: "OpenClaimed"; slot: number; ticket: Ticket; deadline: number }
  | { name: "FinalAccepted"; slot: number; task: number }
  | { name: "Released" | "Expired"; slot: number; mask: bigint }
  | ({ name: "Struck"; slot: number } & DisputedAttempt)
  | { name: "Appealed"; slot: number; key: Hex }
  | { name: "Demanded" | "JuryCalled" | "DisputePaid" | "DisputeVoided"; key: Hex };

export const emptyState = (): OwnState => ({ slots: new Map(), disputes: new Set() });

const withTicket = (slot: Slot, ticket: Ticket): Slot => ({
  ...slot,
  ticket,
  claim: unpackTicket(ticket),
});

const bitOf = (task: number) => 1n << BigInt(placeOf(task).bit);

/** Takes tasks out of a claim; a slot without any is free again. */
function without(slots: Slots, number: number, mask: bigint): void {
  const slot = slots.get(number);
  if (!slot) return;
  const rest = slot.claim.mask & ~mask;
  const next = withTicket(slot, withMask(slot.ticket, rest));
  slots.set(number, rest === 0n ? { ...next, state: "credited" } : next);
}

/** A task that was struck or appealed out of a live claim; out of a batch or a dispute it changes no ticket. */
function leaveClaim(slots: Slots, number: number, of: DisputedAttempt): void {
  const slot = slots.get(number);
  if (slot?.state !== "claimed") return;
  const { workflow, attempt, word, mask } = slot.claim;
  const bit = bitOf(of.task);
  const holds =
    workflow === of.workflow && attempt === of.attempt && word === placeOf(of.task).word;
  if (holds && (mask & bit) !== 0n) without(slots, number, bit);
}

function claimed(slots: Slots, slot: number, ticket: Ticket, deadline: number): void {
  const claim = unpackTicket(ticket);
  const empty = { commitments: [], maturesAt: 0 };
  slots.set(slot, { slot, state: "claimed", ticket, claim, deadline, ...empty });
}

function committed(slots: Slots, commit: LoggedCommit, timestamp: number): void {
  const { fromSlot, slot, subMask, commitments } = commit;
  const whole = slots.get(fromSlot);
  if (!whole) return;
  const part = fromSlot === slot ? whole : withTicket(whole, withMask(whole.ticket, subMask));
  if (fromSlot !== slot) without(slots, fromSlot, subMask);
  const maturesAt = timestamp + whole.claim.window;
  slots.set(slot, { ...part, slot, state: "committed", commitments, maturesAt });
}

/** The contract settles, then commits, then claims. */
function advanced(slots: Slots, { settles, commits, claims }: LoggedOperations, now: number): void {
  for (const slot of settles) {
    const known = slots.get(slot);
    if (known) slots.set(slot, { ...known, state: "credited" });
  }
  for (const commit of commits) committed(slots, commit, now);
  for (const { slot, ticket, claimTime } of claims) claimed(slots, slot, ticket, now + claimTime);
}

/** Applies one event, in the order of the chain. */
export function applyEvent({ slots, disputes }: OwnState, event: OwnEvent): void {
  switch (event.name) {
    case "Advanced":
      return advanced(slots, event.operations, event.timestamp);
    case "OpenClaimed":
      return claimed(slots, event.slot, event.ticket, event.deadline);
    case "FinalAccepted":
      return without(slots, event.slot, bitOf(event.task));
    case "Released":
    case "Expired":
      return without(slots, event.slot, event.mask);
    case "Struck":
      leaveClaim(slots, event.slot, event);
      disputes.delete(disputeKey(event));
      return;
    case "Appealed":
      leaveClaim(slots, event.slot, attemptOfKey(event.key));
      disputes.add(event.key);
      return;
    case "Demanded":
    case "JuryCalled":
      disputes.add(event.key);
      return;
    case "DisputePaid":
    case "DisputeVoided":
      disputes.delete(event.key);
      return;
  }
}

interface SlotJson {
  slot: number;
  state: Slot["state"];
  ticket: { money: string; scope: string; root: Hex; judgeHash: Hex };
  deadline: number;
  commitments: Hex[];
  maturesAt: number;
}

/** JSON with big numbers as strings, for the journal. */
export function stateToJson({ slots, disputes }: OwnState): string {
  const rows = [...slots.values()].map(({ claim: _claim, ticket, ...rest }): SlotJson => {
    const { money, scope, root, judgeHash } = ticket;
    const commitments = rest.state === "committed" ? rest.commitments : [];
    const words = { money: String(money), scope: String(scope), root, judgeHash };
    return { ...rest, commitments, ticket: words };
  });
  return JSON.stringify({ slots: rows, disputes: [...disputes] });
}

export function stateFromJson(text: string): OwnState {
  const { slots, disputes } = JSON.parse(text) as { slots: SlotJson[]; disputes: Hex[] };
  const entries = slots.map(({ ticket: t, ...rest }): [number, Slot] => {
    const ticket = { ...t, money: BigInt(t.money), scope: BigInt(t.scope) };
    return [rest.slot, { ...rest, ticket, claim: unpackTicket(ticket) }];
  });
  return { slots: new Map(entries), disputes: new Set(disputes) };
}
