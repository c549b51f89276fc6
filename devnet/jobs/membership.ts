import { bytesToHex, type Address } from "viem";
import { verifierAbi } from "../../protocol/abi";
import { makeDemoGroup } from "../../pipelines/membership/demo-group";
import { membershipWorkflow } from "../../pipelines/membership/workflow";
import { fetchOutputs, type Client, type ProgramSet, type Workflow } from "../../sdk";

/** Proofs of the main job's membership workflow. */
export const MEMBERSHIP_PROOFS = 16;

/** Seconds between commitment and maturity on the devnet. */
export const WINDOW_SECONDS = 14;

/** The membership workflow of the main job, and the statements that its proofs must prove. */
export async function membershipJob(
  programs: ProgramSet,
  adapter: Address,
  unit: bigint,
  options: { proofs?: number; signal?: AbortSignal } = {},
): Promise<{ workflow: Workflow; statements: Uint8Array[] }> {
  const { proofs = MEMBERSHIP_PROOFS, signal } = options;
  const { requests, statements } = await makeDemoGroup({ proofs, signal });
  const workflow = membershipWorkflow({
    programs,
    verifier: adapter,
    requests,
    statements,
    unit,
    reward: "0.01 ether",
    bond: "0.05 ether",
    startSeconds: 120,
    windowSeconds: WINDOW_SECONDS,
  });
  return { workflow, statements };
}

/** @returns how many of a finished workflow's proofs pass Semaphore's own verifier, asked by eth_call */
export async function countVerified(
  client: Client,
  workflow: number,
  adapter: Address,
  statements: Uint8Array[],
): Promise<number> {
  const proofs = await fetchOutputs(client, workflow, "proofs");
  let verified = 0;
  for (const [i, statement] of statements.entries()) {
    const proof = proofs[i];
    if (!proof) continue;
    const valid = await client.chain.readContract({
      address: adapter,
      abi: verifierAbi,
      functionName: "verify",
      args: [bytesToHex(statement), bytesToHex(proof)],
    });
    if (valid) verified += 1;
  }
  return verified;
}
