import type { SimTask } from "../../offchain/simulate/model";

/** @returns a simulated task of one program that needs next to nothing */
export const simTask = (changes: Partial<SimTask> = {}): SimTask => ({
  id: "t",
  program: "p",
  seconds: 10,
  resources: { cores: 1, memoryMb: 1, gpus: 0, vramMb: 0 },
  parents: [],
  runSeconds: 1_000,
  attempts: 10,
  ...changes,
});
