import type { FleetOperator, Work } from "../matchmaker/fleet";
import { unknownMs } from "../matchmaker/prospect";
import type { Conduct } from "./conduct";
import type { Host } from "./floor";
import type { SimRun } from "./run";

/** Tasks that an operator works off one after another in one booking. */
export interface Chain {
  host: Host;
  waiting: Attempt[];
  /** Units per task. */
  price: bigint;
}

/** One try at a task, from when an operator is given it. Times in Unix milliseconds. */
export class Attempt {
  /** Of its booking. */
  readonly key: string;
  device: readonly number[] = [];
  /** When it was booked on its operator's machine; undefined while it waits for its turn. */
  startedAt: number | undefined;
  /** Once its operator has begun with it. */
  conduct: Conduct | undefined;
  /** When something of it is due, unless that has been overtaken. */
  due: number | undefined;
  /** When its operator began with it: fetched its inputs, if it has to. */
  begunAt: number | null = null;
  /** When its inputs were there. */
  computes = 0;
  /** It was started while another one ran. */
  isCopy = false;

  constructor(
    readonly run: SimRun,
    readonly number: number,
    readonly chain: Chain,
  ) {
    this.key = `${run.key}/${number}`;
  }
}

/** One that has a booking. */
export type Running = Attempt & { startedAt: number };

/** What the market knows of an attempt that begins at `since` on an operator. */
export function workOf(run: SimRun, since: number, { address }: FleetOperator): Work {
  const { lane, sizeClass, haul } = run;
  const fetchMs = haul?.fetchMs(address);
  return {
    program: lane.terms.program,
    since,
    fallbackMs: unknownMs(lane.terms),
    sizeClass,
    fetchMs,
  };
}
