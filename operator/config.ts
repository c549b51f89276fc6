/** Who calls it: main.ts, and devnet's own operator entries. The only place of operator/ that reads the environment. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { isAddress, type Address, type Hex } from "viem";
import { z } from "zod";
import { FrobenError } from "../protocol/errors";
import { LIMITS } from "../protocol/limits";
import { askSchema, type Pricing } from "../protocol/price";
import type { Resources } from "../protocol/spec";
import { schemaError } from "../protocol/validate-spec";
import { programListPath } from "../sdk/program-list";
import { detectMachine, type Machine } from "./hardware/detect";
import { ownGpus } from "./hardware/own-gpus";

/** Everything that an operator is told from outside; frozen. Amounts in market units. */
export interface OperatorConfig {
  rpcUrl: string;
  coordinatorUrl: string;
  privateKey: Hex;
  /** Encrypted key that it came from, if any: programs must not see it. */
  keystore?: string;
  /** Whose stake the key works with, as its delegate; unset: its own. */
  owner?: Address;
  /** The contract to talk to; unset: the one that the coordinator names. */
  market?: Address;
  dataDir: string;
  name: string;
  machine: Machine;
  offer: Resources;
  /** The GPUs of its offer, as nvidia-smi numbers them. */
  devices: number[];
  concurrency: number;
  /** Manifests, or folders of manifests, of the programs that may run here. */
  programs: string[];
  /** Whether the built-in program that does nothing may run: for benches. */
  builtinNoop: boolean;
  /** Verifier adapters to claim for: addresses or code hashes; "any" on local chains only. */
  verifiers: "any" | string[];
  /** Stake, free and locked together, that is kept. */
  stake: bigint;
  /** Most units that take the place of lost stake within a day. */
  refillPerDay: bigint;
  /** What a task is asked for. */
  pricing: Pricing;
  speed: number;
  /** Whether copies of other operators' stragglers are computed, which are unpaid if they lose. */
  standby: boolean;
  /** Whether finished tasks are computed once more for a coordinator that wants to know what this operator is worth, unpaid. */
  canaries: boolean;
  /** How long a finished result waits for the others of its claim before it is committed alone. */
  commitPatienceSeconds: number;
  /** How long a matured batch waits for another call to be settled with. */
  settlePatienceSeconds: number;
  /** Steps whose results can be demanded on-chain in a shorter time are refused; unset: a minute, on local chains nothing. */
  revealSeconds?: number;
  /** How often the chain is looked at, milliseconds. */
  pollMs: number;
  /** Most time between the first SIGTERM and the end. */
  drainSeconds: number;
  /** Variables of this process's environment that programs get to see. */
  passEnv: Record<string, string>;
  /** none: programs run without a network, where the system can do that. */
  network: "none" | "host";
  /** auto: programs run in bubblewrap where that is installed. off: they see, and may write, what this user can. */
  sandbox: "auto" | "off";
  /** Largest size of the artifact cache. */
  cacheMb: number;
  /** Where spans of its tasks are sent; undefined: nowhere. */
  traceEndpoint: string | undefined;
  logLevel: string;
  /** Where GET /metrics is served; unset: nowhere. */
  metrics?: { host: string; port: number };
}

const list = z
  .string()
  .default("")
  .transform((text) =>
    text
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== ""),
  );
const whole = (low: number, high: number) => z.coerce.number().int().min(low).max(high);

/** `gpu=400,core=10`: see `askSchema`. */
const ask = z
  .string()
  .transform((text) =>
    Object.fromEntries(
      text.split(",").map((part) => {
        const [name = "", units = ""] = part.split("=");
        return [name.trim(), units.trim() === "" ? NaN : Number(units)];
      }),
    ),
  )
  .pipe(askSchema);

const units = z.string().regex(/^\d{1,20}$/, "must be a whole number of units");
const address = z.string().refine((text) => isAddress(text), "must be an address");

