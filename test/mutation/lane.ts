import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { FrobenError } from "../../protocol/errors";
import { TYPESCRIPT_LOADER } from "../../protocol/typescript-loader";
import type { Request } from "./messages";

type Answer<T> = { value: T; memoryMb: number } | { error: string };

/** A worker that takes more is replaced: Hardhat's node keeps what it was told of every mutant. */
const MEMORY_MB = 1500;

/** A worker ended before it answered. */
export class WorkerEnded extends Error {}

/** One worker process at a time, started when it is needed and again after it ended. */
export class Lane {
  private child: ChildProcess | undefined;
  /** The end of what the worker wrote to its error stream. */
  private said = "";
  /** Set for good by `end`. */
  ended = false;

  /**
   * @param project the copy of the project that the worker works in
   * @param folder where the shared files are
   */
  constructor(
    private readonly project: string,
    private readonly folder: string,
  ) {}

  /**
   * Asks the worker and waits.
   * @param limitMs after this the worker is ended
   * @returns its answer, or `late`
   * @throws WorkerEnded
   */
  async ask<T>(request: Request, limitMs: number): Promise<T | "late"> {
    const child = await this.started();
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, limitMs);
    try {
      child.send(request);
      const answer = await next<Answer<T>>(child);
      if ("error" in answer) throw new WorkerEnded(answer.error);
      if (answer.memoryMb > MEMORY_MB) await this.stop();
      return answer.value;
    } catch (error) {
      this.child = undefined;
      if (late) return "late";
      throw new WorkerEnded(`${(error as Error).message} ${this.said}`.trim());
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the worker; none is started again. */
  async end(): Promise<void> {
    this.ended = true;
    await this.stop();
  }

  private async stop(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  private async started(): Promise<ChildProcess> {
    if (this.ended) throw new WorkerEnded("the check was stopped");
    if (this.child?.connected) return this.child;
    const child = fork(join(this.project, "test", "mutation", "worker.ts"), [this.folder], {
      cwd: this.project,
      execArgv: ["--import", TYPESCRIPT_LOADER],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.child = child;
    this.said = "";
    child.stderr!.on("data", (chunk: Buffer) => {
      this.said = (this.said + chunk.toString()).slice(-2000);
    });
    const { ready } = await next<{ ready: boolean }>(child).catch(() => {
      throw new FrobenError("mutation_worker", "a worker did not start", { hint: this.said });
    });
    if (!ready)
      throw new FrobenError("mutation_compiler", "the contracts were built by another compiler", {
        hint: "the pinned solc package must be what hardhat.config.ts compiles with",
      });
    return child;
  }
}

/** @returns the next message of a process @throws WorkerEnded */
function next<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown) => {
      child.off("exit", onExit);
      resolve(message as T);
    };
    const onExit = (code: number | null, signal: string | null) => {
      child.off("message", onMessage);
      reject(new WorkerEnded(`the worker ended with ${signal ?? code}`));
    };
    child.once("message", onMessage);
    child.once("exit", onExit);
  });
}
