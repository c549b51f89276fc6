import { encodeAbiParameters, keccak256, type Hex } from "viem";
import { LIMITS } from "./limits";

/** One claim of tasks of one step at one price; the contract keeps only its hash. Amounts in units, times in seconds. */
export interface Claim {
  workflow: number;
  step: number;
  attempt: number;
  /** Task index = word * 192 + bit of the mask. */
  word: number;
  price: bigint;
  bond: bigint;
  /** Unix time by which the tasks must be committed. */
  deadline: number;
  rule: number;
  window: number;
  mask: bigint;
  root: Hex;
}

/** A claim packed as the contract's struct Ticket (see TicketLib). */
export interface Ticket {
  head: bigint;
  tail: bigint;
  root: Hex;
}

const HEAD = [
  ["workflow", 48],
  ["step", 8],
  ["attempt", 16],
  ["word", 16],
  ["price", 56],
  ["bond", 56],
  ["deadline", 40],
  ["rule", 8],
] as const;
const MASK_BITS = BigInt(LIMITS.tasksPerWord);
const MASK = (1n << MASK_BITS) - 1n;

export function packTicket(claim: Claim): Ticket {
  const head = HEAD.reduce(
    (word, [field, bits]) => (word << BigInt(bits)) | BigInt(claim[field]),
    0n,
  );
  return { head, tail: (BigInt(claim.window) << MASK_BITS) | claim.mask, root: claim.root };
}

export function unpackTicket(ticket: Ticket): Claim {
  let head = ticket.head;
  const fields: Record<string, bigint> = {};
  for (const [field, bits] of [...HEAD].reverse()) {
    fields[field] = head & ((1n << BigInt(bits)) - 1n);
    head >>= BigInt(bits);
  }
  return {
    workflow: Number(fields.workflow),
    step: Number(fields.step),
    attempt: Number(fields.attempt),
    word: Number(fields.word),
    price: fields.price!,
    bond: fields.bond!,
    deadline: Number(fields.deadline),
    rule: Number(fields.rule),
    window: Number((ticket.tail >> MASK_BITS) & 0xffffffffn),
    mask: ticket.tail & MASK,
    root: ticket.root,
  };
}

/** @returns the same ticket for other tasks: what is left of it, or a part of it */
export function withMask(ticket: Ticket, mask: bigint): Ticket {
  return { ...ticket, tail: (ticket.tail & ~MASK) | mask };
}

const ticketAbi = {
  type: "tuple",
  components: [
    { name: "head", type: "uint256" },
    { name: "tail", type: "uint256" },
    { name: "root", type: "bytes32" },
  ],
} as const;

export function ticketHash(ticket: Ticket): Hex {
  return keccak256(encodeAbiParameters([ticketAbi], [ticket]));
}

/** @returns the task indices of a mask, rising */
export function tasksOf(word: number, mask: bigint): number[] {
  const tasks: number[] = [];
  for (let bit = 0; mask >> BigInt(bit) > 0n; bit++)
    if ((mask >> BigInt(bit)) & 1n) tasks.push(word * LIMITS.tasksPerWord + bit);
  return tasks;
}

/** @returns the word of a task and its bit in it */
export function placeOf(task: number): { word: number; bit: number } {
  return { word: Math.floor(task / LIMITS.tasksPerWord), bit: task % LIMITS.tasksPerWord };
}

/** @param tasks indices that all lie in one word */
export function maskOf(tasks: number[]): bigint {
  return tasks.reduce((mask, task) => mask | (1n << BigInt(placeOf(task).bit)), 0n);
}
