import { z } from "zod";
import { digestSchema } from "./digest";
import { addressSchema as address, bytes32Schema as bytes32, bytesSchema as hex } from "./hex";
import { LIMITS } from "./limits";

/** Of GET /v1/workflows/:id/decisions: a page, from the decision after `after` on. */
export const decisionsQuerySchema = z.object({
  after: digestSchema.optional(),
  limit: z.coerce.number().int().min(1).max(LIMITS.maxPage).default(LIMITS.maxPage),
});

/** What the coordinator signed for the operator that it chose. The digest of the decision completes each leaf. */
export const signedChoiceSchema = z.object({
  workflow: z.int(),
  step: z.int(),
  operator: address,
  attempt: z.int(),
  word: z.int(),
  mask: hex,
  price: z.string(),
  claimBy: z.int(),
  root: bytes32,
  signature: hex,
  leaves: z
    .array(z.object({ task: z.int(), inputsDigest: bytes32, statementDigest: bytes32 }))
    .min(1)
    .max(LIMITS.maxBatch),
});
export type SignedChoice = z.infer<typeof signedChoiceSchema>;

/** A decision of the matchmaker, with the tasks that it was made for. */
export const decisionViewSchema = z.object({
  digest: digestSchema,
  /** Unix milliseconds. */
  decidedAt: z.number(),
  tasks: z.array(z.object({ task: z.int(), attempt: z.int() })),
  /** Candidates, rejections, scores, seed, choice: see offchain/matchmaker. */
  record: z.looseObject({}),
  /** Null: it was never signed, or is lost with a former database. */
  assignment: signedChoiceSchema.nullable(),
});
export type DecisionView = z.infer<typeof decisionViewSchema>;
