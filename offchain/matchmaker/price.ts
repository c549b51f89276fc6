import { askedPrice } from "../../protocol/price";
import type { LaneTerms, ReadyTask } from "../runtime/ready-queue";
import type { Experience } from "./experience";
import type { FleetOperator } from "./fleet";

/** @returns units that are offered for a task now */
export function offeredOf(task: ReadyTask, terms: LaneTerms): bigint {
  return (terms.ceiling * BigInt(task.offerBps)) / 10_000n;
}

/**
 * What an operator asks for a task now. By time, that is for the time which it is expected to take; of a program that nobody has run, all
 * of the ceiling at most: else nobody would ever find out.
 * @param expectedMs of the task on that operator, milliseconds
 * @returns units, at least 1
 */
export function priceOf(
  { registration }: FleetOperator,
  terms: LaneTerms,
  experience: Experience,
  expectedMs: number,
): bigint {
  const { program, resources, ceiling } = terms;
  const asked = askedPrice(registration, resources, ceiling, expectedMs);
  if (asked > ceiling && experience.typicalMs(program) === undefined) return ceiling;
  return asked;
}
