import { availableParallelism, totalmem } from "node:os";
import { resolve } from "node:path";
import type { Address, Hex } from "viem";
import { z } from "zod";
import { FrobenError } from "../protocol/errors";
import { LIMITS } from "../protocol/limits";
import { schemaError } from "../protocol/validate-spec";
import type { RetentionSettings } from "./artifacts/retention";

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

const DAY = 24 * 3600;
const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, "must be an address");

/** Most requesters that have a weight of their own, and the least and the most that it can be. */
const MAX_WEIGHTS = 1_000;
const WEIGHT = { min: 0.1, max: 100 } as const;

/** `address=weight,address=weight`. */
const weightsSchema = z
  .string()
  .transform((text) =>
    text
      .split(",")
      .map((pair) => pair.trim())
      .filter((pair) => pair !== "")
      .map((pair) => {
        const [requester = "", ...weight] = pair.split("=").map((part) => part.trim());
        return { requester, weight: weight.join("=") };
      }),
  )
  .pipe(
    z
      .array(
        z.object({
          requester: address,
          weight: z
            .string()
            .regex(/^\d+(\.\d+)?$/, "must be a number")
            .transform(Number)
            .pipe(z.number().min(WEIGHT.min).max(WEIGHT.max)),
        }),
      )
      .max(MAX_WEIGHTS)
      .refine(
        (pairs) =>
          new Set(pairs.map(({ requester }) => requester.toLowerCase())).size === pairs.length,
        "names a requester twice",
      ),
  );

/** Most validation programs that run at the same time. */
const MAX_VALIDATIONS = 256;

/**
 * How many validation programs run at the same time if nobody says it: on half of a machine.
 * @param cores of the machine @param totalMb its memory @param eachMb what one of them may use, MB
 */
export function usualValidations(cores: number, totalMb: number, eachMb: number): number {
  const room = Math.floor(Math.min(cores, totalMb / eachMb) / 2);
  return Math.min(MAX_VALIDATIONS, Math.max(1, room));
}

const environmentSchema = z.object({
  FROBEN_RPC_URL: z.url({ protocol: /^https?$/ }),
  FROBEN_MARKET: address,
  FROBEN_FROM_BLOCK: whole(0, Number.MAX_SAFE_INTEGER).default(0),
  FROBEN_COORDINATOR_KEY: z.string().regex(/^0x[0-9a-fA-F]{64}$/, "must be 32 hex bytes"),
  FROBEN_DATA_DIR: z.string().min(1),
  FROBEN_HOST: z.string().min(1).default("127.0.0.1"),
  FROBEN_PORT: whole(0, 65_535).default(8100),
  FROBEN_PROGRAMS: z.string().default(""),
  FROBEN_LOG_LEVEL: z.enum(LOG_LEVELS).default("info"),
  FROBEN_POLL_MS: whole(50, 60_000).default(500),
  FROBEN_FINALITY_BLOCKS: whole(1, 10_000).default(64),
  FROBEN_CLAIM_SECONDS: whole(1, LIMITS.maxClaimTime).default(30),
  FROBEN_OPERATOR_SILENCE_SECONDS: whole(1, 3600).default(60),
  FROBEN_CANARY_IDLE_SECONDS: whole(1, 365 * DAY).default(30),
  FROBEN_VALIDATIONS: whole(1, MAX_VALIDATIONS).optional(),
  FROBEN_VALIDATION_SECONDS: whole(1, 3600).default(120),
  FROBEN_VALIDATION_MEMORY_MB: whole(64, 1_048_576).default(4096),
  FROBEN_NETWORK: z.enum(["none", "host"]).default("none"),
  FROBEN_SANDBOX: z.enum(["auto", "off"]).default("auto"),
  FROBEN_MAX_ARTIFACT_BYTES: whole(1, LIMITS.maxArtifactBytes).default(LIMITS.maxArtifactBytes),
  FROBEN_UPLOAD_GRACE_SECONDS: whole(600, 30 * DAY).default(DAY),
  FROBEN_RETAIN_SECONDS: whole(3600, 3650 * DAY).default(30 * DAY),
  FROBEN_READY_LAG_BLOCKS: whole(0, 10_000).default(8),
  FROBEN_DRAIN_SECONDS: whole(0, 3600).default(10),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  FROBEN_REQUESTER_WEIGHTS: weightsSchema.default([]),
  FROBEN_SEED: z.string().min(1).max(128).default("froben"),
});

