import type { Address } from "viem";
import { FrobenError } from "../../protocol/errors";
import type { Register } from "../../protocol/http";
import { devicesOf } from "../matchmaker/fleet";
import type { OperatorRun } from "./model";

/**
 * Two operators that both use one GPU would take it from each other, whatever is booked. Who is offline keeps nobody away.
 * @throws FrobenError 409 `gpu_conflict` (retryable)
 */
export function refuseSharedGpus(
  operators: ReadonlyMap<string, OperatorRun>,
  operator: Address,
  registration: Register,
): void {
  const devices = devicesOf(registration);
  if (devices.length === 0) return;
  for (const { address, fleet } of operators.values()) {
    const { online, registration: other } = fleet;
    if (address === operator || !online || other.machine.id !== registration.machine.id) continue;
    const shared = devicesOf(other).find((gpu) => devices.includes(gpu));
    if (shared === undefined) continue;
    throw new FrobenError("gpu_conflict", `operator ${address} of this machine uses the GPU`, {
      status: 409,
      field: "devices",
      value: shared,
      retryable: true,
      hint: "give each operator of a machine GPUs of its own: FROBEN_GPU_DEVICES",
    });
  }
}
