import type { Host } from "./floor";
import type { SimRun } from "./run";

/** A task for a host, now. */
export interface Pick {
  run: SimRun;
  host: Host;
}

/** A baseline: is told of ready tasks, and says what starts. */
export interface Baseline {
  add(run: SimRun): void;
  /** A host came, left, or has more or less room than before. */
  changed(host: Host): void;
  /** @returns the next task to start, which the caller books; undefined when nothing can start now */
  next(now: number): Pick | undefined;
}
