import { createHash } from "node:crypto";

/** Numbers from 0 to 1 that follow from a seed alone: SHA-256 in counter mode. */
export function randomOf(seed: string): () => number {
  let count = 0;
  return () => createHash("sha256").update(`${seed}/${count++}`).digest().readUInt32BE(0) / 2 ** 32;
}

export const pick = <T>(random: () => number, items: readonly T[]): T =>
  items[Math.floor(random() * items.length)]!;

export const between = (random: () => number, least: number, most: number): number =>
  least + Math.floor(random() * (most - least + 1));
