import { isAddressEqual } from "viem";
import type { Digest } from "../../../protocol/digest";
import { FrobenError } from "../../../protocol/errors";
import type { Scene } from "../evidence/scene";
import { ArtifactCache } from "./artifact-cache";
import { CoordinatorSource } from "./coordinator-source";
import { checkLeaves } from "./leaves";
import { checkLeftOut } from "./left-out";
import { loadPrograms } from "./programs";
import { checkResults } from "./results";
import { loadServedWorkflow } from "./served-workflow";

/** What a coordinator says of a workflow. */
export interface Served {
  name: string;
  /** By step. */
  programs: Digest[];
  /** Tasks that took results from other workflows. */
  reused: number;
}

/**
 * Checks what the chain holds only digests of: specs, artifacts, assignments' leaves, results and proofs.
 * @param coordinatorUrl who serves them
 * @param manifests of validation programs on this machine
 * @returns what the coordinator says of the workflows, where a spec was read
 * @throws FrobenError `audit_coordinator_unavailable`, `audit_coordinator_answer`, `audit_coordinator_market`, `audit_program_invalid`
 */
export async function checkArtifacts(
  scene: Scene,
  coordinatorUrl: string,
  manifests: readonly string[],
  onProgress: (stage: string, done: number, of: number) => void,
): Promise<Map<number, Served>> {
  const source = new CoordinatorSource(coordinatorUrl);
  const info = await source.market();
  if (
    !info ||
    info.chainId !== scene.chainId ||
    !isAddressEqual(info.market as `0x${string}`, scene.market)
  )
    throw new FrobenError("audit_coordinator_market", "the coordinator serves another market", {
      field: "coordinatorUrl",
      value: info?.market ?? null,
    });
  const programs = await loadPrograms(manifests);
  const check = scene.recorder.check("Every artifact has the bytes that its digest names");
  const cache = await ArtifactCache.create(source, check);
  const found = new Map<number, Served>();
  try {
    const workflows = [...scene.ledger.workflows.values()];
    for (const [i, workflow] of workflows.entries()) {
      onProgress("checking artifacts", i, workflows.length);
      const served = await loadServedWorkflow(workflow, source, cache, scene.recorder);
      if (!served) continue;
      const reused = [...served.tasks.values()].filter((task) => task.reused).length;
      const { name, steps } = served.spec;
      found.set(workflow.workflow, { name, programs: steps.map(({ program }) => program), reused });
      checkLeaves(scene, served);
      checkLeftOut(scene, served);
      await checkResults(scene, served, cache, programs, (done, of) =>
        onProgress(`validating results of workflow ${workflow.workflow}`, done, of),
      );
    }
  } finally {
    await cache.remove();
  }
  return found;
}
