import { join } from "node:path";
import { devnetKey, ROLES } from "../../../devnet/chain";
import { MANIFESTS } from "./workflow";

// What each process of the market is told. Pure, but for what all of them inherit.

/** Between two looks of a process at the chain, milliseconds. */
export const POLL_MS = 50;
/** Time to claim an assignment, seconds: as long a coordinator without its database waits. */
export const CLAIM_SECONDS = 8;
/** Units of a gwei. */
const STAKE = 1_000_000n;

/** @param crashes folder of the steps at which a process of its kind dies */
export function commonEnv(folder: string, crashes: string): Record<string, string> {
  const passed = ["PATH", "HOME", "XDG_CACHE_HOME", "FROBEN_CACHE", "LANG"];
  const own = passed.flatMap((key) => (process.env[key] ? [[key, process.env[key]]] : []));
  return {
    ...(Object.fromEntries(own) as Record<string, string>),
    TMPDIR: join(folder, "tmp"),
    HARDHAT_DISABLE_TELEMETRY_PROMPT: "true",
    NO_COLOR: "1",
    FROBEN_CRASH_FOLDER: crashes,
    FROBEN_CRASH_REACHED: `${crashes}.reached`,
    FROBEN_POLL_MS: String(POLL_MS),
  };
}

export function coordinatorEnv(to: {
  rpcUrl: string;
  market: string;
  fromBlock: number;
  dataDir: string;
  claimSeconds: number;
}): Record<string, string> {
  return {
    FROBEN_RPC_URL: to.rpcUrl,
    FROBEN_MARKET: to.market,
    FROBEN_FROM_BLOCK: String(to.fromBlock),
    FROBEN_COORDINATOR_KEY: devnetKey(ROLES.coordinator),
    FROBEN_DATA_DIR: to.dataDir,
    FROBEN_PORT: "0",
    FROBEN_PROGRAMS: MANIFESTS.join(","),
    FROBEN_CLAIM_SECONDS: String(to.claimSeconds),
    FROBEN_OPERATOR_SILENCE_SECONDS: "10",
    FROBEN_CANARY_IDLE_SECONDS: "1",
  };
}

/** @param to index: of its account among the operators */
export function operatorEnv(to: {
  rpcUrl: string;
  market: string;
  coordinatorUrl: string;
  dataDir: string;
  name: string;
  index: number;
}): Record<string, string> {
  return {
    FROBEN_RPC_URL: to.rpcUrl,
    FROBEN_MARKET: to.market,
    FROBEN_COORDINATOR_URL: to.coordinatorUrl,
    FROBEN_OPERATOR_KEY: devnetKey(ROLES.operators + to.index),
    FROBEN_DATA_DIR: to.dataDir,
    FROBEN_NAME: to.name,
    FROBEN_MACHINE_ID: to.name,
    FROBEN_MACHINE_CORES: "2",
    FROBEN_MACHINE_MEMORY_MB: "1024",
    FROBEN_CONCURRENCY: "2",
    FROBEN_STAKE: String(STAKE),
    FROBEN_COMMIT_PATIENCE: "1",
    FROBEN_SETTLE_PATIENCE: "0",
    FROBEN_DRAIN_SECONDS: "0",
    FROBEN_PROGRAMS: MANIFESTS[0]!,
    FROBEN_CANARIES: "0", // when they come depends on how quick the machine is; scenarios/crash.ts has an operator that takes them
  };
}
