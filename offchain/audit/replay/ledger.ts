import { getAddress, type Address, type Hex } from "viem";
import type { Evidence } from "../../../protocol/reputation";
import type { StepTerms } from "../../../protocol/terms";
import type { Claim, Ticket } from "../../../protocol/ticket";
import type { Dispute, Draw, Fate, Pool } from "./court-books";
import { BPS } from "./shares";

// The auditor's own books. Amounts are in units, times in Unix seconds.

/** What the events say about one address, as stake holder and as creditor. */
export interface Account {
  address: Address;
  free: bigint;
  locked: bigint;
  owed: bigint;
  unbonding: bigint;
  unbondingAt: number;
  /** Totals over the account's life; they move no money. */
  deposited: bigint;
  earned: bigint;
  slashed: bigint;
  penalties: bigint;
  /** How its tasks ended, and when. */
  evidence: (Evidence & { workflow: number; step: number })[];
  /** Block in which it was last heard of as an operator, 0: never. */
  heardBlock: number;
}

/** Content of one of an operator's slots. */
export interface Batch {
  operator: Address;
  slot: number;
  state: "claimed" | "committed" | "credited";
  ticket: Ticket;
  claim: Claim;
  /** When its claim was made. */
  claimedAt: number;
  claimBlock: number;
  claimTx: Hex;
  /** Deadline while claimed, maturity once committed. */
  time: number;
  commitments: readonly Hex[];
  /** Tasks that left the batch with pay and bond: struck, or moved into a dispute. */
  removed: Set<number>;
  /** Tasks of the batch that are unpaid, because an input of theirs was struck. */
  voided: Set<number>;
}

export type TaskState =
  | "claimed"
  | "committed"
  | "disputed"
  | "settled"
  | "struck"
  | "void"
  | "expired"
  | "conceded"
  | "released";

/** The newest claim of one task. */
export interface Task {
  task: number;
  state: TaskState;
  attempt: number;
  operator: Address;
  price: bigint;
  /** Highest attempt that ended without pay, 0 for none; the next must be above it. */
  endedAttempt: number;
  /** Attempts that were struck, and what their strikes have left for those who built on their results. */
  struckAttempts: readonly number[];
  pot: bigint;
}

/** One attempt that put a commitment on the chain; kept for the checks of artifacts. */
export interface Committed {
  workflow: number;
  step: number;
  task: number;
  attempt: number;
  operator: Address;
  root: Hex;
  commitment: Hex;
  outcome: "committed" | "settled" | "struck" | "void";
}

export interface Workflow {
  workflow: number;
  requester: Address;
  coordinator: Address;
  /** Who signed for the workflow, and from which block and log on. */
  coordinators: { since: [block: number, logIndex: number]; coordinator: Address }[];
  status: 1 | 2 | 3;
  feeBps: number;
  deadline: number;
  escrow: bigint;
  refunded: bigint;
  fee: bigint;
  feePaid: boolean;
  paid: bigint;
  compensated: bigint;
  specHash: Hex;
  steps: readonly StepTerms[];
  /** Units of live claims, commitments and settled pay, by word. */
  spent: Map<number, bigint>;
  claimed: Map<number, bigint>;
  tasks: Map<number, Task>;
  claims: Batch[];
  endedAt: number | undefined;
  /** Seconds that a coordinator declared silent has to answer; 0: it can't be declared silent. */
  silenceDelay: number;
  /** When it was declared silent and has not answered since. */
  silentAt: number | undefined;
  /** Whose bond pays for its answer. */
  silentBy: Address | undefined;
  /** The final proof that was accepted, and where. */
  final: { tx: Hex; verifier: Address; statementDigest: Hex } | undefined;
}

/** Who may act for an operator from some event on. */
export interface Delegation {
  since: [block: number, logIndex: number];
  time: number;
  delegate: Address;
}

export class Ledger {
  readonly accounts = new Map<Address, Account>();
  readonly workflows = new Map<number, Workflow>();
  readonly slots = new Map<string, Batch>();
  /** By "workflow/task/attempt". */
  readonly committed = new Map<string, Committed>();
  /** By the contract's key. */
  readonly disputes = new Map<Hex, Dispute>();
  /** By "workflow/task/attempt". */
  readonly fates = new Map<string, Fate>();
  /** By check program. */
  readonly pools = new Map<Hex, Pool>();
  readonly draws: Draw[] = [];
  /** Everyone who ever acted for an operator, in order; the zero address: nobody. */
  readonly delegates = new Map<Address, Delegation[]>();
  /** Every claim ever made, in order. */
  readonly claims: Batch[] = [];
  in = 0n;
  out = 0n;
  burned = 0n;

  account(address: Address): Account {
    const key = getAddress(address);
    let account = this.accounts.get(key);
    if (!account) {
      account = {
        address: key,
        free: 0n,
        locked: 0n,
        owed: 0n,
        unbonding: 0n,
        unbondingAt: 0,
        deposited: 0n,
        earned: 0n,
        slashed: 0n,
        penalties: 0n,
        evidence: [],
        heardBlock: 0,
      };
      this.accounts.set(key, account);
    }
    return account;
  }

  batch(operator: Address, slot: number): Batch | undefined {
    return this.slots.get(slotKey(operator, slot));
  }

  fate(workflow: number, task: number, attempt: number): Fate {
    const key = attemptKey(workflow, task, attempt);
    let fate = this.fates.get(key);
    if (!fate) {
      fate = { workflow, task, attempt, isVoid: false, hasLeft: false, isStruck: false };
      this.fates.set(key, fate);
    }
    return fate;
  }

  put(batch: Batch): void {
    this.slots.set(slotKey(batch.operator, batch.slot), batch);
  }
}

export function slotKey(operator: Address, slot: number): string {
  return `${getAddress(operator)}/${slot}`;
}

export function attemptKey(workflow: number, task: number, attempt: number): string {
  return `${workflow}/${task}/${attempt}`;
}

/** @returns units reserved or paid in all words of a workflow */
export function spentOf(workflow: Workflow): bigint {
  return [...workflow.spent.values()].reduce((sum, units) => sum + units, 0n);
}

/** @returns escrow that is neither paid out, refunded, nor paid as fee */
export function escrowLeft(workflow: Workflow): bigint {
  return workflow.escrow - workflow.paid - workflow.refunded - workflow.fee;
}

/** @returns the part of the escrow left that claims, commitments and the unpaid fee may still cost */
export function escrowBound(workflow: Workflow): bigint {
  const spent = spentOf(workflow);
  const fee = workflow.feePaid ? 0n : (spent * BigInt(workflow.feeBps) + BPS - 1n) / BPS;
  return spent - workflow.paid + fee;
}
