/** Runs Barretenberg's native prover as a child process. */
import { spawn } from "node:child_process";
import type { Toolchain } from "./toolchain";

export interface BbOptions {
  /** Stops the child when it aborts. */
  signal?: AbortSignal;
  /** How many threads it may use. */
  threads?: number;
}

interface BbResult {
  code: number;
  /** The end of what it printed. */
  tail: string;
}

const TAIL_CHARACTERS = 2_000;

function spawnBb(
  { bb, crs }: Pick<Toolchain, "bb" | "crs">,
  args: readonly string[],
  { signal, threads = 2 }: BbOptions,
): Promise<BbResult> {
  return new Promise((resolve, reject) => {
    const { PATH, HOME, TMPDIR } = process.env;
    const child = spawn(bb, args, {
      env: { PATH, HOME, TMPDIR, CRS_PATH: crs, HARDWARE_CONCURRENCY: String(threads) },
      stdio: ["ignore", "pipe", "pipe"],
      signal,
      // It holds nothing that a polite end would save, and the caller removes its files.
      killSignal: "SIGKILL",
    });
    let tail = "";
    const keep = (chunk: Buffer) => (tail = (tail + chunk.toString()).slice(-TAIL_CHARACTERS));
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", reject);
    child.once("close", (code, killedBy) =>
      code === null
        ? reject(new Error(`bb ${args[0]} was killed by ${killedBy}; out of memory?\n${tail}`))
        : resolve({ code, tail }),
    );
  });
}

/**
 * Runs bb to its end.
 * @param args subcommand and options
 * @throws Error with the end of its output when it fails or is killed
 */
export async function runBb(
  toolchain: Pick<Toolchain, "bb" | "crs">,
  args: readonly string[],
  options: BbOptions = {},
): Promise<void> {
  const { code, tail } = await spawnBb(toolchain, args, options);
  if (code !== 0) throw new Error(`bb ${args[0]} exited with ${code}:\n${tail}`);
}

/** What bb prints when the machine is at fault and not the proof; it exits with 1 for both. */
const MACHINE_FAULT =
  /bad_alloc|out of memory|no space left|failed to open|unable to open|no such file|download|crs/i;

/**
 * Runs `bb verify`.
 * @returns what bb says is wrong, or undefined when the proof is valid
 * @throws Error when bb could not tell
 */
export async function verifyWithBb(
  toolchain: Pick<Toolchain, "bb" | "crs">,
  args: readonly string[],
  options: BbOptions = {},
): Promise<string | undefined> {
  const { code, tail } = await spawnBb(toolchain, args, options);
  if (code === 0) return undefined;
  if (code !== 1 || MACHINE_FAULT.test(tail))
    throw new Error(`bb verify exited with ${code}:\n${tail}`);
  return `bb refuses the proof: ${tail.trim().split("\n").at(-1) ?? ""}`;
}
