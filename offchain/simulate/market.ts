import type { Timers } from "../runtime/timers";
import type { Account } from "./account";
import type { Event } from "./event";
import type { Floor, Host } from "./floor";
import type { SimAttempt } from "./result";
import type { Rises } from "./rises";
import type { SimRun } from "./run";
import type { Standbys } from "./standbys";

/** How an attempt ends that comes to nothing, and was not cancelled. */
export type SimFailure = Exclude<SimAttempt["outcome"], "done" | "cancelled">;

/** What attempts are made on. */
export interface Market {
  readonly floor: Floor;
  readonly events: Timers<Event>;
  readonly account: Account;
  readonly standbys: Standbys;
  readonly rises: Rises;
  readonly seed: number;
}

/** Is told what comes of attempts. */
export interface AttemptListener {
  /** A host has more or less room. */
  changed(host: Host): void;
  /** Real work begins on a host. */
  displace(host: Host): void;
  /** An attempt was the first to be done. @param isLate it takes effect only when the other one's operator has given its claim back */
  done(run: SimRun, host: Host, isLate: boolean): void;
  /** A task has failed for good. */
  gaveUp(run: SimRun, failure: SimFailure): void;
}
