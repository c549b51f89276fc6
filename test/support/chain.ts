import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createPublicClient,
  createTestClient,
  createWalletClient,
  encodeFunctionData,
  http,
  type Address,
  type ContractFunctionArgs,
  type ContractFunctionName,
  type Hex,
} from "viem";
import { hardhat } from "viem/chains";
import { deployMarket, type MarketParameters } from "../../deploy/010-market";
import { ensureCompiled } from "../../deploy/compiled";
import { createDeployer, type Deployer } from "../../deploy/deployer";
import { DeploymentRecord } from "../../deploy/deployment-record";
import { devnetAccount, ROLES, startChain } from "../../devnet/chain";
import { Cleanup } from "../../devnet/cleanup";
import { marketAbi } from "../../protocol/abi";

type MarketCall = ContractFunctionName<typeof marketAbi, "nonpayable" | "payable">;

/** A real Hardhat node with a deployed market, for one suite. It mines each transaction at once. */
export interface TestChain {
  rpcUrl: string;
  market: Address;
  fromBlock: number;
  /** Wei of one unit. */
  unit: bigint;
  /** Least stake of an operator, units. */
  minStake: bigint;
  deployer: Deployer;
  client: ReturnType<typeof publicClient>;
  /** Time, mining and snapshots. */
  test: ReturnType<typeof testClient>;
  /** Empty folder, removed at the end. */
  folder: string;
  /** Calls the market as an account of the devnet's mnemonic and waits until it is mined. */
  call<N extends MarketCall>(
    account: number,
    functionName: N,
    args: ContractFunctionArgs<typeof marketAbi, "nonpayable" | "payable", N>,
    value?: bigint,
  ): Promise<Hex>;
  stop(): Promise<void>;
}

const publicClient = (rpcUrl: string) =>
  createPublicClient({ transport: http(rpcUrl), pollingInterval: 25, cacheTime: 0 });
const testClient = (rpcUrl: string) =>
  createTestClient({ mode: "hardhat", chain: hardhat, transport: http(rpcUrl) });

/** Given to every call: Hardhat can't estimate one that must be given far more gas than it uses, as verifiers must. */
const CALL_GAS = 10_000_000n;
/** Unit 1 gwei; a small stake is enough. */
const PARAMETERS: MarketParameters = {
  unit: 10n ** 9n,
  minStake: 100n,
  unbondingDelay: 15 * 24 * 3600,
  lateClaims: 15 * 60,
};

/** Starts a chain on a free port and deploys the market. Whatever it made is gone after `stop`, or when this fails. */
export async function startTestChain(): Promise<TestChain> {
  const cleanup = new Cleanup();
  try {
    const folder = await mkdtemp(join(tmpdir(), "froben-test-"));
    cleanup.addFolder(folder);
    await ensureCompiled();
    const env = process.env as Record<string, string>;
    const node = await startChain(join(__dirname, "../.."), folder, env, cleanup);
    const { rpcUrl } = node;
    const record = new DeploymentRecord();
    const deployer = await createDeployer(rpcUrl, devnetAccount(ROLES.deployer), record);
    const { address: market, block: fromBlock } = await deployMarket(deployer, PARAMETERS);
    const client = publicClient(rpcUrl);
    const wallet = createWalletClient({ chain: hardhat, transport: http(rpcUrl) });
    return {
      rpcUrl,
      market,
      fromBlock,
      unit: PARAMETERS.unit,
      minStake: PARAMETERS.minStake,
      deployer,
      client,
      test: testClient(rpcUrl),
      folder,
      async call(account, functionName, args, value = 0n) {
        const data = encodeFunctionData({ abi: marketAbi, functionName, args } as never);
        const hash = await wallet.sendTransaction({
          account: devnetAccount(account),
          to: market,
          data,
          value,
          gas: CALL_GAS,
        });
        await client.waitForTransactionReceipt({ hash });
        return hash;
      },
      stop: () => cleanup.run(),
    };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}
