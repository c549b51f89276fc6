import { concatHex, numberToHex, size, type Address, type Hex } from "viem";
import { FrobenError } from "./errors";
import { coreHex, judgeHash, RULE, type StepTerms } from "./terms";
import { batchRest, packTicket, ticketRest, ticketStruct, withMask, type Ticket } from "./ticket";

// The bytes of `advance`, and those of them that the contract logs (see OperationsLib for the layout).

/** Credits a matured batch. */
export interface SettleOperation {
  slot: number;
  ticket: Ticket;
  commitmentsRoot: Hex;
}

/** Commits results of a live claim. */
export interface CommitOperation {
  slot: number;
  /** The claim as the slot holds it. */
  ticket: Ticket;
  /** Only these tasks, which then move to `partSlot`; zero, or all of the ticket's: all tasks. */
  subMask: bigint;
  /** Where a part goes. */
  partSlot: number;
  /** One for each task committed, by rising index. */
  commitments: Hex[];
  /** The coordinator's signature, for rule Accepted. */
  acceptance: Hex;
}

/** What the coordinator has signed. */
export interface AssignmentFields {
  workflow: number;
  step: number;
  attempt: number;
  word: number;
  mask: bigint;
  price: bigint;
  claimBy: number;
  root: Hex;
}

/** An expired claim of somebody else's that stands in the way. */
export interface TakeOver {
  holder: Address;
  slot: number;
  ticket: Ticket;
}

/** Claims tasks of an assignment into a slot that is empty or credited. */
export interface ClaimOperation {
  slot: number;
  assignment: AssignmentFields;
  /** Only these tasks of the assignment; zero: all. */
  claimMask: bigint;
  /** The coordinator's, over the assignment and the operator. */
  signature: Hex;
  opening: { terms: StepTerms; path: Hex[] };
  takeOvers: TakeOver[];
}

/** One transaction's worth: they run in this order. */
export interface Operations {
  settles: SettleOperation[];
  commits: CommitOperation[];
  claims: ClaimOperation[];
}

/** Bytes of one operation: what is logged, and what is only shown. */
interface Encoded {
  facts: Hex[];
  evidence: Hex[];
}

const u = (value: number | bigint, bytes: number): Hex => numberToHex(value, { size: bytes });
const word = (value: bigint): Hex => u(value, 32);
const sized = (bytes: Hex): Hex => concatHex([u(size(bytes), 2), bytes]);
const ticketWords = (t: Ticket): Hex[] => [word(t.money), word(t.scope), ticketStruct(t).bound];

function encodeSettle({ slot, ticket, commitmentsRoot }: SettleOperation): Encoded {
  return {
    facts: [u(slot, 2)],
    evidence: [word(ticket.money), batchRest(ticket, commitmentsRoot)],
  };
}

/** Whether a commitment is of some of its claim's tasks only. */
const isPart = ({ ticket, subMask }: CommitOperation): boolean =>
  subMask !== 0n && withMask(ticket, subMask).scope !== ticket.scope;

function encodeCommit(commit: CommitOperation): Encoded {
  const { slot, ticket, subMask, partSlot, commitments, acceptance } = commit;
  const part = isPart(commit);
  const kind = part ? [u(1, 1), u(partSlot, 2), u(subMask, 24)] : [u(0, 1)];
  const shown = part ? ticketWords(ticket) : [word(ticket.money), ticketRest(ticket)];
  const accepted = ruleOf(ticket.money) === RULE.accepted ? [sized(acceptance)] : [];
  return {
    facts: [u(slot, 2), u(commitments.length, 1), ...kind, ...commitments],
    evidence: [...shown, ...accepted],
  };
}

function encodeClaim({ slot, assignment: a, claimMask, ...claim }: ClaimOperation): Encoded {
  const { terms, path } = claim.opening;
  const takeOvers = claim.takeOvers.flatMap(({ holder, slot, ticket }) => [
    holder,
    u(slot, 2),
    ...ticketWords(ticket),
  ]);
  const all = claimMask === 0n || claimMask === a.mask;
  return {
    facts: [
      u(slot, 2),
      u(a.workflow, 6),
      u(a.attempt, 2),
      u(a.word, 2),
      u(a.mask, 24),
      u(a.price, 7),
      u(a.claimBy, 5),
      a.root,
      ...(all ? [u(0, 1)] : [u(1, 1), u(claimMask, 24)]),
      coreHex(a.step, terms),
      judgeHash(terms.judge),
    ],
    evidence: [
      u(path.length, 1),
      ...path,
      sized(claim.signature),
      u(claim.takeOvers.length, 1),
      ...takeOvers,
    ],
  };
}

/** @returns the argument of `advance` */
export function encodeOperations({ settles, commits, claims }: Operations): Hex {
  const counts = [settles, commits, claims].map((list) => u(list.length, 1));
  const encoded = [
    ...settles.map(encodeSettle),
    ...commits.map(encodeCommit),
    ...claims.map(encodeClaim),
  ];
  const facts = concatHex([...counts, ...encoded.flatMap((one) => one.facts)]);
  return concatHex([sized(facts), ...encoded.flatMap((one) => one.evidence)]);
}

// ---------------------------------------------------------------- decoding

