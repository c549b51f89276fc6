/** Who calls it: config.ts, once, to fill in what the environment does not say about the machine. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { availableParallelism, hostname, totalmem } from "node:os";
import { promisify } from "node:util";

export interface Machine {
  /** The same for all operators of one machine, and no secret: a hash of what identifies it. */
  id: string;
  cores: number;
  memoryMb: number;
  gpus: { vramMb: number }[];
}

const run = promisify(execFile);
const BYTES_PER_MB = 1024 * 1024;

/** Total memory in MB, or a container's own limit when that is lower. */
function memoryMb(): number {
  const limit = process.constrainedMemory();
  const total = totalmem();
  return Math.floor((limit > 0 && limit < total ? limit : total) / BYTES_PER_MB);
}

/** @returns the VRAM of each NVIDIA GPU; none when `nvidia-smi` is missing or fails */
async function gpus(): Promise<{ vramMb: number }[]> {
  const query = ["--query-gpu=memory.total", "--format=csv,noheader,nounits"];
  const answer = await run("nvidia-smi", query, { timeout: 10_000 }).catch(() => undefined);
  const lines = answer?.stdout.split("\n").filter((line) => /^\s*\d+\s*$/.test(line)) ?? [];
  return lines.map((line) => ({ vramMb: Number(line) }));
}

function machineId(): string {
  let seed = hostname();
  try {
    seed = readFileSync("/etc/machine-id", "utf8").trim() || seed;
  } catch {
    // Not every system has one; the host name does then.
  }
  return createHash("sha256").update(`froben-machine:${seed}`).digest("hex").slice(0, 32);
}

/** Looks at the machine that this process runs on. */
export async function detectMachine(): Promise<Machine> {
  return {
    id: machineId(),
    cores: availableParallelism(),
    memoryMb: memoryMb(),
    gpus: await gpus(),
  };
}
