import type { Address } from "viem";
import {
  defineProgram,
  defineWorkflow,
  each,
  file,
  verifier,
  type ProgramSet,
  type StepDefaults,
  type Workflow,
} from "../../sdk";

/** What a run of the membership workflow needs; amounts and times as in `StepDefaults`. */
export interface MembershipOptions extends StepDefaults {
  /** Where the program's digest comes from. */
  programs: Pick<ProgramSet, "digest">;
  /** Address of the SemaphoreAdapter. */
  verifier: Address;
  /** One per proof: the circuit's inputs, JSON. */
  requests: Uint8Array[];
  /** One per proof, in the same order: abi.encode(uint256 depth, root, nullifier, message, scope). */
  statements: Uint8Array[];
  /** Wei of one unit of the market. */
  unit?: bigint;
}

/** Gas that Semaphore's verifier surely can answer in: it needs about 225,000. */
const VERIFIER_GAS = 500_000;

/**
 * Many memberships of one group, each proved with Groth16 and, in case of dispute, judged by Semaphore's own verifier.
 *
 *     request[i], statement[i] -> prove[i] -> proofs[i]
 *
 * @returns the spec, and the bytes of its inputs
 * @throws FrobenError as `defineWorkflow`
 */
export function membershipWorkflow(options: MembershipOptions): Workflow {
  const { programs, requests, statements, verifier: adapter, ...defaults } = options;

  const semaphore = defineProgram(programs.digest("groth16/prove"), {
    inputs: { request: file("membership request"), statement: file("membership statement") },
    outputs: { proof: file("groth16 proof") },
  });

  return defineWorkflow("membership", { runSeconds: 120, ...defaults }, (w) => {
    const request = w.collection("request", "membership request", requests);
    const statement = w.collection("statement", "membership statement", statements);

    const prove = w.map("prove", {
      program: semaphore,
      inputs: { request: each(request), statement: each(statement) },
      statement: "statement",
      rule: verifier(adapter, VERIFIER_GAS),
      // Measured: 286 MB at depth 32.
      resources: { cores: 1, memoryMb: 512 },
      maxRevealBytes: 256,
    });

    return { proofs: prove.proof };
  });
}
