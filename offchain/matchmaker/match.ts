import type { Lane, ReadyTask } from "../runtime/ready-queue";
import type { DecisionRecord } from "./decision";
import type { FleetOperator } from "./fleet";

/** Tasks of one step for one operator. */
export interface Match<T extends ReadyTask> {
  lane: Lane<T>;
  operator: FleetOperator;
  /** By rising index. */
  tasks: T[];
  /** How many of them start at once; each needs a booking. The others follow one by one. */
  slots: number;
  price: bigint;
  decision: DecisionRecord;
}