/** Everything that the coordinator is told from outside. Frozen; the key in it is never logged. */
export interface Config {
  readonly rpcUrl: string;
  /** Lower-case. */
  readonly market: Address;
  readonly fromBlock: number;
  readonly coordinatorKey: Hex;
  readonly dataDir: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Manifests of validation programs, or folders of them. */
  readonly programs: readonly string[];
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** Between two looks at the chain, milliseconds. */
  readonly pollMs: number;
  /** Blocks on top of a block after which it is final. */
  readonly finality: number;
  /** Longest time from an assignment to its claim, seconds. */
  readonly claimBySeconds: number;
  readonly operatorSilenceMs: number;
  /** A newcomer's machine does nothing for so long before it is asked a canary. */
  readonly canaryIdleMs: number;
  /** Validation programs that run at the same time. */
  readonly validations: number;
  readonly validationLimits: { readonly seconds: number; readonly memoryMb: number };
  /** none: validation programs run without a network, where the system can do that. */
  readonly network: "none" | "host";
  /** auto: they run in bubblewrap where that is installed. off: they see, and may write, what this user can. */
  readonly sandbox: "auto" | "off";
  readonly maxArtifactBytes: number;
  /** How long artifacts are kept that no workflow names, and those of a workflow that has settled. */
  readonly retention: RetentionSettings;
  /** Blocks behind the chain's head with which the coordinator still counts as ready. */
  readonly maxBehind: number;
  /** Most time that requests under way have to end once the coordinator was told to, milliseconds. */
  readonly drainMs: number;
  /** Where spans of all attempts are sent; undefined: nowhere. */
  readonly traceEndpoint: string | undefined;
  /** By requester, lower-case: how many times another's share it has; 1 for all others. */
  readonly weights: Readonly<Record<string, number>>;
  /** Seeds the matchmaker's exploration. */
  readonly seed: string;
}

/**
 * The one place that reads the environment.
 * @param env as `process.env`; an empty variable counts as unset
 * @throws FrobenError `config_invalid` naming the variable; a key's value is not shown
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    const { FROBEN_COORDINATOR_KEY: _secret, ...shown } = given;
    const { message, field, limit, value } = schemaError(parsed.error, shown, "config_invalid");
    throw new FrobenError("config_invalid", message, {
      field,
      limit,
      value,
      hint: "offchain/.env.example explains every variable",
    });
  }
  const e = parsed.data;
  return Object.freeze({
    rpcUrl: e.FROBEN_RPC_URL,
    market: e.FROBEN_MARKET.toLowerCase() as Address,
    fromBlock: e.FROBEN_FROM_BLOCK,
    coordinatorKey: e.FROBEN_COORDINATOR_KEY as Hex,
    dataDir: resolve(e.FROBEN_DATA_DIR),
    host: e.FROBEN_HOST,
    port: e.FROBEN_PORT,
    programs: Object.freeze(
      e.FROBEN_PROGRAMS.split(",")
        .map((path) => path.trim())
        .filter((path) => path !== "")
        .map((path) => resolve(path)),
    ),
    logLevel: e.FROBEN_LOG_LEVEL,
    pollMs: e.FROBEN_POLL_MS,
    finality: e.FROBEN_FINALITY_BLOCKS,
    claimBySeconds: e.FROBEN_CLAIM_SECONDS,
    operatorSilenceMs: e.FROBEN_OPERATOR_SILENCE_SECONDS * 1000,
    canaryIdleMs: e.FROBEN_CANARY_IDLE_SECONDS * 1000,
    validations:
      e.FROBEN_VALIDATIONS ??
      usualValidations(availableParallelism(), totalmem() / 2 ** 20, e.FROBEN_VALIDATION_MEMORY_MB),
    validationLimits: Object.freeze({
      seconds: e.FROBEN_VALIDATION_SECONDS,
      memoryMb: e.FROBEN_VALIDATION_MEMORY_MB,
    }),
    network: e.FROBEN_NETWORK,
    sandbox: e.FROBEN_SANDBOX,
    maxArtifactBytes: e.FROBEN_MAX_ARTIFACT_BYTES,
    retention: Object.freeze({
      graceMs: e.FROBEN_UPLOAD_GRACE_SECONDS * 1000,
      retainMs: e.FROBEN_RETAIN_SECONDS * 1000,
    }),
    maxBehind: e.FROBEN_READY_LAG_BLOCKS,
    drainMs: e.FROBEN_DRAIN_SECONDS * 1000,
    traceEndpoint: e.OTEL_EXPORTER_OTLP_ENDPOINT,
    weights: Object.freeze(
      Object.fromEntries(
        e.FROBEN_REQUESTER_WEIGHTS.map(({ requester, weight }) => [
          requester.toLowerCase(),
          weight,
        ]),
      ),
    ),
    seed: e.FROBEN_SEED,
  });
}
