import { readFileSync } from "node:fs";
import { Wallet } from "ethers";
import { Command } from "commander";
import { privateKeyToAccount } from "viem/accounts";
import { isAddress, type Address, type Hex, type LocalAccount } from "viem";
import { z } from "zod";
import { FrobenError } from "../protocol/errors";
import { schemaError } from "../protocol/validate-spec";
import { DEFAULT_PARAMETERS, deployMarket } from "./010-market";
import { deploySemaphore } from "./020-semaphore";
import { deployRollup } from "./030-rollup";
import { ensureCompiled } from "./compiled";
import { createDeployer } from "./deployer";
import { DeploymentRecord } from "./deployment-record";

// Deploys the market, and on request its adapters, to any RPC URL. Safe to run again: what stands is left as it is.

interface Flags {
  rpcUrl: string;
  out: string;
  token?: string;
  unit?: string;
  minStake: string;
  unbondingDelay: string;
  lateClaims: string;
  keystore?: string;
  semaphore: boolean;
  rollup?: string;
  genesisRoot?: string;
  json: boolean;
}

/** The file for `--rollup`, as provers/noir/write-verifier.ts writes it. */
const rollupFileSchema = z.object({
  honkVerifier: z.object({
    contractName: z.string(),
    abi: z.array(z.unknown()),
    bytecode: z.string().startsWith("0x"),
  }),
  mergeKeyHash: z.string().regex(/^0x[0-9a-f]{64}$/),
  setup: z.enum(["real", "dev"]),
});

function readRollupFile(path: string) {
  const json: unknown = JSON.parse(readFileSync(path, "utf8"));
  const parsed = rollupFileSchema.safeParse(json);
  if (!parsed.success) throw schemaError(parsed.error, json, "rollup_file_invalid");
  const { honkVerifier, mergeKeyHash, setup } = parsed.data;
  return {
    honkVerifier: { ...honkVerifier, bytecode: honkVerifier.bytecode as Hex },
    mergeKeyHash: mergeKeyHash as Hex,
    setup,
  };
}

function readGenesisRoot(root: string | undefined): Hex {
  if (root === undefined || !/^0x[0-9a-fA-F]{64}$/.test(root))
    throw new FrobenError("genesis_root_invalid", "the rollup starts from a state root", {
      field: "--genesis-root",
      limit: "0x and 64 hex digits",
      value: root ?? null,
      hint: "it is the first half of what noir/witness writes as statement",
    });
  return root as Hex;
}

/** A token's smallest unit may be worth anything, so that there is no unit that fits all tokens. */
function readCurrency({ token, unit }: Flags): { token?: Address; unit: bigint } {
  if (unit !== undefined && !/^\d+$/.test(unit))
    throw new FrobenError("unit_invalid", "the unit is no whole number", {
      field: "--unit",
      value: unit,
    });
  if (token === undefined)
    return { unit: unit === undefined ? DEFAULT_PARAMETERS.unit : BigInt(unit) };
  if (!isAddress(token))
    throw new FrobenError("token_invalid", "the token is no address", {
      field: "--token",
      value: token,
    });
  if (unit === undefined)
    throw new FrobenError("unit_missing", "a market in a token needs its unit", {
      field: "--unit",
      hint: "give --unit: how many of the token's smallest units are one unit of the market",
    });
  return { token, unit: BigInt(unit) };
}

async function readAccount(keystore: string | undefined): Promise<LocalAccount> {
  if (keystore) {
    const password = process.env.FROBEN_KEYSTORE_PASSWORD ?? "";
    const wallet = await Wallet.fromEncryptedJson(readFileSync(keystore, "utf8"), password);
    return privateKeyToAccount(wallet.privateKey as Hex);
  }
  const key = process.env.FROBEN_DEPLOYER_KEY ?? "";
  if (!/^0x[0-9a-fA-F]{64}$/.test(key))
    throw new FrobenError("key_missing", "there is no key to deploy with", {
      field: "FROBEN_DEPLOYER_KEY",
      hint: "set FROBEN_DEPLOYER_KEY to 0x and 64 hex digits, or name a --keystore file",
    });
  return privateKeyToAccount(key as Hex);
}

async function deploy(flags: Flags): Promise<void> {
  const currency = readCurrency(flags);
  await ensureCompiled();
  const record = new DeploymentRecord(flags.out);
  const deployer = await createDeployer(flags.rpcUrl, await readAccount(flags.keystore), record);
  const market = await deployMarket(deployer, {
    ...currency,
    minStake: BigInt(flags.minStake),
    unbondingDelay: Number(flags.unbondingDelay),
    lateClaims: Number(flags.lateClaims),
  });
  if (flags.semaphore) await deploySemaphore(deployer);
  if (flags.rollup)
    await deployRollup(deployer, {
      market: market.address,
      genesisRoot: readGenesisRoot(flags.genesisRoot),
      ...readRollupFile(flags.rollup),
    });
  if (flags.json) return console.log(JSON.stringify(record, null, 2));
  console.log(`Chain ${deployer.chainId}, written to ${flags.out}:`);
  for (const [name, { address, block }] of Object.entries(record.toJSON().contracts))
    console.log(`  ${name.padEnd(20)} ${address}  block ${block}`);
}

const program = new Command("deploy")
  .description("Deploys the market to any RPC URL; running it again resumes.")
  .requiredOption("--rpc-url <url>", "JSON-RPC endpoint")
  .option("--out <file>", "deployment record", "deployment.json")
  .option("--token <address>", "an ERC-20 to pay and stake in, instead of the native currency")
  .option(
    "--unit <wei>",
    `wei (with --token: its smallest units) of one unit (default: ${DEFAULT_PARAMETERS.unit}, a gwei)`,
  )
  .option("--min-stake <units>", "least stake of an operator", String(DEFAULT_PARAMETERS.minStake))
  .option(
    "--unbonding-delay <seconds>",
    "from unbonding to withdrawal",
    String(DEFAULT_PARAMETERS.unbondingDelay),
  )
  .option(
    "--late-claims <seconds>",
    "for which a completed workflow takes claims that a reorganisation took back",
    String(DEFAULT_PARAMETERS.lateClaims),
  )
  .option(
    "--keystore <file>",
    "encrypted key (FROBEN_KEYSTORE_PASSWORD) instead of FROBEN_DEPLOYER_KEY",
  )
  .option("--semaphore", "also Semaphore's verifier and its adapter", false)
  .option(
    "--rollup <file>",
    "also the rollup's verifier, written by provers/noir/write-verifier.ts",
  )
  .option("--genesis-root <root>", "state root that the rollup starts from")
  .option("--json", "print the record as data", false)
  .addHelpText(
    "after",
    "\nExample: FROBEN_DEPLOYER_KEY=0x... npx tsx deploy/deploy.ts --rpc-url http://127.0.0.1:8545 --semaphore",
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

deploy(program.parse().opts<Flags>()).catch((error: unknown) => {
  const known = error instanceof FrobenError ? error : undefined;
  console.error(
    `deploy: ${error instanceof Error ? error.message : String(error)}${known?.hint ? `\n${known.hint}` : ""}`,
  );
  process.exitCode = 1;
});
