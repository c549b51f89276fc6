import type { Question } from "../matchmaker/canaries";
import type { Attempt } from "./attempt";
import type { Host } from "./floor";
import type { SimTask } from "./model";
import type { SimAttempt } from "./result";
import type { SimRun } from "./run";

/** A bond that its operator has back. */
interface Unlock {
  unlocks: bigint;
  host: Host;
}
/** A task that was done. */
export interface SimQuestion extends Question {
  readonly task: SimTask;
}

/** A canary under way. */
export interface SimCanary {
  readonly asks: SimQuestion;
  readonly host: Host;
  readonly startedAt: number;
  /** How it will end, unless real work comes. */
  readonly outcome: SimAttempt["outcome"];
}

/** What happens at some moment; look: nothing, but things are looked at again. */
export type Event =
  | Attempt
  | Unlock
  | { host: Host; online: boolean }
  | { again: SimRun }
  | { released: SimRun }
  | { unwanted: SimRun }
  | SimCanary
  | { speaks: Host }
  | { arrives: number }
  | "look";
