/** Who calls it: slot-view.ts. Pure: what an operator's own events say about its slots and its disputes. */
import type { Hex } from "viem";
import type { LoggedCommit, LoggedOperations } from "../../protocol/operations";
import { placeOf } from "../../protocol/task-place";
import { unpackTicket, withMask, type Claim, type Ticket } from "../../protocol/ticket";
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
  /** Roots of claims that ended in a slot which was used again since, the latest last: of the newest KEPT_ENDED. */
  ended: Set<Hex>;
}

/** More than can end and still be claimable, were it not for that. */
const KEPT_ENDED = 4_096;

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

export const emptyState = (): OwnState => ({
  slots: new Map(),
  disputes: new Set(),
  ended: new Set(),
});

/** @returns a state that can be changed without changing this one */
export const copyOf = ({ slots, disputes, ended }: OwnState): OwnState => ({
  slots: new Map(slots),
  disputes: new Set(disputes),
  ended: new Set(ended),
});

/** A slot is used again: what it held before has ended, and must not be taken for a claim that a reorganisation took back. */
function forgetLast({ slots, ended }: OwnState, number: number): void {
  const last = slots.get(number);
  if (last?.state !== "credited") return;
  ended.add(last.claim.root);
  for (const oldest of ended) {
    if (ended.size <= KEPT_ENDED) break;
    ended.delete(oldest);
  }
}

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

function claimed(state: OwnState, slot: number, ticket: Ticket, deadline: number): void {
  const { slots } = state;
  forgetLast(state, slot);
  const claim = unpackTicket(ticket);
  const empty = { commitments: [], maturesAt: 0 };
  slots.set(slot, { slot, state: "claimed", ticket, claim, deadline, ...empty });
}

function committed(state: OwnState, commit: LoggedCommit, timestamp: number): void {
  const { slots } = state;
  const { fromSlot, slot, subMask, commitments } = commit;
  const whole = slots.get(fromSlot);
  if (!whole) return;
  const part = fromSlot === slot ? whole : withTicket(whole, withMask(whole.ticket, subMask));
  if (fromSlot !== slot) {
    without(slots, fromSlot, subMask);
    forgetLast(state, slot);
  }
  const maturesAt = timestamp + whole.claim.window;
  slots.set(slot, { ...part, slot, state: "committed", commitments, maturesAt });
}

/** The contract settles, then commits, then claims. */
function advanced(
  state: OwnState,
  { settles, commits, claims }: LoggedOperations,
  now: number,
): void {
  const { slots } = state;
  for (const slot of settles) {
    const known = slots.get(slot);
    if (known) slots.set(slot, { ...known, state: "credited" });
  }
  for (const commit of commits) committed(state, commit, now);
  for (const { slot, ticket, claimTime } of claims) claimed(state, slot, ticket, now + claimTime);
}

/** Applies one event, in the order of the chain. */
export function applyEvent(state: OwnState, event: OwnEvent): void {
  const { slots, disputes } = state;
  switch (event.name) {
    case "Advanced":
      return advanced(state, event.operations, event.timestamp);
    case "OpenClaimed":
      return claimed(state, event.slot, event.ticket, event.deadline);
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
export function stateToJson({ slots, disputes, ended }: OwnState): string {
  const rows = [...slots.values()].map(({ claim: _claim, ticket, ...rest }): SlotJson => {
    const { money, scope, root, judgeHash } = ticket;
    const commitments = rest.state === "committed" ? rest.commitments : [];
    const words = { money: String(money), scope: String(scope), root, judgeHash };
    return { ...rest, commitments, ticket: words };
  });
  return JSON.stringify({ slots: rows, disputes: [...disputes], ended: [...ended] });
}

export function stateFromJson(text: string): OwnState {
  const { slots, disputes, ended } = JSON.parse(text) as {
    slots: SlotJson[];
    disputes: Hex[];
    ended?: Hex[]; // a journal of before does not have it
  };
  const entries = slots.map(({ ticket: t, ...rest }): [number, Slot] => {
    const ticket = { ...t, money: BigInt(t.money), scope: BigInt(t.scope) };
    return [rest.slot, { ...rest, ticket, claim: unpackTicket(ticket) }];
  });
  return { slots: new Map(entries), disputes: new Set(disputes), ended: new Set(ended) };
}
