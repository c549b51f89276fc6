import type { SimOperator } from "../../offchain/simulate/model";

/** @returns a simulated operator that is always there and as it says */
export const simOperator = (
  changes: Partial<SimOperator> & Pick<SimOperator, "id" | "cores" | "memoryMb">,
): SimOperator => ({
  gpus: 0,
  vramMb: 0,
  speed: 1,
  pricePerHour: 1,
  joinsAt: 0,
  leavesAt: Infinity,
  failureRate: 0,
  slowdown: 1,
  ...changes,
});
