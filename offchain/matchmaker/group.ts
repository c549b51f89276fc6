import { LIMITS } from "../../protocol/limits";
import { placeOf } from "../../protocol/task-place";
import type { Lane, LaneTerms, ReadyTask } from "../runtime/ready-queue";
import type { Reservations } from "../runtime/reservation";
import { freeSlots, freeStake } from "./filter";
import type { FleetOperator } from "./fleet";
import { isHeld } from "./locality";
import { offeredOf } from "./price";

/** Longest queue of tasks, one after another, that an operator is given at once, milliseconds. */
export const MAX_QUEUE_MS = 10_000;
/** Tasks at the head of a lane that nobody can take now and that are stepped over. */
export const MAX_SKIPPED = 8;

/**
 * Takes the head of a lane and the tasks after it that may go with it: one attempt number and one 192-task word for all, and
 * none that an operator failed. A queue is only given to an idle operator.
 * @param most tasks that it may have, so that work spreads over all who could take it
 * @param taskMs expected of one task; undefined when the operator does not know either: then there is no queue
 * @param price units that it is paid for each
 */
export function group<T extends ReadyTask>(
  lane: Lane<T>,
  operator: FleetOperator,
  reservations: Reservations,
  most: number,
  taskMs: number | undefined,
  price: bigint,
): { tasks: T[]; slots: number } {
  const { terms } = lane;
  const slots = roomFor(operator, terms, reservations);
  const idle = operator.computing.size === 0 && slots === operator.registration.concurrency;
  const budgetMs = Math.min(MAX_QUEUE_MS, terms.claimSeconds * 500);
  const rounds = idle && taskMs !== undefined ? Math.max(1, Math.floor(budgetMs / taskMs)) : 1;
  const stake = Number(freeStake(operator) / terms.bond);
  const count = Math.max(1, Math.min(slots * rounds, most, LIMITS.maxBatch, stake));
  const tasks = [lane.pop()!];
  const head = tasks[0]!;
  const stepped: T[] = [];
  while (tasks.length < count && lane.size > 0 && stepped.length < MAX_SKIPPED) {
    const task = lane.pop()!;
    const fits =
      task.nextAttempt === head.nextAttempt &&
      placeOf(task.index).word === placeOf(head.index).word &&
      task.avoid.size === 0 &&
      (!isHeld(task) || task.haul!.fetchMs(operator.address) === 0) &&
      price <= offeredOf(task, terms);
    (fits ? tasks : stepped).push(task);
  }
  for (const task of stepped) lane.add(task);
  tasks.sort((a, b) => a.index - b.index);
  return { tasks, slots: Math.min(slots, tasks.length) };
}

/** How many tasks can start on an operator at once. */
function roomFor(operator: FleetOperator, terms: LaneTerms, reservations: Reservations): number {
  const most = freeSlots(operator);
  const fits = (count: number) =>
    reservations.fits(operator.address, times(terms.resources, count));
  let slots = 1;
  while (slots < most && fits(slots + 1)) slots++;
  return slots;
}

/** Needs of several tasks together; their GPUs each have the memory. */
function times(need: LaneTerms["resources"], count: number): LaneTerms["resources"] {
  return {
    cores: need.cores * count,
    memoryMb: need.memoryMb * count,
    gpus: need.gpus * count,
    vramMb: need.vramMb,
  };
}
