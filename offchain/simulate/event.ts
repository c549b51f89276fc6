import type { Host } from "./floor";
import type { SimAttempt } from "./result";
import type { SimRun } from "./run";

/** Tasks that an operator works off one after another in one booking. */
export interface Chain {
  host: Host;
  waiting: SimRun[];
  expectedMs: number;
  /** Units per task. */
  price: bigint;
}
export interface Running {
  run: SimRun;
  chain: Chain;
  device: number[];
  startedAt: number;
  outcome: SimAttempt["outcome"];
}
/** A bond that its operator has back. */
interface Unlock {
  unlocks: bigint;
  host: Host;
}
/** What happens at some moment. */
export type Event =
  | Running
  | Unlock
  | { host: Host; online: boolean }
  | { again: SimRun }
  | { workflow: number; arrives: SimRun[] };
