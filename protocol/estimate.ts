import { z } from "zod";
import { digestSchema } from "./digest";
import { assumptionSchema, runModelSchema } from "./run-model";

const units = z.string().regex(/^\d+$/, "must be a whole number as a string");

/** POST /v1/estimates: a spec, and what is known of its runs. Not signed: it changes nothing. */
export const estimateRequestSchema = runModelSchema.extend({ spec: z.looseObject({}) });
export type EstimateRequest = z.input<typeof estimateRequestSchema>;

/** Where the duration of a step's tasks is from. */
export const BASES = ["given", "measured", "assumed"] as const;

/** What a run is expected to take on the operators that are online. Amounts are units, without the coordinator's fee. */
export const estimateSchema = z.object({
  spec: digestSchema,
  /** Tasks of the run. */
  tasks: z.int(),
  /** All tasks that the spec allows, at their ceilings: what is paid in advance. */
  escrow: units,
  /** From opening to the last result, over the simulated runs that ended well; null when none did, see `reason`. */
  seconds: z.object({ expected: z.number(), least: z.number(), most: z.number() }).nullable(),
  /** What the operators ask. */
  cost: z.object({ expected: units, least: units, most: units }).nullable(),
  /** Simulated runs, and how many of them ended well. */
  runs: z.object({ made: z.int(), done: z.int() }),
  /** Why runs did not end well. */
  reason: z.object({ code: z.string(), message: z.string() }).nullable(),
  operators: z.object({
    online: z.int(),
    /** That can take at least one of the tasks. */
    able: z.int(),
  }),
  steps: z.array(
    z.object({
      step: z.string(),
      tasks: z.int(),
      /** Of one task at speed 1. */
      seconds: z.number(),
      basis: z.enum(BASES),
    }),
  ),
  assumed: z.array(assumptionSchema),
});
export type Estimate = z.infer<typeof estimateSchema>;