/** A commitment as it was logged. */
export interface LoggedCommit {
  /** The slot that held the claim. */
  fromSlot: number;
  /** The slot that holds the batch now. */
  slot: number;
  /** The tasks committed; zero: all of the claim's. */
  subMask: bigint;
  commitments: Hex[];
}

/** A claim as it was logged. */
export interface LoggedClaim {
  slot: number;
  assignment: AssignmentFields;
  /** What the slot holds now. */
  ticket: Ticket;
  /** Seconds from the claim's block to its deadline. */
  claimTime: number;
}

/** The facts of one transaction. */
export interface LoggedOperations {
  /** Slots. */
  settles: number[];
  commits: LoggedCommit[];
  claims: LoggedClaim[];
}

const bits = (value: bigint, from: number, width: number): bigint =>
  (value >> BigInt(from)) & ((1n << BigInt(width)) - 1n);
const ruleOf = (money: bigint): number => Number(bits(money, 64, 8));

/** Reads bytes one after another. */
class Reader {
  private at = 0;
  private readonly size: number;
  constructor(private readonly bytes: Hex) {
    this.size = size(bytes);
  }

  /** Without its prefix. */
  private digits(length: number): string {
    const end = this.at + length;
    if (end > this.size)
      throw new FrobenError("operations_malformed", "the operations end in the middle of one", {
        field: "operations",
        limit: this.size,
        value: end,
      });
    const part = this.bytes.slice(2 + 2 * this.at, 2 + 2 * end);
    this.at = end;
    return part;
  }
  hex(length: number): Hex {
    return `0x${this.digits(length)}`;
  }
  big(length: number): bigint {
    return BigInt(this.hex(length));
  }
  /** @param length at most six bytes */
  number(length: number): number {
    return parseInt(this.digits(length), 16);
  }
  many<T>(count: number, read: () => T): T[] {
    const all: T[] = [];
    for (let i = 0; i < count; i++) all.push(read());
    return all;
  }
  /** The contract refuses operations with bytes that it does not read. */
  end(): void {
    if (this.at !== this.size)
      throw new FrobenError("operations_malformed", "bytes are left behind the operations", {
        field: "operations",
        limit: this.at,
        value: this.size,
      });
  }
}

function readCommit(reader: Reader): LoggedCommit {
  const fromSlot = reader.number(2);
  const count = reader.number(1);
  const part = reader.number(1) !== 0;
  const slot = part ? reader.number(2) : fromSlot;
  const subMask = part ? reader.big(24) : 0n;
  return { fromSlot, slot, subMask, commitments: reader.many(count, () => reader.hex(32)) };
}

function readClaim(reader: Reader): LoggedClaim {
  const slot = reader.number(2);
  const head = {
    workflow: reader.number(6),
    attempt: reader.number(2),
    word: reader.number(2),
    mask: reader.big(24),
    price: reader.big(7),
    claimBy: reader.number(5),
    root: reader.hex(32),
  };
  const mask = reader.number(1) === 0 ? head.mask : reader.big(24);
  const core = reader.big(32);
  const assignment = { ...head, step: Number(bits(core, 24, 8)) };
  const isFinal = bits(core, 32, 8) !== 0n;
  const ticket = packTicket({
    ...assignment,
    mask,
    bond: bits(core, 144, 56),
    rule: Number(bits(core, 40, 8)),
    window: isFinal ? 0 : Number(bits(core, 48, 24)),
    open: false,
    judgeHash: reader.hex(32),
  });
  return { slot, assignment, ticket, claimTime: Number(bits(core, 72, 24)) };
}

/**
 * Reads the facts that `Advanced` logged.
 * @throws FrobenError `operations_malformed` when the bytes end too early, or too late
 */
export function decodeFacts(facts: Hex): LoggedOperations {
  const reader = new Reader(facts);
  const [settles, commits, claims] = [reader.number(1), reader.number(1), reader.number(1)];
  const logged = {
    settles: reader.many(settles, () => reader.number(2)),
    commits: reader.many(commits, () => readCommit(reader)),
    claims: reader.many(claims, () => readClaim(reader)),
  };
  reader.end();
  return logged;
}

/** The coordinator's signatures that one transaction showed, in the order of its operations. */
export interface ShownSignatures {
  /** One for each commit; empty unless its rule is accepted. */
  acceptances: Hex[];
  /** One for each claim. */
  assignments: Hex[];
}

/**
 * Reads the argument of a call of `advance`: its facts, and the signatures in its evidence.
 * @throws FrobenError `operations_malformed` when the bytes end too early, or too late
 */
export function decodeOperations(
  operations: Hex,
): LoggedOperations & { facts: Hex; signatures: ShownSignatures } {
  const reader = new Reader(operations);
  const bytes = reader.hex(reader.number(2));
  const facts = decodeFacts(bytes);
  facts.settles.forEach(() => reader.hex(64));
  const acceptances = facts.commits.map(({ subMask }) => {
    const money = reader.big(32);
    reader.hex(subMask === 0n ? 32 : 64);
    return ruleOf(money) === RULE.accepted ? reader.hex(reader.number(2)) : "0x";
  });
  const assignments = facts.claims.map(() => {
    reader.hex(32 * reader.number(1));
    const signature = reader.hex(reader.number(2));
    reader.hex(118 * reader.number(1)); // take-overs
    return signature;
  });
  reader.end();
  return { ...facts, facts: bytes, signatures: { acceptances, assignments } };
}
