import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { FrobenError } from "../../protocol/errors";

export interface RunLimits {
  /** Wall time. */
  seconds: number;
  /** Resident memory of the whole process group; enforced where /proc tells it. */
  memoryMb: number;
}

const LOOK_MS = 500;
const KEPT_STDERR = 4_000; // characters
const PAGE_MB = 4096 / 2 ** 20;

/** Resident memory of a process group, MB; 0 where /proc is missing. */
function groupRssMb(group: number): number {
  let pages = 0;
  try {
    for (const pid of readdirSync("/proc")) {
      if (!/^\d+$/.test(pid)) continue;
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        // After the name, which may hold spaces: state, parent, group, ..., resident pages.
        const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        if (Number(fields[2]) === group) pages += Number(fields[21]);
      } catch {
        // ended meanwhile
      }
    }
  } catch {
    return 0; // not Linux
  }
  return pages * PAGE_MB;
}

function killGroup(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, "SIGKILL");
  } catch {
    // gone already
  }
}

const broken = (what: string, limit: number) =>
  new FrobenError("validation_failed", `the validation program ${what}`, {
    limit,
    retryable: true,
  });

/**
 * Runs a command in its own process group, which is dead when this returns.
 * @returns the exit code and the end of what it wrote to stderr
 * @throws FrobenError `validation_failed` (retryable) when a limit was broken, the program could not be started or was killed
 */
export async function runLimited(
  command: string[],
  options: { cwd: string; env: Record<string, string>; limits: RunLimits; signal: AbortSignal },
): Promise<{ code: number; stderr: string }> {
  const { limits, signal } = options;
  signal.throwIfAborted();
  const [file, ...args] = command as [string, ...string[]];
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-KEPT_STDERR);
  });
  let why: unknown;
  const stop = (reason: unknown) => {
    why ??= reason;
    killGroup(child);
  };
  const onAbort = () => stop(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const deadline = setTimeout(
    () => stop(broken("ran too long", limits.seconds)),
    limits.seconds * 1000,
  );
  const looks = setInterval(() => {
    if (child.pid && groupRssMb(child.pid) > limits.memoryMb)
      stop(broken("used too much memory", limits.memoryMb));
  }, LOOK_MS);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    if (why) throw why as Error;
    if (code === null) throw broken("was killed", 0);
    return { code, stderr };
  } catch (cause) {
    if (why || cause instanceof FrobenError) throw cause;
    throw new FrobenError("validation_failed", "the validation program could not be started", {
      retryable: true,
      cause,
    });
  } finally {
    clearTimeout(deadline);
    clearInterval(looks);
    signal.removeEventListener("abort", onAbort);
    killGroup(child);
  }
}
