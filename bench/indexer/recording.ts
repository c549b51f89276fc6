import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { Address } from "viem";

/** One block of a chain, as its node answered: JSON text, ready to be answered again. */
export interface RecordedBlock {
  number: number;
  hash: string;
  header: string;
  /** Logs of the market in it, joined by commas. */
  logs: string;
}

export interface Recording {
  chainId: number;
  market: Address;
  fromBlock: number;
  /** The market's, units. */
  minStake: string;
  events: number;
  blocks: RecordedBlock[];
}

const root = join(__dirname, "../..");

/** @returns a file name that changes with everything that the recorded chain depends on */
export function recordingName(events: number, perBlock: number): string {
  const hash = createHash("sha256");
  const sources = ["contracts", "bench/indexer"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.sol$|^(history|many-calls|recording)\.ts$/.test(file))
      .map((file) => join(root, folder, file)),
  );
  for (const file of sources.sort()) hash.update(readFileSync(file));
  return `indexer-${events}-${perBlock}-${hash.digest("hex").slice(0, 16)}.json.gz`;
}

/** Writes a recording whole or not at all. */
export async function writeRecording(file: string, recording: Recording): Promise<void> {
  const { blocks, ...head } = recording;
  const lines = [head, ...blocks].map((part) => JSON.stringify(part));
  const bytes = await promisify(gzip)(lines.join("\n"), { level: 1 });
  await writeFile(`${file}.${process.pid}`, bytes);
  await rename(`${file}.${process.pid}`, file);
}

export async function readRecording(file: string): Promise<Recording> {
  const text = (await promisify(gunzip)(await readFile(file))).toString();
  const [head, ...blocks] = text.split("\n");
  return {
    ...(JSON.parse(head!) as Omit<Recording, "blocks">),
    blocks: blocks.map((line) => JSON.parse(line) as RecordedBlock),
  };
}