const environmentSchema = z.object({
  FROBEN_RPC_URL: z.url(),
  FROBEN_COORDINATOR_URL: z.url(),
  FROBEN_OPERATOR_KEY: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, "must be a private key: 0x and 64 hex characters")
    .optional(),
  FROBEN_OPERATOR_KEYSTORE: z.string().optional(),
  FROBEN_KEYSTORE_PASSWORD: z.string().optional(),
  FROBEN_OWNER: address.optional(),
  FROBEN_MARKET: address.optional(),
  FROBEN_DATA_DIR: z.string().min(1),
  FROBEN_NAME: z.string().min(1).max(64).default("operator"),
  FROBEN_MACHINE_ID: z.string().min(1).max(128).optional(),
  FROBEN_MACHINE_CORES: whole(1, 4096).optional(),
  FROBEN_MACHINE_MEMORY_MB: whole(1, 2 ** 31).optional(),
  FROBEN_CORES: whole(1, 1024).optional(),
  FROBEN_MEMORY_MB: whole(1, 16 * 1024 * 1024).optional(),
  FROBEN_GPUS: whole(0, 64).optional(),
  FROBEN_GPU_DEVICES: z
    .string()
    .regex(/^\s*\d{1,2}(\s*,\s*\d{1,2})*\s*$/, "must be numbers of GPUs, separated by commas")
    .optional(),
  FROBEN_CONCURRENCY: whole(1, 1024).default(1),
  FROBEN_PROGRAMS: list,
  FROBEN_BUILTIN_NOOP: z.enum(["0", "1"]).default("0"),
  FROBEN_VERIFIERS: z.string().default("any"),
  FROBEN_STAKE: units.default("0"),
  FROBEN_REFILL_PER_DAY: units.optional(),
  FROBEN_ASK: ask.optional(),
  FROBEN_PRICE_BPS: whole(1, 10_000).default(10_000),
  FROBEN_SPEED: z.coerce.number().min(0.01).max(1000).default(1),
  FROBEN_STANDBY: z.enum(["0", "1"]).default("1"),
  FROBEN_CANARIES: z.enum(["0", "1"]).default("1"),
  FROBEN_COMMIT_PATIENCE: z.coerce.number().min(0).max(86_400).default(15),
  FROBEN_SETTLE_PATIENCE: z.coerce.number().min(0).max(86_400).default(4),
  FROBEN_REVEAL_SECONDS: whole(1, LIMITS.maxWindow).optional(),
  FROBEN_POLL_MS: whole(50, 60_000).default(1_000),
  FROBEN_DRAIN_SECONDS: whole(0, 86_400).default(600),
  FROBEN_PASS_ENV: list,
  FROBEN_NETWORK: z.enum(["none", "host"]).default("none"),
  FROBEN_SANDBOX: z.enum(["auto", "off"]).default("auto"),
  FROBEN_CACHE_MB: whole(16, 2 ** 31).default(4_096),
  FROBEN_METRICS_HOST: z.string().min(1).default("127.0.0.1"),
  FROBEN_METRICS_PORT: whole(0, 65_535).optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  FROBEN_LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
});

type Environment = Record<string, string | undefined>;

/** Part of the stake that may take the place of losses within a day, if nothing else is said: a quarter. */
const DEFAULT_REFILL_PART = 4n;

/** What programs need in order to find their own tools and the caches that their set-up filled. */
const ALWAYS_PASSED = ["PATH", "HOME", "XDG_CACHE_HOME", "FROBEN_CACHE", "CRS_PATH", "LANG"];

async function privateKeyOf(env: z.infer<typeof environmentSchema>): Promise<Hex> {
  if (env.FROBEN_OPERATOR_KEY) return env.FROBEN_OPERATOR_KEY as Hex;
  if (!env.FROBEN_OPERATOR_KEYSTORE)
    throw new FrobenError("config_invalid", "the operator has no key", {
      field: "FROBEN_OPERATOR_KEY",
      hint: "set FROBEN_OPERATOR_KEY, or FROBEN_OPERATOR_KEYSTORE with FROBEN_KEYSTORE_PASSWORD",
    });
  // Loaded on demand: an operator with a plain key does without this library's memory.
  const { Wallet } = await import("ethers");
  try {
    const json = readFileSync(env.FROBEN_OPERATOR_KEYSTORE, "utf8");
    const wallet = await Wallet.fromEncryptedJson(json, env.FROBEN_KEYSTORE_PASSWORD ?? "");
    return wallet.privateKey as Hex;
  } catch (cause) {
    throw new FrobenError("config_invalid", "the key store can't be opened", {
      field: "FROBEN_OPERATOR_KEYSTORE",
      value: env.FROBEN_OPERATOR_KEYSTORE,
      hint: "is it an encrypted JSON key store (version 3), and FROBEN_KEYSTORE_PASSWORD its password?",
      cause,
    });
  }
}

function pick(env: Environment, names: string[]): Record<string, string> {
  const found = names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]));
  return Object.fromEntries(found) as Record<string, string>;
}

