import type { Address, Hex } from "viem";
import { assertSetupAllowed } from "./setup-policy";
import { readCompiled } from "./compiled";
import type { ContractCode, Deployer } from "./deployer";

export interface RollupParameters {
  market: Address;
  /** Verifier that bb generated for the merge circuit's EVM key. */
  honkVerifier: ContractCode;
  /** Hash of the merge circuit's recursive key, pinned by the adapter. */
  mergeKeyHash: Hex;
  /** State root that the rollup starts from. */
  genesisRoot: Hex;
  /** Whose powers of tau the verifier holds: under "dev" anyone can forge proofs. */
  setup: "real" | "dev";
}

/**
 * Deploys the generated verifier, its adapter, and the contract that records state roots.
 * @returns addresses of the adapter and of RollupState
 * @throws FrobenError `setup_insecure` for the dev setup on a chain that is not local
 */
export async function deployRollup(
  deployer: Deployer,
  parameters: RollupParameters,
): Promise<{ adapter: Address; state: Address }> {
  assertSetupAllowed(parameters.setup, deployer.chainId);
  const verifier = await deployer.deploy("HonkVerifier", parameters.honkVerifier);
  const adapter = await deployer.deploy(
    "UltraHonkAdapter",
    readCompiled("adapters/UltraHonkAdapter.sol", "UltraHonkAdapter"),
    [verifier.address, parameters.mergeKeyHash],
  );
  const state = await deployer.deploy(
    "RollupState",
    readCompiled("rollup/RollupState.sol", "RollupState"),
    [parameters.market, adapter.address, parameters.genesisRoot],
  );
  return { adapter: adapter.address, state: state.address };
}
