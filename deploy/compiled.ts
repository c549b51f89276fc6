import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Abi, Hex } from "viem";
import { FrobenError } from "../protocol/errors";

const root = join(__dirname, "..");
const artifacts = join(root, "artifacts");

/** What Hardhat makes of one contract. */
export interface Compiled {
  contractName: string;
  abi: Abi;
  bytecode: Hex;
  deployedBytecode: Hex;
}

/** @returns Unix time, milliseconds, of the newest file below a folder */
function newest(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (time, entry) => Math.max(time, statSync(join(entry.parentPath, entry.name)).mtimeMs),
      0,
    );
}

let compiling: Promise<void> | undefined;

/** Whether the sources changed since the last compilation. */
function isStale(): boolean {
  const cache = join(root, "cache", "solidity-files-cache.json");
  if (!existsSync(artifacts) || !existsSync(cache)) return true;
  const config = statSync(join(root, "hardhat.config.ts")).mtimeMs;
  return statSync(cache).mtimeMs <= Math.max(newest(join(root, "contracts")), config);
}

async function compile(): Promise<void> {
  const hardhat = join(root, "node_modules/hardhat/internal/cli/bootstrap.js");
  const child = spawn(process.execPath, [hardhat, "compile", "--quiet"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = () => void child.kill();
  process.once("exit", kill); // whoever stops this process stops the compiler too
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  process.off("exit", kill);
  if (code !== 0)
    throw new FrobenError("compile_failed", "the contracts do not compile", { hint: said });
}

/**
 * Compiles the contracts in a process of its own, if their sources changed since the last time.
 * @throws FrobenError `compile_failed` with what the compiler said
 */
export function ensureCompiled(): Promise<void> {
  compiling ??= isStale() ? compile() : Promise.resolve();
  return compiling;
}

/**
 * Reads a compiled contract.
 * @param source path below contracts/, e.g. `Market.sol`
 * @throws FrobenError `not_compiled`
 */
export function readCompiled(source: string, contractName: string): Compiled {
  const below = source.startsWith("@") ? source : join("contracts", source);
  const path = join(artifacts, below, `${contractName}.json`);
  if (!existsSync(path))
    throw new FrobenError("not_compiled", `${contractName} is not compiled`, {
      value: path,
      hint: "run npx hardhat compile",
    });
  return JSON.parse(readFileSync(path, "utf8")) as Compiled;
}
