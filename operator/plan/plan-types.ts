/** Who calls it: types only, of plan.ts and of advance.ts. */
import type { Hex } from "viem";
import type { Ticket } from "../../protocol/ticket";
import type { Slot } from "../chain/slots";

/** Where one task of a claim stands, for the planner. */
export interface PlanTask {
  task: number;
  /** pending: still computed or judged. committable: its commitment is known. dead: nothing will come of it. */
  state: "pending" | "committable" | "dead";
  /** Of its result, when there is one. */
  commitment?: Hex;
  /** Unix time since when it is committable, seconds. */
  since?: number;
  /** Dead: the coordinator's signature that gives it back free of penalty. */
  release?: Hex;
}

/** A holding, as far as the planner cares. */
export interface PlanHolding {
  workflow: number;
  root: Hex;
  /** Position among the caller's holdings. */
  id: number;
  /** The chain would take a claim now: see chain/claimable.ts. */
  claimable: boolean;
  claimBy: number;
  /** Of the tasks that can be claimed: the whole assignment's, or those of a renewed ticket. */
  mask: bigint;
  word: number;
  bond: bigint;
  rule: number;
  isFinal: boolean;
  tasks: PlanTask[];
}

export interface PlanState {
  slots: Slot[];
  holdings: PlanHolding[];
  /** Units that no claim under way takes. */
  freeStake: bigint;
  /** Slots that a transaction under way changes: nothing else happens to them. */
  busy: ReadonlySet<number>;
}

export interface PlanPolicy {
  /** How long a committable task waits for the others of its claim, seconds. */
  commitPatience: number;
  /** How long a matured batch waits for company, seconds. */
  settlePatience: number;
  /** From this long before a claim's deadline on, what is committable is committed, seconds. */
  deadlineMargin: number;
  /** Most parts of each kind in one transaction. */
  maxParts: number;
}

export interface PlannedSettle {
  slot: number;
  ticket: Ticket;
  commitments: Hex[];
}

export interface PlannedCommit {
  slot: number;
  ticket: Ticket;
  /** Zero: all tasks of the ticket. */
  subMask: bigint;
  /** Tasks that are committed: the ticket's mask, or subMask. */
  mask: bigint;
  partSlot: number;
  commitments: Hex[];
  needsAcceptance: boolean;
}

export interface PlannedClaim {
  slot: number;
  /** Of the holding. */
  id: number;
  /** Zero: the assignment's whole mask. */
  claimMask: bigint;
}

/** What is given back, in a transaction of its own. */
export interface PlannedExit {
  /**
   * release: with the coordinator's signature it is free; without, it costs half of what being late costs.
   * expire: the operator's own claim, which is late: it frees what is left of the bonds and lets others go on.
   */
  kind: "concede" | "release" | "expire";
  slot: number;
  ticket: Ticket;
  subMask: bigint;
  /** Release: the coordinator's, or "0x". */
  signature?: Hex;
  /** Concede: what was computed for each task, or zero; only logged on-chain. */
  commitments?: Hex[];
}

export interface Plan {
  settles: PlannedSettle[];
  commits: PlannedCommit[];
  claims: PlannedClaim[];
  exits: PlannedExit[];
}
