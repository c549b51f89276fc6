import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Address } from "viem";
import { z } from "zod";
import { FrobenError } from "../protocol/errors";
import { schemaError } from "../protocol/validate-spec";

/** Root of the project. */
export const root = join(__dirname, "..");

/** Where a devnet that is left running says where it is; relative to the working directory, or to the project. */
export const DEVNET_FILE = join(".froben", "devnet.json");

export interface GlobalFlags {
  json?: boolean;
  rpcUrl?: string;
  coordinatorUrl?: string;
  market?: string;
  fromBlock?: string;
  keystore?: string;
}

export interface CliConfig {
  rpcUrl: string;
  coordinatorUrl: string;
  /** The contract to insist on; without it the coordinator's word is taken. */
  market?: Address;
  fromBlock?: number;
}

const devnetSchema = z.object({
  rpcUrl: z.string(),
  coordinatorUrl: z.string(),
  market: z.string(),
  fromBlock: z.int().min(0),
});

function readDevnet(cwd: string): Partial<z.infer<typeof devnetSchema>> {
  const path = [cwd, root].map((folder) => join(folder, DEVNET_FILE)).find(existsSync);
  if (!path) return {};
  const json: unknown = JSON.parse(readFileSync(path, "utf8"));
  const parsed = devnetSchema.safeParse(json);
  if (!parsed.success) throw schemaError(parsed.error, json, "config_invalid");
  return parsed.data;
}

/** @throws FrobenError `config_missing` with what to do about it */
export function required(value: string | undefined, flag: string, variable: string): string {
  if (value) return value;
  throw new FrobenError("config_missing", `${flag} is not known`, {
    field: flag,
    hint: `give ${flag}, set ${variable}, or leave a devnet running here: npm start -- --keep`,
  });
}

function url(value: string, flag: string): string {
  if (URL.canParse(value) && /^https?:/.test(value)) return value;
  throw new FrobenError("config_invalid", `${flag}: not a URL`, { field: flag, value });
}

function address(value: string): Address {
  if (/^0x[0-9a-fA-F]{40}$/.test(value)) return value as Address;
  throw new FrobenError("config_invalid", "--market: not an address", { field: "--market", value });
}

/**
 * What is known of where the market is: flags win over the environment, which wins over a devnet that was left running.
 * @throws FrobenError `config_invalid`
 */
export function resolvePlace(
  flags: GlobalFlags,
  env: Record<string, string | undefined>,
  cwd: string,
): Partial<CliConfig> {
  const devnet = readDevnet(cwd);
  const rpcUrl = flags.rpcUrl ?? env.FROBEN_RPC_URL ?? devnet.rpcUrl;
  const coordinatorUrl =
    flags.coordinatorUrl ?? env.FROBEN_COORDINATOR_URL ?? devnet.coordinatorUrl;
  // A file about one market says nothing about another that the flags point to.
  const same = rpcUrl === devnet.rpcUrl && coordinatorUrl === devnet.coordinatorUrl;
  const market = flags.market ?? env.FROBEN_MARKET ?? (same ? devnet.market : undefined);
  const from = flags.fromBlock ?? env.FROBEN_FROM_BLOCK ?? (same ? devnet.fromBlock : undefined);
  if (from !== undefined && !/^\d+$/.test(String(from)))
    throw new FrobenError("config_invalid", "--from-block: not a block number", {
      field: "--from-block",
      value: from,
    });
  return {
    ...(rpcUrl === undefined ? {} : { rpcUrl: url(rpcUrl, "--rpc-url") }),
    ...(coordinatorUrl === undefined
      ? {}
      : { coordinatorUrl: url(coordinatorUrl, "--coordinator-url") }),
    ...(market === undefined ? {} : { market: address(market) }),
    ...(from === undefined ? {} : { fromBlock: Number(from) }),
  };
}

/** @returns the place with what every client needs @throws FrobenError `config_missing` */
export function requirePlace(place: Partial<CliConfig>): CliConfig {
  return {
    ...place,
    rpcUrl: required(place.rpcUrl, "--rpc-url", "FROBEN_RPC_URL"),
    coordinatorUrl: required(place.coordinatorUrl, "--coordinator-url", "FROBEN_COORDINATOR_URL"),
  };
}
