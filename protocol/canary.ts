import { z } from "zod";
import { digestSchema } from "./digest";
import { resourcesSchema } from "./spec";
import { usageSchema } from "./usage";

// A canary is work of which the coordinator knows the right result already. It asks newcomers for it to learn what they are worth: no
// claim, no bond, no pay, and nothing on-chain.

/** What to run, as in an assignment. Nothing in it says what comes out. */
export const canaryOfferSchema = z.object({
  canary: z.uuid(),
  program: digestSchema,
  params: z.record(z.string(), z.string()),
  /** Artifacts by the name of the port. */
  inputs: z.record(z.string(), digestSchema),
  outputs: z.record(z.string(), z.enum(["file", "collection"])),
  resources: resourcesSchema,
  /** Time limit of the run. */
  runSeconds: z.number(),
});
export type CanaryOffer = z.infer<typeof canaryOfferSchema>;

/** Why an operator gives a canary back, which nobody holds against it. */
export const CANARY_REASONS = [
  "declined", // it takes none, or not this program
  "displaced", // real work came, or it drains
] as const;

/** POST /v1/canaries: what became of a canary. Signed. The same answer may come again; another one is refused. */
export const canaryAnswerSchema = z.discriminatedUnion("outcome", [
  z.strictObject({
    canary: z.uuid(),
    outcome: z.literal("computed"),
    /** As of a task. Its bytes are asked for (422 `result_missing`) only if the digest alone does not settle it. */
    result: digestSchema,
    usage: usageSchema,
  }),
  z.strictObject({
    canary: z.uuid(),
    outcome: z.literal("failed"),
    code: z.string().max(64),
    message: z.string().max(1000),
  }),
  z.strictObject({
    canary: z.uuid(),
    outcome: z.literal("given_back"),
    reason: z.enum(CANARY_REASONS),
  }),
]);
export type CanaryAnswer = z.infer<typeof canaryAnswerSchema>;
