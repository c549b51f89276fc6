import { createHash } from "node:crypto";
import { z } from "zod";
import type { SimOperator } from "./model";
import { checked, parseJson } from "./read/checked";

const faultsSchema = z.strictObject({
  /** Chance of every attempt to fail, besides the operator's own. */
  failureRate: z.number().min(0).max(1).default(0),
  /** So many operators leave for good, at moments between these. Seconds. */
  leave: z
    .strictObject({
      count: z.int().min(0),
      from: z.number().min(0).default(0),
      to: z.number().min(0),
    })
    .optional(),
  /** So many others are slower than they say from the start. */
  slow: z.strictObject({ count: z.int().min(0), factor: z.number().min(1) }).optional(),
});
export type Faults = z.infer<typeof faultsSchema>;

/** @throws FrobenError `simulation_file_invalid` */
export function parseFaults(text: string, file: string): Faults {
  return checked(faultsSchema, parseJson(text, file), file);
}

/** @returns a number in [0, 1) that follows from a text alone */
export function chance(text: string): number {
  return createHash("sha256").update(text).digest().readUIntBE(0, 6) / 2 ** 48;
}

/** @returns the fleet as the faults leave it; whom they meet follows from the seed */
export function withFaults(operators: SimOperator[], faults: Faults, seed: number): SimOperator[] {
  const { failureRate, leave, slow } = faults;
  const drawn = operators
    .map(({ id }) => ({ id, at: chance(`${seed}/fault/${id}`) }))
    .sort((a, b) => a.at - b.at)
    .map(({ id }) => id);
  const leaving = new Set(drawn.slice(0, leave?.count ?? 0));
  const slowed = new Set(drawn.slice(leaving.size, leaving.size + (slow?.count ?? 0)));
  return operators.map((operator) => {
    const made = { ...operator };
    made.failureRate = 1 - (1 - operator.failureRate) * (1 - failureRate);
    if (leaving.has(operator.id)) {
      const at = leave!.from + chance(`${seed}/leave/${operator.id}`) * (leave!.to - leave!.from);
      made.leavesAt = Math.min(operator.leavesAt, Math.max(at, operator.joinsAt));
    }
    if (slowed.has(operator.id)) made.slowdown *= slow!.factor;
    return made;
  });
}
