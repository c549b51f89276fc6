import { z } from "zod";
import { LIMITS } from "./limits";

const seconds = z.number().min(0).max(LIMITS.maxClaimTime);

/** Seconds of each task of a step at speed 1: all the same, or each drawn evenly from the mean less and plus `spread` times the mean. */
export const durationSchema = z.union([
  seconds,
  z.strictObject({ mean: seconds, spread: z.number().min(0).max(1).default(0) }),
]);
export type Duration = z.infer<typeof durationSchema>;

/** What a spec leaves open of a run, and a simulation has to know. What is not said is assumed, and the answer says so. */
export const runModelSchema = z.strictObject({
  /** By step. */
  durations: z.record(z.string(), durationSchema).default({}),
  /** How many items a task puts into a collection, by `step.output`: how wide dynamic fan-outs are. */
  items: z.record(z.string(), z.int().min(0).max(LIMITS.maxItems)).default({}),
  /** Whether a step with a condition is run, by step. */
  runs: z.record(z.string(), z.boolean()).default({}),
});
export type RunModel = z.infer<typeof runModelSchema>;

/** Something that a simulation took for granted as nobody said it. */
export const assumptionSchema = z.object({
  /** Stable, e.g. `duration_unknown`. */
  code: z.string(),
  /** What it is about: a step, a `step.output`. */
  of: z.string(),
  message: z.string(),
});
export type Assumption = z.infer<typeof assumptionSchema>;
