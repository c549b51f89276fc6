import type { Experience } from "./experience";
import type { FleetOperator, Work } from "./fleet";

/** What is left of a task that has taken as long as expected, as a share of that: durations are never known exactly. */
const LEFT_AT_THE_END = 0.1;
/** An operator whose running task takes so many times what is expected is taken to be as slow at whatever else it does now. */
const LATE_FACTOR = 2;

/**
 * When a running task should end, with what is known by now. Once it is late, it is expected to be late as much again: the longer
 * something takes, the longer it may take.
 * @returns Unix milliseconds, after `now`
 */
export function endOf(
  experience: Experience,
  operator: string,
  { program, since, fallbackMs, sizeClass, fetchMs = 0 }: Work,
  now: number,
): number {
  const expected = fetchMs + experience.expectedMs(program, operator, fallbackMs, sizeClass);
  const end = since + expected;
  return Math.max(end, 2 * now - end, now + LEFT_AT_THE_END * expected);
}

/** @returns by how much what an operator runs now says that it is slower than expected; 1: it says nothing */
export function lateness(experience: Experience, operator: FleetOperator, now: number): number {
  let most = 1;
  for (const {
    program,
    since,
    fallbackMs,
    sizeClass,
    fetchMs = 0,
  } of operator.computing.values()) {
    const runs = experience.expectedMs(program, operator.address, fallbackMs, sizeClass);
    const expected = fetchMs + runs;
    most = Math.max(most, (now - since) / expected);
  }
  return most < LATE_FACTOR ? 1 : most;
}
