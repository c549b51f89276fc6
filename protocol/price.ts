import { z } from "zod";
import { LIMITS } from "./limits";
import type { Resources } from "./spec";

const perHour = z.int().min(0).max(LIMITS.maxAmount).default(0);

/** What an operator asks for the time of its machine: units for an hour of a task, and of each core, GB of memory and GPU that it needs. */
export const askSchema = z
  .strictObject({ task: perHour, core: perHour, memoryGb: perHour, gpu: perHour })
  .refine((ask) => Object.values(ask).some((units) => units > 0), "must ask for something");
export type Ask = z.infer<typeof askSchema>;

/** How an operator sets its price: by time, or as a share of the step's ceiling, basis points. */
export interface Pricing {
  ask?: Ask | undefined;
  priceBps?: number | undefined;
}

const MS_PER_HOUR = 3_600_000;
const MB_PER_GB = 1_024;

/**
 * What an operator asks for one task.
 * @param ceiling most that the task is paid, units
 * @param expectedMs of the task on that operator, milliseconds
 * @returns units, at least 1, rounded up for an ask by time; may be above the ceiling then
 */
export function askedPrice(
  { ask, priceBps = 0 }: Pricing,
  { cores, memoryMb, gpus }: Resources,
  ceiling: bigint,
  expectedMs: number,
): bigint {
  let asked = (ceiling * BigInt(priceBps)) / 10_000n;
  if (ask) {
    const memory = (ask.memoryGb * memoryMb) / MB_PER_GB;
    const rate = ask.task + ask.core * cores + memory + ask.gpu * gpus;
    asked = BigInt(Math.ceil((rate * expectedMs) / MS_PER_HOUR));
  }
  return asked > 0n ? asked : 1n;
}
