import type { Hex } from "viem";
import type { BlockRows } from "./block-rows";
import type { EventArgs, EventName } from "./market-event";

/** Where an event stands, and what it does not say itself. */
export interface EventPlace {
  block: number;
  /** Unix seconds. */
  timestamp: number;
  tx: Hex;
  /** Whether a `Conceded` follows: then that, and no release, is how the tasks ended. */
  conceded: boolean;
  /** Least stake of an operator, units: what each seat of a juror locks. */
  minStake: bigint;
}

/** What each event does to the chain tables. */
export type Handlers = {
  [N in EventName]: (rows: BlockRows, at: EventPlace, args: EventArgs<N>) => void;
};

/** For events that change no balance, claim or dispute; they are kept all the same. */
export const nothing = (): void => {};
