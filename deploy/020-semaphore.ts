import type { Address } from "viem";
import { readCompiled } from "./compiled";
import type { Deployer } from "./deployer";

/** Deploys Semaphore's verifier as it is, and its adapter. @returns the adapter's address */
export async function deploySemaphore(deployer: Deployer): Promise<Address> {
  const verifier = await deployer.deploy(
    "SemaphoreVerifier",
    readCompiled("@semaphore-protocol/contracts/base/SemaphoreVerifier.sol", "SemaphoreVerifier"),
  );
  const adapter = await deployer.deploy(
    "SemaphoreAdapter",
    readCompiled("adapters/SemaphoreAdapter.sol", "SemaphoreAdapter"),
    [verifier.address],
  );
  return adapter.address;
}