function checkedVerifiers(text: string): "any" | string[] {
  if (text === "any") return "any";
  const items = text.split(",").map((item) => item.trim().toLowerCase());
  for (const item of items)
    if (!/^0x([0-9a-f]{40}|[0-9a-f]{64})$/.test(item))
      throw new FrobenError("config_invalid", "not an address or a code hash", {
        field: "FROBEN_VERIFIERS",
        value: item,
      });
  return items;
}

/**
 * Reads and checks the operator's environment, and looks at the machine for what it leaves out.
 * @param env such as `process.env`
 * @throws FrobenError `config_invalid` with the variable as its field
 */
export async function loadConfig(env: Environment): Promise<OperatorConfig> {
  // An empty variable is an unset one: that is what `NAME=` in an env file means.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    const { FROBEN_OPERATOR_KEY: _key, FROBEN_KEYSTORE_PASSWORD: _password, ...shown } = given;
    throw schemaError(parsed.error, shown, "config_invalid");
  }
  const e = parsed.data;
  const detected = await detectMachine();
  const machine: Machine = {
    id: e.FROBEN_MACHINE_ID ?? detected.id,
    cores: e.FROBEN_MACHINE_CORES ?? detected.cores,
    memoryMb: e.FROBEN_MACHINE_MEMORY_MB ?? detected.memoryMb,
    gpus: detected.gpus,
  };
  const devices = ownGpus(machine, e.FROBEN_GPU_DEVICES).slice(0, e.FROBEN_GPUS);
  return Object.freeze({
    rpcUrl: e.FROBEN_RPC_URL,
    coordinatorUrl: e.FROBEN_COORDINATOR_URL.replace(/\/+$/, ""),
    privateKey: await privateKeyOf(e),
    keystore: e.FROBEN_OPERATOR_KEYSTORE && resolve(e.FROBEN_OPERATOR_KEYSTORE),
    owner: e.FROBEN_OWNER as Address | undefined,
    market: e.FROBEN_MARKET as Address | undefined,
    dataDir: resolve(e.FROBEN_DATA_DIR.replace(/^~(?=\/)/, homedir())),
    name: e.FROBEN_NAME,
    machine,
    offer: {
      cores: Math.min(e.FROBEN_CORES ?? machine.cores, machine.cores),
      memoryMb: Math.min(e.FROBEN_MEMORY_MB ?? machine.memoryMb, machine.memoryMb),
      gpus: devices.length,
      vramMb: devices.length === 0 ? 0 : Math.min(...devices.map((i) => machine.gpus[i]!.vramMb)),
    },
    devices,
    concurrency: e.FROBEN_CONCURRENCY,
    programs: e.FROBEN_PROGRAMS.map((path) => resolve(path)),
    builtinNoop: e.FROBEN_BUILTIN_NOOP === "1",
    verifiers: checkedVerifiers(e.FROBEN_VERIFIERS),
    stake: BigInt(e.FROBEN_STAKE),
    refillPerDay: BigInt(e.FROBEN_REFILL_PER_DAY ?? BigInt(e.FROBEN_STAKE) / DEFAULT_REFILL_PART),
    pricing: e.FROBEN_ASK ? { ask: e.FROBEN_ASK } : { priceBps: e.FROBEN_PRICE_BPS },
    speed: e.FROBEN_SPEED,
    standby: e.FROBEN_STANDBY === "1",
    canaries: e.FROBEN_CANARIES === "1",
    commitPatienceSeconds: e.FROBEN_COMMIT_PATIENCE,
    settlePatienceSeconds: e.FROBEN_SETTLE_PATIENCE,
    revealSeconds: e.FROBEN_REVEAL_SECONDS,
    pollMs: e.FROBEN_POLL_MS,
    drainSeconds: e.FROBEN_DRAIN_SECONDS,
    passEnv: pick(env, [...ALWAYS_PASSED, ...e.FROBEN_PASS_ENV]),
    network: e.FROBEN_NETWORK,
    sandbox: e.FROBEN_SANDBOX,
    cacheMb: e.FROBEN_CACHE_MB,
    traceEndpoint: e.OTEL_EXPORTER_OTLP_ENDPOINT,
    logLevel: e.FROBEN_LOG_LEVEL,
    metrics:
      e.FROBEN_METRICS_PORT === undefined
        ? undefined
        : { host: e.FROBEN_METRICS_HOST, port: e.FROBEN_METRICS_PORT },
  });
}

/** Paths of the operator's files. */
export const dataPaths = (config: OperatorConfig) => ({
  journal: join(config.dataDir, "journal.sqlite"),
  artifacts: join(config.dataDir, "artifacts"),
  runs: join(config.dataDir, "runs"),
  programs: programListPath(config.dataDir),
});
