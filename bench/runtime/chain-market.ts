import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { devnetAccount, devnetKey, fundAccounts, ROLES, startChain } from "../../devnet/chain";
import type { Cleanup } from "../../devnet/cleanup";
import { deployDevnet } from "../../devnet/deployment";
import { root } from "../../devnet/network";
import { jsonLine, startProcess, typescript, type ManagedProcess } from "../../devnet/processes";
import { createClient, type Client } from "../../sdk";
import type { Counted } from "./measure";
import { START_MS, type RunOptions } from "./options";

/** Stake of each operator, units. */
const STAKE = "10000000000";

/** A local chain, coordinator and operators, each a process of its own. */
export interface ChainMarket {
  coordinatorUrl: string;
  client: Client;
  /** All of them. */
  counted: Counted[];
  /** Starts the coordinator once more, after it has ended, on what it left behind. */
  restart(): Promise<[ManagedProcess, string]>;
}

/** @param blockSeconds between two blocks */
export async function startChainMarket(
  options: RunOptions,
  blockSeconds: number,
  cleanup: Cleanup,
): Promise<ChainMarket> {
  const folder = await mkdtemp(join(tmpdir(), "froben-bench-"));
  cleanup.addFolder(folder);
  const env = { PATH: process.env.PATH!, HOME: process.env.HOME!, TMPDIR: folder };
  const chain = await startChain(root, folder, env, cleanup, "devnet/hardhat.config.ts");
  const { rpcUrl } = chain;
  const { market, fromBlock } = await deployDevnet(rpcUrl, { semaphore: false });
  await fundAccounts(rpcUrl, ROLES.operators + options.operators);
  await chain.quiet();
  await chain.slowDown(blockSeconds);
  const counted: Counted[] = [{ kind: "chain", process: chain.process }];

  const common = { cwd: folder, logFolder: folder, timeoutMs: START_MS, cleanup };
  const onChain = { ...env, FROBEN_RPC_URL: rpcUrl, FROBEN_MARKET: market };
  const startCoordinator = (name: string, url?: string) =>
    startProcess({
      ...common,
      name,
      args: [...options.nodeArgs(name), ...typescript(join(__dirname, "chain-coordinator.ts"))],
      env: {
        ...onChain,
        FROBEN_FROM_BLOCK: String(fromBlock),
        FROBEN_COORDINATOR_KEY: devnetKey(ROLES.coordinator),
        FROBEN_DATA_DIR: join(folder, "coordinator"),
        FROBEN_PORT: url === undefined ? "0" : new URL(url).port,
        FROBEN_POLL_MS: "250",
        FROBEN_LOG_LEVEL: options.logLevel,
      },
      ready: jsonLine("listening"),
    });
  const [coordinator, url] = await startCoordinator("coordinator");
  counted.push({ kind: "coordinator", process: coordinator });
  for (let i = 0; i < options.operators; i++) {
    const name = `operator-${i + 1}`;
    const [operator] = await startProcess({
      ...common,
      name,
      args: [...options.nodeArgs(name), ...typescript(join(root, "operator/main.ts"))],
      env: {
        ...onChain,
        ...options.operatorEnv(name, url, folder),
        FROBEN_OPERATOR_KEY: devnetKey(ROLES.operators + i),
        FROBEN_STAKE: STAKE,
      },
      ready: jsonLine("address"),
    });
    counted.push({ kind: "operator", process: operator });
  }

  const account = devnetAccount(ROLES.requesters);
  const client = createClient({ coordinatorUrl: url, rpcUrl, account, pollMs: 250 });
  return {
    coordinatorUrl: url,
    client,
    counted,
    restart: () => startCoordinator("coordinator-again", url),
  };
}
