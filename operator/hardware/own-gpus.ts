/** Who calls it: config.ts. Which of a machine's GPUs are an operator's. */
import { FrobenError } from "../../protocol/errors";
import type { Machine } from "./detect";

/**
 * @param own numbers of the GPUs that are this operator's, separated by commas; undefined: all of them
 * @throws FrobenError `config_invalid` when the machine has no such GPU, or one is named twice
 */
export function ownGpus({ gpus }: Pick<Machine, "gpus">, own: string | undefined): number[] {
  const devices = own?.split(",").map(Number) ?? [...gpus.keys()];
  const wrong = devices.find((gpu, i) => gpu >= gpus.length || devices.indexOf(gpu) !== i);
  if (wrong !== undefined)
    throw new FrobenError("config_invalid", "not a GPU of this machine, or named twice", {
      field: "FROBEN_GPU_DEVICES",
      limit: gpus.length,
      value: wrong,
      hint: "GPUs are numbered from 0, as nvidia-smi does",
    });
  return devices;
}
