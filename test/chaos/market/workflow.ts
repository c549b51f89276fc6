import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Address } from "viem";
import {
  accepted,
  defineProgram,
  defineWorkflow,
  each,
  file,
  list,
  loadPrograms,
  verifier,
  type Workflow,
} from "../../../sdk";

const folder = join(__dirname, "..", "programs");
export const MANIFESTS = ["work", "check"].map((name) => join(folder, `${name}.program.json`));

/** Tasks of the map. */
export const LEAVES = 8;
const ARITY = 4;
/** Split, map, the tree's nodes (two, then one), the final step. */
export const TASKS = 1 + LEAVES + 3 + 1;

const hash = (...parts: (Uint8Array | string)[]) =>
  parts.reduce((h, part) => h.update(part), createHash("sha256")).digest();

/** Seconds that steps promise; a scenario in which operators vanish makes them short. */
export interface Patience {
  claimSeconds: number;
  silenceSeconds: number;
  /** Who has to challenge somebody may be killed first. */
  windowSeconds?: number;
}

/** Units of a gwei that a task is paid; the operators ask for all of it. */
export const REWARD = 1_000n;

/** A claim outlives restarts, but not a scenario's patience. */
const PATIENCE: Patience = { claimSeconds: 150, silenceSeconds: 8 };

/**
 * The workflow of every scenario:
 *
 *     seed -> split -> items -> leaf[i] (rule verifier) -> merge (a tree, rule accepted) -> seal (final, verifier)
 *
 * @param echo an EchoVerifier
 * @param seed what the tasks hash; the outputs follow from it
 * @param options final: the last step's proof completes the workflow; otherwise the coordinator does, by `finish`. copies: the leaves take a
 * second or so, and who is slow at them is copied
 */
export async function chaosWorkflow(
  echo: Address,
  seed: string,
  options: { final?: boolean; patience?: Patience; copies?: boolean } = {},
): Promise<Workflow> {
  const { final = true, patience = PATIENCE, copies = false } = options;
  const programs = await loadPrograms(MANIFESTS);
  const work = programs.digest("chaos/work");
  const check = accepted(programs.digest("chaos/check"));
  const split = defineProgram(work, {
    inputs: { seed: file("seed") },
    outputs: { items: list("item") },
  });
  const leaf = defineProgram(work, {
    inputs: { item: file("item") },
    outputs: { proof: file("proof") },
  });
  const merge = defineProgram(work, {
    inputs: { a: file("proof"), b: file("proof"), c: file("proof"), d: file("proof") },
    outputs: { proof: file("proof") },
  });
  const seal = defineProgram(work, {
    inputs: { top: file("proof") },
    outputs: { proof: file("proof") },
  });
  const defaults = {
    reward: `${REWARD} gwei`,
    bond: "2000 gwei",
    windowSeconds: 2,
    startSeconds: 15,
    runSeconds: 20,
    attempts: 20,
    backoffSeconds: 0,
    ...patience,
  } as const;
  const resources = { cores: 1, memoryMb: 256 };
  return defineWorkflow("chaos", defaults, (w) => {
    const { items } = w.single("split", {
      program: split,
      inputs: { seed: w.file("seed", "seed", Buffer.from(seed)) },
      params: { do: "split", items: String(LEAVES) },
      rule: check,
      resources,
    });
    const { proof } = w.map("leaf", {
      program: leaf,
      inputs: { item: each(items) },
      params: copies ? { do: "copy", cpu: "500" } : { do: "copy" },
      ...(copies ? { standby: { afterFactor: 2 } } : {}),
      statement: "item",
      maxTasks: LEAVES,
      rule: verifier(echo, 3_000),
      resources,
    });
    const top = w.tree("merge", {
      program: merge,
      source: proof,
      slots: ["a", "b", "c", "d"],
      item: "proof",
      until: 1,
      params: { do: "merge" },
      rule: check,
      resources,
    });
    const sealed = w.single("seal", {
      program: seal,
      inputs: { top: top.at(0) },
      params: { do: "copy" },
      statement: "top",
      rule: verifier(echo, 3_000),
      resources,
      final,
    });
    return { proof: sealed.proof, leaves: proof };
  });
}

/** What a run that nothing disturbs must put out, worked out without a market. */
export function expectedOutputs(seed: string): { proof: string; leaves: string[] } {
  const leaves = Array.from({ length: LEAVES }, (_, i) => hash(seed, String(i)));
  let level = leaves;
  while (level.length > 1)
    level = Array.from({ length: Math.ceil(level.length / ARITY) }, (_, i) =>
      hash(...level.slice(i * ARITY, (i + 1) * ARITY)),
    );
  return { proof: level[0]!.toString("hex"), leaves: leaves.map((leaf) => leaf.toString("hex")) };
}
