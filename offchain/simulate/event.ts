import type { Running } from "./attempt";
import type { Host } from "./floor";
import type { SimRun } from "./run";

/** A bond that its operator has back. */
interface Unlock {
  unlocks: bigint;
  host: Host;
}
/** What happens at some moment; look: nothing, but things are looked at again. */
export type Event =
  | Running
  | Unlock
  | { host: Host; online: boolean }
  | { again: SimRun }
  | { released: SimRun }
  | { unwanted: SimRun }
  | { workflow: number; arrives: SimRun[] }
  | "look";
