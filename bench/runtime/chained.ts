import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { devnetAccount, devnetKey, fundAccounts, ROLES, startChain } from "../../devnet/chain";
import type { Cleanup } from "../../devnet/cleanup";
import { deployDevnet } from "../../devnet/deployment";
import { root } from "../../devnet/network";
import { jsonLine, startProcess, typescript } from "../../devnet/processes";
import { sha256 } from "../../protocol/digest";
import { specDigest } from "../../protocol/validate-spec";
import { createClient, submit } from "../../sdk";
import { measure, restart, type Counted, type Measured } from "./measure";
import { START_MS, type RunOptions } from "./options";
import { INPUT, noopWorkflow } from "./workflow";

/** Seconds between blocks. */
const BLOCK_SECONDS = 1;
/** Stake of each operator, units. */
const STAKE = "10000000000";

/** One workflow through a whole market: a local chain, coordinator and operators, each a process of its own. */
export async function runChained(options: RunOptions, cleanup: Cleanup): Promise<Measured> {
  const { spec, tasks } = noopWorkflow(options.tasks);
  const folder = await mkdtemp(join(tmpdir(), "froben-bench-"));
  cleanup.addFolder(folder);
  const env = { PATH: process.env.PATH!, HOME: process.env.HOME!, TMPDIR: folder };
  const chain = await startChain(root, folder, env, cleanup, "devnet/hardhat.config.ts");
  const { rpcUrl } = chain;
  const { market, fromBlock } = await deployDevnet(rpcUrl, { semaphore: false });
  await fundAccounts(rpcUrl, ROLES.operators + options.operators);
  await chain.slowDown(BLOCK_SECONDS);
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
  const workflow = {
    spec,
    digest: specDigest(spec),
    artifacts: new Map([[sha256(INPUT), INPUT]]),
  };
  const measured = await measure(
    url,
    counted,
    tasks,
    async () => (await submit(client, workflow)).workflow,
  );
  for (const { kind, process } of counted) if (kind !== "chain") await process.stop();
  return restart(measured, () => startCoordinator("coordinator-again", url));
}
