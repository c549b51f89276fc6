import type { Hex } from "viem";
import { LIMITS } from "./limits";
import { placeOf } from "./task-place";
import { bytes32Word, keccakOf, uintWord } from "./words";

/** One claim of tasks of one step at one price; the contract keeps only its hash. Amounts in units, times in seconds. */
export interface Claim {
  workflow: number;
  step: number;
  attempt: number;
  /** Task index = word * 192 + bit of the mask. */
  word: number;
  price: bigint;
  bond: bigint;
  rule: number;
  /** From commitment to maturity; zero for a final step. */
  window: number;
  /** Claimed while the coordinator was silent: its leaves carry attempt 0. */
  open: boolean;
  mask: bigint;
  /** Root over the assignment's leaves. */
  root: Hex;
  /** Hash of the step's terms that only disputes need. */
  judgeHash: Hex;
}

/** A claim packed as the contract's tickets are (see TicketLib), with what their third word is made of. */
export interface Ticket {
  money: bigint;
  scope: bigint;
  root: Hex;
  judgeHash: Hex;
}

const MASK_BITS = BigInt(LIMITS.tasksPerWord);

type Layout = readonly (readonly [field: string, bits: bigint])[];

// From high to low.
const MONEY: Layout = [
  ["workflow", 48n],
  ["price", 56n],
  ["bond", 56n],
  ["window", 24n],
  ["rule", 8n],
  ["count", 8n],
  ["open", 8n],
  ["spare", 48n],
];
const SCOPE: Layout = [
  ["word", 16n],
  ["step", 8n],
  ["attempt", 16n],
  ["mask", MASK_BITS],
];

function pack(layout: Layout, fields: Record<string, bigint>): bigint {
  return layout.reduce((word, [field, bits]) => (word << bits) | fields[field]!, 0n);
}

function unpack(layout: Layout, packed: bigint): Record<string, bigint> {
  const fields: Record<string, bigint> = {};
  let word = packed;
  for (const [field, bits] of [...layout].reverse()) {
    fields[field] = word & ((1n << bits) - 1n);
    word >>= bits;
  }
  return fields;
}

/** @returns the number of tasks in a mask */
export function countOf(mask: bigint): number {
  let count = 0;
  for (let rest = mask; rest > 0n; rest &= rest - 1n) count++;
  return count;
}

export function packTicket(claim: Claim): Ticket {
  const money = pack(MONEY, {
    workflow: BigInt(claim.workflow),
    price: claim.price,
    bond: claim.bond,
    window: BigInt(claim.window),
    rule: BigInt(claim.rule),
    count: BigInt(countOf(claim.mask)),
    open: claim.open ? 1n : 0n,
    spare: 0n,
  });
  const scope = pack(SCOPE, {
    word: BigInt(claim.word),
    step: BigInt(claim.step),
    attempt: BigInt(claim.attempt),
    mask: claim.mask,
  });
  return { money, scope, root: claim.root, judgeHash: claim.judgeHash };
}

export function unpackTicket(ticket: Ticket): Claim {
  const money = unpack(MONEY, ticket.money);
  const scope = unpack(SCOPE, ticket.scope);
  return {
    workflow: Number(money.workflow),
    price: money.price!,
    bond: money.bond!,
    window: Number(money.window),
    rule: Number(money.rule),
    open: money.open !== 0n,
    word: Number(scope.word),
    step: Number(scope.step),
    attempt: Number(scope.attempt),
    mask: scope.mask!,
    root: ticket.root,
    judgeHash: ticket.judgeHash,
  };
}

/** @returns the same ticket for other tasks: what is left of it, or a part of it */
export function withMask(ticket: Ticket, mask: bigint): Ticket {
  return packTicket({ ...unpackTicket(ticket), mask });
}

/** @returns money and scope of a part of a ticket, where its root is not known */
export function partOf(
  { money, scope }: Pick<Ticket, "money" | "scope">,
  mask: bigint,
): Pick<Ticket, "money" | "scope"> {
  const nothing: Hex = "0x";
  return withMask({ money, scope, root: nothing, judgeHash: nothing }, mask);
}

/** @returns the hash of two words */
export const hashPair = (a: bigint | Hex, b: Hex): Hex =>
  keccakOf((typeof a === "bigint" ? uintWord(a, 256) : bytes32Word(a)) + bytes32Word(b));

/** @returns the contract's struct Ticket */
export const ticketStruct = (ticket: Ticket): { money: bigint; scope: bigint; bound: Hex } => ({
  money: ticket.money,
  scope: ticket.scope,
  bound: hashPair(ticket.root, ticket.judgeHash),
});

/** @returns what a ticket is but for its money, as one word */
export const ticketRest = (ticket: Ticket): Hex =>
  hashPair(ticket.scope, ticketStruct(ticket).bound);

/** @returns what the contract keeps 200 bits of while the claim is live, and what acceptances and releases sign */
export const ticketHash = (ticket: Ticket): Hex => hashPair(ticket.money, ticketRest(ticket));

/** @returns what whoever settles a batch shows beside its money */
export const batchRest = (ticket: Ticket, commitmentsRoot: Hex): Hex =>
  hashPair(ticketRest(ticket), commitmentsRoot);

/** @returns what the contract keeps 200 bits of once the claim is committed */
export const batchHash = (ticket: Ticket, commitmentsRoot: Hex): Hex =>
  hashPair(ticket.money, batchRest(ticket, commitmentsRoot));

/** @returns the task indices of a mask, rising */
export function tasksOf(word: number, mask: bigint): number[] {
  const tasks: number[] = [];
  const first = word * LIMITS.tasksPerWord;
  // Bits are counted in numbers: shifting the whole mask for each of them would take most of an indexer's time.
  for (let base = 0, rest = mask; rest > 0n; base += 32, rest >>= 32n)
    for (
      let bits = Number(rest & 0xffffffffn), bit = 0;
      bits > 0;
      bits = Math.floor(bits / 2), bit++
    )
      if (bits % 2 === 1) tasks.push(first + base + bit);
  return tasks;
}

/** @param tasks indices that all lie in one word */
export function maskOf(tasks: number[]): bigint {
  return tasks.reduce((mask, task) => mask | (1n << BigInt(placeOf(task).bit)), 0n);
}
