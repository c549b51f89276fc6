import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getAddress, type Address } from "viem";
import { devnetAccount, devnetKey, fundAccounts, ROLES, startChain } from "./chain";
import type { Cleanup } from "./cleanup";
import { deployDevnet, type DevnetDeployment } from "./deployment";
import type { RollupBatch } from "./jobs/rollup";
import { jsonLine, startProcess, typescript, type ManagedProcess } from "./processes";
import { operatorProfiles, thisMachine, type OperatorProfile, type Pipeline } from "./profiles";
import { programManifests } from "./programs";

export const root = join(__dirname, "..");

/** Seconds between blocks once everything is deployed, if nothing else is asked for. */
const BLOCK_SECONDS = 2;
/** Stake of each devnet operator, in units of a gwei: 10 ETH. */
const OPERATOR_STAKE = 10_000_000_000n;

export interface DevnetOptions {
  pipelines: Pipeline[];
  operators: number;
  /** Between blocks once everything is deployed; 2 if not given. */
  blockSeconds?: number;
  /** Makes the rollup's batch, whose old root the deployment starts from. */
  prepareBatch: (folder: string) => Promise<RollupBatch>;
  /** Called with a sentence before each step of the start-up. */
  onStep: (step: string) => void;
}

export interface DevnetOperator {
  profile: OperatorProfile;
  address: Address;
  process: ManagedProcess;
}

/** A whole market on this machine, as real processes. */
export interface Devnet {
  rpcUrl: string;
  coordinatorUrl: string;
  deployment: DevnetDeployment;
  coordinator: ManagedProcess;
  operators: DevnetOperator[];
  /** Where the processes keep their data and logs. */
  folder: string;
}

/** The environment that children get: enough to find programs and caches, nothing else of this shell. */
function childEnv(folder: string): Record<string, string> {
  const passed = ["PATH", "HOME", "XDG_CACHE_HOME", "FROBEN_CACHE", "CRS_PATH", "LANG"];
  const env = Object.fromEntries(
    passed.flatMap((key) => (process.env[key] ? [[key, process.env[key]]] : [])),
  );
  return {
    ...env,
    TMPDIR: join(folder, "tmp"),
    HARDHAT_DISABLE_TELEMETRY_PROMPT: "true",
    NO_COLOR: "1",
  } as Record<string, string>;
}

/**
 * Brings a market up: chain, contracts, coordinator, operators. Everything it starts or makes is handed to `cleanup` at once.
 * @throws FrobenError `process_failed` with the end of the log of the process that did not come up
 */
export async function startDevnet(options: DevnetOptions, cleanup: Cleanup): Promise<Devnet> {
  const folder = await mkdtemp(join(tmpdir(), "froben-devnet-"));
  cleanup.addFolder(folder);
  const logFolder = join(folder, "logs");
  await mkdir(logFolder);
  await mkdir(join(folder, "tmp"));
  const env = childEnv(folder);

  options.onStep("starting a local chain");
  const chain = await startChain(root, logFolder, env, cleanup, "devnet/hardhat.config.ts");

  options.onStep("deploying the contracts");
  const batch = options.pipelines.includes("rollup")
    ? await options.prepareBatch(folder)
    : undefined;
  const deployment = await deployDevnet(chain.rpcUrl, {
    batch,
    semaphore: options.pipelines.includes("membership"),
  });
  await fundAccounts(chain.rpcUrl, ROLES.operators + options.operators);
  await chain.slowDown(options.blockSeconds ?? BLOCK_SECONDS);

  options.onStep(`starting the coordinator and ${options.operators} operators`);
  const manifests = await programManifests(options.pipelines);
  const common = { ...env, FROBEN_RPC_URL: chain.rpcUrl, FROBEN_MARKET: deployment.market };
  const [coordinator, coordinatorUrl] = await startProcess({
    name: "coordinator",
    args: typescript(join(root, "offchain/main.ts")),
    env: {
      ...common,
      FROBEN_FROM_BLOCK: String(deployment.fromBlock),
      FROBEN_COORDINATOR_KEY: devnetKey(ROLES.coordinator),
      FROBEN_DATA_DIR: join(folder, "coordinator"),
      FROBEN_PORT: "0",
      FROBEN_POLL_MS: "250",
      FROBEN_PROGRAMS: manifests.all.join(","),
    },
    cwd: folder,
    logFolder,
    ready: jsonLine("listening"),
    timeoutMs: 60_000,
    cleanup,
  });

  const machine = thisMachine();
  const start = async (profile: OperatorProfile, index: number): Promise<DevnetOperator> => {
    const [process, address] = await startProcess({
      name: profile.name,
      args: typescript(join(root, profile.cheats ? "devnet/cheater.ts" : "operator/main.ts")),
      env: {
        ...common,
        FROBEN_COORDINATOR_URL: coordinatorUrl,
        FROBEN_OPERATOR_KEY: devnetKey(ROLES.operators + index),
        FROBEN_DATA_DIR: join(folder, profile.name),
        FROBEN_NAME: profile.name,
        FROBEN_MACHINE_ID: machine.id,
        FROBEN_MACHINE_CORES: String(machine.cores),
        FROBEN_MACHINE_MEMORY_MB: String(machine.memoryMb),
        FROBEN_CORES: String(Math.min(profile.cores, machine.cores)),
        FROBEN_MEMORY_MB: String(Math.min(profile.memoryMb, machine.memoryMb)),
        FROBEN_CONCURRENCY: String(profile.concurrency),
        FROBEN_PRICE_BPS: String(profile.priceBps),
        FROBEN_STAKE: String(OPERATOR_STAKE),
        FROBEN_POLL_MS: "250",
        FROBEN_DRAIN_SECONDS: "0", // the devnet ends its operators when all is settled, or at a Ctrl-C
        FROBEN_PROGRAMS: profile.pipelines.flatMap((pipeline) => manifests[pipeline]).join(","),
      },
      cwd: folder,
      logFolder,
      ready: jsonLine("address"),
      timeoutMs: 90_000,
      cleanup,
    });
    return { profile, address: getAddress(address), process };
  };
  const profiles = operatorProfiles(options.operators, machine);
  const operators = await Promise.all(profiles.map(start));
  return { rpcUrl: chain.rpcUrl, coordinatorUrl, deployment, coordinator, operators, folder };
}

/** The two requesters: one for each pipeline. */
export function requesterAccount(pipeline: Pipeline) {
  return devnetAccount(ROLES.requesters + (pipeline === "rollup" ? 0 : 1));
}
