import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Cleanup } from "./cleanup";
import { root, type Devnet } from "./network";

/** Where the command line finds a running devnet, so that `npx froben audit` needs no flags. */
const FILE = join(root, ".froben", "devnet.json");

/** Tells the command line about this devnet for as long as it runs. */
export async function writeDevnetFile(devnet: Devnet, cleanup: Cleanup): Promise<void> {
  const { rpcUrl, coordinatorUrl, deployment } = devnet;
  const { market, fromBlock } = deployment;
  await mkdir(join(root, ".froben"), { recursive: true });
  await writeFile(
    FILE,
    `${JSON.stringify({ rpcUrl, coordinatorUrl, market, fromBlock, pid: process.pid }, null, 2)}\n`,
  );
  cleanup.add(() => rm(FILE, { force: true }));
}
