import {
  createPublicClient,
  createWalletClient,
  http,
  parseAbi,
  type Address,
  type Hex,
  type LocalAccount,
} from "viem";
import { DEFAULT_PARAMETERS, deployMarket } from "../deploy/010-market";
import { deploySemaphore } from "../deploy/020-semaphore";
import { deployRollup } from "../deploy/030-rollup";
import { ensureCompiled } from "../deploy/compiled";
import { createDeployer } from "../deploy/deployer";
import { DeploymentRecord } from "../deploy/deployment-record";
import { honkVerifier } from "../provers/noir/lib/solidity-verifier";
import { loadToolchain, mergeKeyHash } from "../provers/noir/lib/toolchain";
import { devnetAccount, ROLES } from "./chain";
import type { RollupBatch } from "./jobs/rollup";

/** Nothing reorganises a devnet, so nobody need wait for what was not spent. */
const PARAMETERS = { ...DEFAULT_PARAMETERS, lateClaims: 0 };

/** What stands on the devnet's chain. */
export interface DevnetDeployment {
  market: Address;
  fromBlock: number;
  /** Wei of one unit. */
  unit: bigint;
  semaphoreAdapter?: Address;
  rollup?: { adapter: Address; state: Address; setup: "real" | "dev"; batch: RollupBatch };
}

/**
 * Deploys what the chosen pipelines need.
 * @param wanted the rollup's first batch, whose old root is the genesis; whether Semaphore is needed
 */
export async function deployDevnet(
  rpcUrl: string,
  wanted: { batch?: RollupBatch; semaphore: boolean },
): Promise<DevnetDeployment> {
  await ensureCompiled();
  const deployer = await createDeployer(
    rpcUrl,
    devnetAccount(ROLES.deployer),
    new DeploymentRecord(),
  );
  const market = await deployMarket(deployer, PARAMETERS);
  const deployment: DevnetDeployment = {
    market: market.address,
    fromBlock: market.block,
    unit: PARAMETERS.unit,
  };
  if (wanted.semaphore) deployment.semaphoreAdapter = await deploySemaphore(deployer);
  if (wanted.batch) {
    const toolchain = await loadToolchain();
    const rollup = await deployRollup(deployer, {
      market: market.address,
      honkVerifier: await honkVerifier(),
      mergeKeyHash: mergeKeyHash(toolchain),
      genesisRoot: wanted.batch.oldRoot,
      setup: toolchain.setup,
    });
    deployment.rollup = { ...rollup, setup: toolchain.setup, batch: wanted.batch };
  }
  return deployment;
}

const rollupStateAbi = parseAbi([
  "function root() view returns (bytes32)",
  "function applyBatch(uint48 workflow, bytes32 oldRoot, bytes32 newRoot)",
]);

/**
 * Lets RollupState record the batch that a completed workflow proved.
 * @returns the root that it holds then
 */
export async function recordBatch(
  rpcUrl: string,
  state: Address,
  account: LocalAccount,
  workflow: number,
  batch: Pick<RollupBatch, "oldRoot" | "newRoot">,
): Promise<Hex> {
  const transport = http(rpcUrl);
  const client = createPublicClient({ transport, pollingInterval: 200, cacheTime: 0 });
  const wallet = createWalletClient({ account, transport });
  const call = { address: state, abi: rollupStateAbi } as const;
  const hash = await wallet.writeContract({
    ...call,
    functionName: "applyBatch",
    args: [workflow, batch.oldRoot, batch.newRoot],
    chain: null,
  });
  await client.waitForTransactionReceipt({ hash });
  return client.readContract({ ...call, functionName: "root" });
}
