import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createTestClient, http } from "viem";
import { mnemonicToAccount, type HDAccount } from "viem/accounts";
import { hardhat } from "viem/chains";
import type { Cleanup } from "./cleanup";
import { startProcess, type ManagedProcess } from "./processes";

/** Hardhat's public test mnemonic: every key of the devnet comes from it, and none of them is a secret. */
const MNEMONIC = "test test test test test test test test test test test junk";

export const ROLES = {
  deployer: 0,
  coordinator: 1,
  requesters: 2,
  auditor: 4,
  operators: 5,
} as const;

/** @param index see ROLES */
export function devnetAccount(index: number): HDAccount {
  return mnemonicToAccount(MNEMONIC, { addressIndex: index });
}

/** @returns a private key, for the environment of a child process */
export function devnetKey(index: number): string {
  return `0x${Buffer.from(devnetAccount(index).getHdKey().privateKey!).toString("hex")}`;
}

export interface LocalChain {
  process: ManagedProcess;
  rpcUrl: string;
  /** Switches to a block time. */
  slowDown(seconds: number): Promise<void>;
  /** Ends the log of calls and transactions, which takes the node about as long as running them does. */
  quiet(): Promise<void>;
}

/**
 * Starts a local Hardhat chain that mines at once; `slowDown` switches it to a block time.
 * @param config Hardhat configuration, relative to `root`
 */
export async function startChain(
  root: string,
  logFolder: string,
  env: Record<string, string>,
  cleanup: Cleanup,
  config = "hardhat.config.ts",
): Promise<LocalChain> {
  const [process, rpcUrl] = await startProcess({
    name: "chain",
    args: [
      join(root, "node_modules/hardhat/internal/cli/bootstrap.js"),
      "--config",
      join(root, config),
      "node",
      "--port",
      "0",
      "--hostname",
      "127.0.0.1",
    ],
    env,
    cwd: root,
    logFolder,
    ready: (line) => /JSON-RPC server at (http:\S+?)\/?$/.exec(line)?.[1],
    timeoutMs: 60_000,
    cleanup,
  });
  const test = createTestClient({ mode: "hardhat", chain: hardhat, transport: http(rpcUrl) });
  return {
    process,
    rpcUrl,
    quiet: () =>
      test.request({ method: "hardhat_setLoggingEnabled" as never, params: [false] as never }),
    async slowDown(seconds) {
      await test.setAutomine(false);
      // A block's time counts whole seconds: blocks that fall on them say exactly when they were made.
      await delay(1000 - (Date.now() % 1000));
      // Hardhat's interval mining counts in milliseconds, unlike what viem's type says.
      await test.request({
        method: "evm_setIntervalMining" as never,
        params: [seconds * 1000] as never,
      });
    },
  };
}

/** Gives the first `count` accounts of the mnemonic ether; a Hardhat node funds only twenty by itself. */
export async function fundAccounts(rpcUrl: string, count: number): Promise<void> {
  const test = createTestClient({ mode: "hardhat", chain: hardhat, transport: http(rpcUrl) });
  for (let index = 0; index < count; index++)
    await test.setBalance({ address: devnetAccount(index).address, value: 10_000n * 10n ** 18n });
}
