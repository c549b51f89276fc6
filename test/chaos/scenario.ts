import type { ChaosMarket } from "./market/market";
import type { Patience } from "./market/workflow";

/** What a scenario's fault gets to work with. */
export interface Scene {
  market: ChaosMarket;
  /** Resolves when the workflow is open: the fault may begin before. */
  workflow: Promise<number>;
  /** From 0 to 1, by the scenario's seed. */
  random: () => number;
  /** Resolves when the condition holds or the workflow has ended: whether it held. */
  until(condition: () => boolean | Promise<boolean>): Promise<boolean>;
  /** Says what was done, for the report of a failure. */
  note(what: string): void;
}

/** A fault, and what may come of it beyond what may always: nothing. */
export interface Scenario {
  name: string;
  /** The workflow's last step completes it on-chain; default: yes. */
  final?: boolean;
  patience?: Patience;
  /** Whether stragglers are copied; default: no. */
  copies?: boolean;
  /** Operators that may lose something for what they did or left out; default: none. */
  guilty?: (market: ChaosMarket) => string[];
  /** Whether an operator may deliver a result that is used, and commit to it too late to be paid; default: no. */
  unpaid?: boolean;
  /** The line of ANCHORS that it is about: what happened to users of a peer system. */
  anchor?: string;
  /** Most time until all is settled, milliseconds. */
  timeoutMs?: number;
  /** Comes before the workflow is opened. */
  prepare?(scene: Scene): Promise<void>;
  /** Goes on while the workflow does; what it changed about the market it puts back, or leaves to `calm`. */
  inflict(scene: Scene): Promise<void>;
  /** Looks at what has become of it. @returns what is wrong, one sentence each */
  judge?(scene: Scene): string[] | Promise<string[]>;
  /** @returns what is to be played next because this could not do all of it */
  rest?(): Scenario | undefined;
}
