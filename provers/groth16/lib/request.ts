/** What a requester asks to have proved: the inputs of Semaphore's circuit, as JSON. */
import { z } from "zod";
import { readJsonInput } from "../../lib/outputs";
import { InputRefused } from "../../lib/program-io";
import { MAX_DEPTH, MIN_DEPTH } from "./depth";
import { SCALAR_FIELD } from "./field";

/** A decimal number below the scalar field's order; the circuit would silently reduce a larger one. */
const signal = z
  .string()
  .regex(/^(0|[1-9]\d{0,77})$/, "wants a decimal number in a string")
  .refine((text) => BigInt(text) < SCALAR_FIELD, "is not below the scalar field's order");

const requestSchema = z
  .strictObject({
    /** Depth of the circuit: the deepest tree that it can prove membership in. */
    depth: z.int().min(MIN_DEPTH).max(MAX_DEPTH),
    /** Secret scalar of the member's Semaphore identity. */
    secret: signal,
    /** Number of siblings that are in use; the rest are zeros. */
    merkleProofLength: z.int().min(0),
    /** Bit i says on which side level i's sibling is. */
    merkleProofIndex: z.int().min(0),
    merkleProofSiblings: z.array(signal),
    /** What the nullifier is bound to: one member can act once per scope. */
    scope: signal,
    message: signal,
  })
  .refine((request) => request.merkleProofSiblings.length === request.depth, {
    path: ["merkleProofSiblings"],
    error: "wants exactly `depth` siblings",
  })
  // For a longer one the circuit proves the root 0, whoever the member is.
  .refine((request) => request.merkleProofLength <= request.depth, {
    path: ["merkleProofLength"],
    error: "is above `depth`",
  });

/** A request that has been checked. */
export type MembershipRequest = z.infer<typeof requestSchema>;

/** Reads and checks a request file. @throws InputRefused naming each wrong field. */
export async function readRequest(path: string): Promise<MembershipRequest> {
  const parsed = requestSchema.safeParse(await readJsonInput(path, "request"));
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(
    (issue) => `${issue.path.join(".") || "request"}: ${issue.message}`,
  );
  throw new InputRefused(`request: ${wrong.join("; ")}`);
}

/** The request as the circuit's own input JSON, which has no depth. */
export function circuitInput(request: MembershipRequest): string {
  const { depth: _depth, ...signals } = request;
  return JSON.stringify(signals);
}
