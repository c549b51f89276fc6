/** Who calls it: program-runner.ts, for the time of one run. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { FrobenError } from "../../protocol/errors";
import type { Clock } from "../clock";
import { groupMeter, type GroupUsage } from "./proc";

export interface RunLimits {
  runSeconds: number;
  memoryMb: number;
  maxOutputBytes: number;
}

/** Time between two looks: doubles from the first to the last, so that short runs are measured too. */
const FIRST_LOOK_MS = 20;
const LAST_LOOK_MS = 500;

/** Bytes of everything in a folder; what vanishes meanwhile counts nothing. */
export function folderBytes(folder: string): number {
  let bytes = 0;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      bytes += entry.isDirectory() ? folderBytes(path) : entry.isFile() ? statSync(path).size : 0;
    }
  } catch {
    // a temporary file of the program that is gone again
  }
  return bytes;
}

function broken(
  limits: RunLimits,
  elapsedMs: number,
  usage: GroupUsage | undefined,
  bytes: number,
) {
  if (elapsedMs > limits.runSeconds * 1000)
    return new FrobenError("run_timeout", "the program ran longer than its limit", {
      field: "limits.runSeconds",
      limit: limits.runSeconds,
      value: Math.round(elapsedMs / 1000),
    });
  if (usage && usage.privateMb > limits.memoryMb)
    return new FrobenError("run_memory", "the program used more memory than it asked for", {
      field: "resources.memoryMb",
      limit: limits.memoryMb,
      value: Math.round(usage.privateMb),
    });
  if (bytes > limits.maxOutputBytes)
    return new FrobenError("run_output_too_large", "the program wrote more than is allowed", {
      field: "outputs",
      limit: limits.maxOutputBytes,
      value: bytes,
    });
  return undefined;
}

/**
 * Watches a process group until `stop` aborts.
 * @param folder private folder of the run, whose size is limited
 * @param onBroken called once, with the first limit that is broken
 * @returns the most that was seen in use
 */
export async function watch(
  clock: Clock,
  group: number,
  folder: string,
  limits: RunLimits,
  stop: AbortSignal,
  onBroken: (error: FrobenError) => void,
): Promise<{ cpuMs: number; maxRssMb: number }> {
  const started = clock.now();
  const seen = { cpuMs: 0, maxRssMb: 0 };
  const look = groupMeter(group);
  let reported = false;
  let pause = FIRST_LOOK_MS;
  while (!stop.aborted) {
    const elapsed = clock.now() - started;
    const usage = look();
    if (usage) {
      seen.cpuMs = Math.max(seen.cpuMs, usage.cpuMs);
      seen.maxRssMb = Math.max(seen.maxRssMb, usage.rssMb);
    }
    const error = broken(limits, elapsed, usage, folderBytes(folder));
    if (error && !reported) {
      reported = true;
      onBroken(error);
    }
    await clock.sleep(pause, stop);
    pause = Math.min(LAST_LOOK_MS, pause * 2);
  }
  return seen;
}
