import type { Address } from "viem";
import {
  accepted,
  defineProgram,
  defineWorkflow,
  each,
  file,
  list,
  verifier,
  type ProgramSet,
  type StepDefaults,
  type Workflow,
} from "../../sdk";

/** What a run of the rollup workflow needs; amounts and times as in `StepDefaults`. */
export interface RollupOptions extends StepDefaults {
  /** Where the programs' digests come from. */
  programs: Pick<ProgramSet, "digest">;
  /** Address of the UltraHonkAdapter. */
  verifier: Address;
  /** The accounts before the batch, JSON. */
  state: Uint8Array;
  /** The signed transfers, JSON. */
  batch: Uint8Array;
  /** Most leaf proofs that the batch may need; the escrow covers so many. Witness generation decides the real number. */
  maxLeaves: number;
  /** Wei of one unit of the market. */
  unit?: bigint;
}

/** Gas that the Solidity verifier surely can answer in: it needs about 0.82 million. */
const VERIFIER_GAS = 2_000_000;
/** A merge proves 2^21 gates: two threads, 2 GB. */
const MERGE_RESOURCES = { cores: 2, memoryMb: 3000 };

/** What the programs take and give. Contents with the same name fit together; all else does not compile. */
function honkPrograms(programs: Pick<ProgramSet, "digest">) {
  const merge = programs.digest("noir/merge");
  const children = { left: file("recursive proof"), right: file("recursive proof") };
  return {
    witness: defineProgram(programs.digest("noir/witness"), {
      inputs: { state: file("accounts"), batch: file("transfers") },
      outputs: { leaves: list("leaf"), statement: file("roots"), newState: file("accounts") },
    }),
    prove: defineProgram(programs.digest("noir/prove"), {
      inputs: { leaf: file("leaf") },
      outputs: { proof: file("recursive proof") },
    }),
    merge: defineProgram(merge, {
      inputs: children,
      outputs: { proof: file("recursive proof") },
    }),
    mergeForEvm: defineProgram(merge, {
      inputs: { ...children, statement: file("roots") },
      outputs: { proof: file("evm proof") },
    }),
  };
}

/**
 * A rollup batch: transfers become leaf proofs, these are merged two by two, and the last merge makes the proof that the
 * Solidity verifier takes.
 *
 *     state, batch -> witness -> leaves -> prove[i] -> merge (a tree, until two are left) -> final -> proof
 *                        |                                                                    |
 *                        +---------------- statement: old root, new root --------------------+
 *
 * @returns the spec, and the bytes of its inputs
 * @throws FrobenError as `defineWorkflow`
 */
export function rollupWorkflow(options: RollupOptions): Workflow {
  const { programs, verifier: adapter, state, batch, maxLeaves, ...defaults } = options;
  const honk = honkPrograms(programs);
  const validProof = accepted(programs.digest("noir/verify"));

  return defineWorkflow("rollup", defaults, (w) => {
    const witness = w.single("witness", {
      program: honk.witness,
      inputs: {
        state: w.file("state", "accounts", state),
        batch: w.file("batch", "transfers", batch),
      },
      rule: accepted(programs.digest("noir/verify-witness")),
    });

    const prove = w.map("prove", {
      program: honk.prove,
      inputs: { leaf: each(witness.leaves) },
      params: { threads: "1" },
      maxTasks: maxLeaves,
      rule: validProof,
    });

    // One circuit serves every level of the tree. It stops at two, which the last step takes.
    const merged = w.tree("merge", {
      program: honk.merge,
      source: prove.proof,
      slots: ["left", "right"],
      item: "proof",
      until: 2,
      params: { target: "recursive", threads: "2" },
      resources: MERGE_RESOURCES,
      rule: validProof,
    });

    const final = w.single("final", {
      program: honk.mergeForEvm,
      inputs: { left: merged.at(0), right: merged.at(1), statement: witness.statement },
      params: { target: "evm", threads: "2" },
      statement: "statement",
      resources: MERGE_RESOURCES,
      rule: verifier(adapter, VERIFIER_GAS),
      final: true,
    });

    return { proof: final.proof, statement: witness.statement, state: witness.newState };
  });
}
