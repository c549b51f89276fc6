import type { Address, Hex } from "viem";
import type { Reputation } from "../../protocol/reputation";

/** error: money or a rule is broken. warning: wasteful or suspicious, yet allowed. info: worth knowing. */
export type Severity = "error" | "warning" | "info";

/** One thing that the audit found, placed so that a reader can look at it. */
export interface Finding {
  severity: Severity;
  /** Stable snake_case code, for programs. */
  code: string;
  /** Block and log, transaction, workflow and task, account, or artifact. */
  where: string;
  message: string;
}

/** One kind of check, with how often it could be made. */
export interface CheckSummary {
  name: string;
  checked: number;
  failed: number;
  /** Cases that could not be checked; `notes` says why. */
  skipped: number;
  /** "not checked: ..." sentences, each with its count. */
  notes: { text: string; count: number }[];
  findings: Finding[];
}

/** Where the market's money is, in wei as decimal strings. in - out = escrow + stake + owed + burned, exactly. */
export interface MoneySummary {
  in: string;
  out: string;
  /** Escrow neither paid out, refunded nor paid as fee. */
  escrow: string;
  /** Free, locked and unbonding stake of all operators. */
  stake: string;
  /** The part of the stake that is locked as bonds. */
  bonds: string;
  owed: string;
  burned: string;
  /** What the contract holds. */
  balance: string;
  /** Ether pushed in past the contract's functions; it belongs to nobody. */
  forced: string;
  /** in - out less the pots above: zero, or the books are wrong. */
  difference: string;
}

/** Amounts in units as decimal strings. */
export interface WorkflowSummary {
  workflow: number;
  requester: Address;
  coordinator: Address;
  status: "open" | "completed" | "cancelled";
  name: string | null;
  escrow: string;
  /** Paid to operators. */
  paid: string;
  /** Reserved by live claims and unmatured commitments. */
  reserved: string;
  refunded: string;
  fee: string;
  /** What strikes of this workflow's tasks brought its requester. */
  compensated: string;
  tasks: {
    claimed: number;
    committed: number;
    disputed: number;
    settled: number;
    struck: number;
    void: number;
    expired: number;
    conceded: number;
    released: number;
  };
  /** Tasks that took a result from another workflow in place of a claim, as its coordinator says; null: it was not asked. */
  reused: number | null;
  claims: number;
}

/** Amounts in units as decimal strings; reputations as of the audited block. */
export interface OperatorSummary extends Reputation {
  operator: Address;
  deposited: string;
  free: string;
  locked: string;
  unbonding: string;
  owed: string;
  earned: string;
  /** Bonds lost to strikes. */
  slashed: string;
  /** Shares of bonds lost to lateness. */
  penalties: string;
  settledTasks: number;
  struckTasks: number;
  expiredTasks: number;
  /** Of these, with nothing heard of the operator since it claimed them. */
  silentTasks: number;
}

/** What `runAudit` returns; all of it is plain JSON. */
export interface AuditReport {
  ok: boolean;
  /** "every wei accounted for", or what is wrong, in one sentence. */
  verdict: string;
  chainId: number;
  market: Address;
  /** Wei of one unit. */
  unit: string;
  fromBlock: number;
  toBlock: number;
  blockHash: Hex;
  events: number;
  money: MoneySummary;
  workflows: WorkflowSummary[];
  operators: OperatorSummary[];
  checks: CheckSummary[];
  findings: Finding[];
  milliseconds: number;
}
