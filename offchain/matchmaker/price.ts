import type { LaneTerms, ReadyTask } from "../runtime/ready-queue";
import type { FleetOperator } from "./fleet";

/** Whether what an operator asks is offered for a task now. */
export function isOffered(task: ReadyTask, { registration }: FleetOperator): boolean {
  return registration.priceBps <= task.offerBps;
}

/** @returns units that are offered for a task now */
export function offeredOf(task: ReadyTask, terms: LaneTerms): bigint {
  return (terms.ceiling * BigInt(task.offerBps)) / 10_000n;
}

/** @returns units that an operator asks for a task, at least 1 */
export function priceOf(operator: FleetOperator, terms: LaneTerms): bigint {
  const asked = (terms.ceiling * BigInt(operator.registration.priceBps)) / 10_000n;
  return asked > 0n ? asked : 1n;
}
