import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestClient, createWalletClient, http, type Address } from "viem";
import { hardhat } from "viem/chains";
import { DEFAULT_PARAMETERS, deployMarket } from "../../../deploy/010-market";
import { deploySemaphore } from "../../../deploy/020-semaphore";
import { ensureCompiled, readCompiled } from "../../../deploy/compiled";
import { createDeployer, type Deployer } from "../../../deploy/deployer";
import { DeploymentRecord } from "../../../deploy/deployment-record";
import { devnetAccount, devnetKey, ROLES, startChain } from "../../../devnet/chain";
import { Cleanup } from "../../../devnet/cleanup";
import { readConfig } from "../../../offchain/config";
import { startCoordinator } from "../../../offchain/start";
import { sha256, type Digest } from "../../../protocol/digest";
import { createClient, type Client } from "../../../sdk";

/** The one program that the market's operator says it holds. */
export const PROGRAM: Digest = sha256("a program");

/** A real chain with the real contracts and the real coordinator; no operator computes anything. */
export interface TestMarket {
  rpcUrl: string;
  coordinatorUrl: string;
  market: Address;
  adapter: Address;
  chain: ReturnType<typeof connect>;
  /** A client of the n-th requester. */
  client(requester?: number, rpcUrl?: string): Client;
  stop(): Promise<void>;
}

const connect = (rpcUrl: string) =>
  createTestClient({ mode: "hardhat", chain: hardhat, transport: http(rpcUrl) });

async function registerOperator(client: Client): Promise<void> {
  await client.signed({
    method: "POST",
    path: "/v1/operators",
    body: {
      name: "operator",
      machine: { id: "machine", cores: 1, memoryMb: 1024, gpus: [] },
      offer: { cores: 1, memoryMb: 1024, gpus: 0, vramMb: 0 },
      programs: [PROGRAM],
      concurrency: 1,
      priceBps: 10_000,
      speed: 1,
    },
  });
}

/** Tokens of a test's market: a unit is a thousand of the smallest. */
const TOKEN_UNIT = 1_000n;
const FUNDS = 10n ** 12n;

/** Deploys a token and gives every account of the chain's some. */
async function deployToken(deployer: Deployer): Promise<Address> {
  const { abi, ...code } = readCompiled("test/PermitToken.sol", "PermitToken");
  const { address } = await deployer.deploy("PermitToken", { abi, ...code });
  const wallet = createWalletClient({
    account: deployer.account,
    transport: http(deployer.client.transport.url as string),
  });
  for (let account = 0; account < 20; account++) {
    const args = [devnetAccount(account).address, FUNDS];
    const call = { address, abi, functionName: "mint", args, chain: null };
    const hash = await wallet.writeContract(call);
    await deployer.client.waitForTransactionReceipt({ hash });
  }
  return address;
}

/** @param currency what the market is paid in: the chain's own, or a token of which every account has some */
export async function startMarket(currency: "native" | "token" = "native"): Promise<TestMarket> {
  const cleanup = new Cleanup();
  try {
    const folder = await mkdtemp(join(tmpdir(), "froben-test-"));
    cleanup.addFolder(folder);
    await ensureCompiled();
    const root = join(__dirname, "../../..");
    const node = await startChain(root, folder, process.env as Record<string, string>, cleanup);
    const { rpcUrl } = node;
    const deployer = await createDeployer(
      rpcUrl,
      devnetAccount(ROLES.deployer),
      new DeploymentRecord(),
    );
    const parameters =
      currency === "native"
        ? DEFAULT_PARAMETERS
        : { ...DEFAULT_PARAMETERS, token: await deployToken(deployer), unit: TOKEN_UNIT };
    const market = await deployMarket(deployer, parameters);
    const adapter = await deploySemaphore(deployer);
    const coordinator = await startCoordinator(
      readConfig({
        FROBEN_RPC_URL: rpcUrl,
        FROBEN_MARKET: market.address,
        FROBEN_FROM_BLOCK: String(market.block),
        FROBEN_COORDINATOR_KEY: devnetKey(ROLES.coordinator),
        FROBEN_DATA_DIR: join(folder, "coordinator"),
        FROBEN_PORT: "0",
        FROBEN_POLL_MS: "50",
        FROBEN_LOG_LEVEL: "error",
      }),
    );
    cleanup.add(() => coordinator.stop());
    coordinator.indexer.failed.catch((error: unknown) => {
      console.error(error); // a test that waits for this coordinator would not say why it waits in vain
    });
    const client = (account: number, url: string) =>
      createClient({
        coordinatorUrl: coordinator.url,
        rpcUrl: url,
        account: devnetAccount(account),
        market: market.address,
        pollMs: 25,
      });
    await registerOperator(client(ROLES.operators, rpcUrl));
    return {
      rpcUrl,
      coordinatorUrl: coordinator.url,
      market: market.address,
      adapter,
      chain: connect(rpcUrl),
      client: (requester = 0, url = rpcUrl) => client(ROLES.operators + 1 + requester, url),
      stop: () => cleanup.run(),
    };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}
