import type { Hex } from "viem";
import { deploy } from "./contract";
import { FINAL_TASK } from "./final-claim";
import type { Claim, OpenWorkflow, World } from "./world";

/** What HostileVerifier does when it is asked. */
export const MODES = {
  revert: 0,
  burnGas: 1,
  returnBomb: 2,
  returnNothing: 3,
  returnTwo: 4,
  reEnter: 5,
  /** Honest, but it needs this much gas. */
  needGas: 6,
};
export type Mode = keyof typeof MODES;

/** Those that answer nothing useful. */
export const SILLY = ["revert", "burnGas", "returnBomb", "returnNothing", "returnTwo"] as const;

interface Hostile {
  workflow: OpenWorkflow;
  claim: Claim;
  verifier: Hex;
}

/** A claim of one task under a verifier that misbehaves. To re-enter, it cancels the workflow. */
async function claimUnder(
  w: World,
  mode: Mode,
  task: number,
  step: number,
  gasNeeded: number,
): Promise<Hostile> {
  const hostile = await deploy("HostileVerifier");
  const verifier = (await hostile.getAddress()) as Hex;
  const workflow = await w.open({ steps: w.steps({}, { verifier }) });
  const data = w.market.interface.encodeFunctionData("cancel", [workflow.id]);
  await hostile.getFunction("set").send(MODES[mode], w.address, data, gasNeeded);
  const claim = await w.claim(workflow, w.operators[0]!, [task], { step });
  return { workflow, claim, verifier };
}

/** A batch of one right result. */
export async function batchUnder(
  w: World,
  mode: Mode,
  gasNeeded = 0,
): Promise<Hostile & { batch: Claim }> {
  const hostile = await claimUnder(w, mode, 0, 0, gasNeeded);
  return { ...hostile, batch: await w.commit(hostile.claim) };
}

/** A live claim of the final task. */
export const finalUnder = (w: World, mode: Mode, gasNeeded = 0): Promise<Hostile> =>
  claimUnder(w, mode, FINAL_TASK, 2, gasNeeded);
