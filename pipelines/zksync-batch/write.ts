import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { zksyncBatch } from "./batch";
import { FLEET } from "./parameters";

// `node bin/bootstrap.mjs pipelines/zksync-batch/write.ts SEED FOLDER`: writes batch-SEED.json and fleet.json for `froben simulate`.

async function main(): Promise<void> {
  const [seed, folder] = process.argv.slice(2);
  if (!/^\d{1,9}$/.test(seed ?? "") || !folder) throw new Error("usage: write.ts SEED FOLDER");
  await mkdir(folder, { recursive: true });
  const write = (name: string, data: unknown) =>
    writeFile(join(folder, name), `${JSON.stringify(data, null, 2)}\n`);
  await write(`batch-${seed}.json`, zksyncBatch(Number(seed)));
  await write("fleet.json", FLEET);
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
