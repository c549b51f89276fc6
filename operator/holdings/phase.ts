/** Who calls it: holdings.ts and everything that asks what is to be done with a task. */
import type { ResultReport, SignedAssignment } from "../../protocol/http";
import type { Digest } from "../../protocol/digest";
import type { Hex } from "viem";
import type { ClaimIntent } from "../journal/journal";

/**
 * queued -> running -> computed -> reported -> valid, or out of any of them into invalid, failed or cancelled.
 * - computed: the result lies in the cache; its receipt may be signed, and no other for this attempt ever.
 * - reported: uploaded and told to the coordinator.
 * - valid: the coordinator accepted it.
 */
export const PHASES = [
  "queued",
  "running",
  "computed",
  "reported",
  "valid",
  "invalid",
  "failed",
  "cancelled",
] as const;
export type Phase = (typeof PHASES)[number];

const DEAD = new Set<Phase>(["invalid", "failed", "cancelled"]);

/** Whether nothing will come of the attempt. */
export const isDead = (phase: Phase) => DEAD.has(phase);

/** One attempt that this operator holds. */
export interface HeldTask {
  workflow: number;
  task: number;
  attempt: number;
  root: Hex;
  phase: Phase;
  progress: number;
  note?: string | undefined;
  result: Digest | null;
  usage: ResultReport["usage"] | null;
  /** Why it is dead. */
  reason: string | null;
  /** The coordinator's signed Release. */
  release: Hex | null;
  /** The coordinator's last word about the attempt. */
  verdict: "valid" | "invalid" | "cancelled" | null;
  /** Since when its program runs, Unix time in milliseconds. */
  runningSince?: number;
  /** Since when its result could be committed, Unix time in milliseconds. */
  committableSince?: number;
}

/** Whether the coordinator has yet to say its last word about an attempt that is alive. */
export const isUndecided = ({ phase, verdict }: HeldTask) => !isDead(phase) && verdict === null;

/** An accepted assignment with its tasks. */
export interface Holding {
  signed: SignedAssignment;
  claim: ClaimIntent;
  tasks: HeldTask[];
  /** It was claimed, and a reorganisation took that back: it is claimed again, with a renewed ticket once this one is too old. */
  takenBack: boolean;
}

/** Whether an assignment is to be claimed, for the first time or again. */
export const isUnclaimed = ({ claim, takenBack }: Holding) => claim === "wanted" || takenBack;
