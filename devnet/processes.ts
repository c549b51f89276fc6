import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { FrobenError } from "../protocol/errors";
import { TYPESCRIPT_RUNNER } from "../protocol/typescript-loader";
import type { Cleanup } from "./cleanup";

/** A child process of the devnet: its own process group, its log in a file, and a first line that says it is ready. */
export interface ManagedProcess {
  name: string;
  pid: number;
  logFile: string;
  /** Most resident memory so far, MB; 0 once the process is gone. */
  peakRssMb(): number;
  /** Asks it to end, then to end now, then kills its whole group. Resolves when the process is gone. */
  stop(): Promise<void>;
  /** Resolves with the exit code when the process ends by itself. */
  exited: Promise<number>;
}

export interface SpawnOptions {
  name: string;
  /** Arguments of the pinned Node binary. */
  args: string[];
  env: Record<string, string>;
  cwd: string;
  logFolder: string;
  /** Reads the first line of output that announces readiness; returns undefined for any other line. */
  ready: (line: string) => string | undefined;
  timeoutMs: number;
  /** Gets the process before it can do anything. */
  cleanup: Cleanup;
}

/** Arguments that run a TypeScript file of the project with the pinned Node. */
export function typescript(file: string, ...args: string[]): string[] {
  return [TYPESCRIPT_RUNNER, file, ...args];
}

/** A second SIGTERM tells an operator that drains to end now; its children are groups of their own, which only it can end. */
const HURRY_MS = 400;
/** Then it is killed. */
const GRACE_MS = 6_000;
/** Once it has ended, its last words are waited for, which a child of its own that has its output may keep open. */
const LAST_WORDS_MS = 200;

function peakRss(pid: number): number {
  try {
    const line = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return line ? Math.round(Number(line[1]) / 1024) : 0;
  } catch {
    return 0; // not Linux, or gone
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-child.pid!, signal);
  } catch {
    // gone already
  }
}

/** @returns the last lines of a log, for an error message */
export function logTail(file: string, lines = 15): string {
  try {
    return readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return "";
  }
}

/**
 * Starts a process and waits until it says that it is ready.
 * @returns the process and what `ready` read from its output
 * @throws FrobenError `process_failed` with the end of its log when it exits or stays silent for `timeoutMs`
 */
export async function startProcess(options: SpawnOptions): Promise<[ManagedProcess, string]> {
  const logFile = join(options.logFolder, `${options.name}.log`);
  const log = createWriteStream(logFile);
  const child = spawn(process.execPath, options.args, {
    cwd: options.cwd,
    env: options.env,
    detached: true, // a Ctrl-C reaches the devnet only, which stops its children in order
    stdio: ["ignore", "pipe", "pipe"],
  });
  // What a child of its own says after that has no place to go.
  const write = (words: string | Buffer) => void (log.writableEnded || log.write(words));
  child.stderr!.on("data", write);
  const closed = once(child, "close").catch(() => undefined);
  const exited = new Promise<number>((resolve) => {
    child.on("error", () => resolve(1));
    child.on("exit", (code) => resolve(code ?? 1));
  });
  const managed: ManagedProcess = {
    name: options.name,
    pid: child.pid ?? 0,
    logFile,
    peakRssMb: () => peakRss(child.pid ?? 0),
    exited,
    async stop() {
      child.kill("SIGTERM");
      const timers = [
        setTimeout(() => child.kill("SIGTERM"), HURRY_MS),
        setTimeout(() => signalGroup(child, "SIGKILL"), GRACE_MS),
      ];
      await exited;
      timers.forEach(clearTimeout);
      signalGroup(child, "SIGKILL"); // grandchildren that outlived it
      await Promise.race([closed, delay(LAST_WORDS_MS)]);
      log.end();
    },
  };
  options.cleanup.addProcess(() => managed.stop());
  const said = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout! }).on("line", (line) => {
      write(`${line}\n`);
      const answer = options.ready(line);
      if (answer !== undefined) resolve(answer);
    });
  });
  let timer: NodeJS.Timeout | undefined;
  const failed = new Promise<never>((_, reject) => {
    const fail = (why: string) =>
      reject(
        new FrobenError("process_failed", `${options.name} ${why}`, {
          hint: `its log ended with:\n${logTail(logFile)}`,
        }),
      );
    void exited.then((code) =>
      setTimeout(() => fail(`ended with code ${code} before it was ready`), 50),
    );
    timer = setTimeout(
      () => fail(`was not ready after ${options.timeoutMs / 1000} s`),
      options.timeoutMs,
    );
  });
  try {
    const answer = await Promise.race([said, failed]);
    return [managed, answer];
  } catch (error) {
    await managed.stop();
    throw error;
  } finally {
    clearTimeout(timer);
    failed.catch(() => {}); // its later rejection, at a normal exit, is nobody's news
  }
}

/** Reads `{"KEY":"value"}` lines. */
export function jsonLine(key: string): (line: string) => string | undefined {
  return (line) => {
    if (!line.startsWith("{")) return undefined;
    try {
      const value = (JSON.parse(line) as Record<string, unknown>)[key];
      return value === undefined ? undefined : String(value);
    } catch {
      return undefined;
    }
  };
}
