/** Who calls it: the task runner, through the `Execute` seam. One child process group per run. */
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { constants } from "node:os";
import { FrobenError } from "../../protocol/errors";
import { PROGRAM_EXIT, progressSchema } from "../../protocol/program";
import type { Clock } from "../clock";
import type { Journal } from "../journal/journal";
import type { Log } from "../log";
import type { Execute, ExecuteRequest, Progress } from "./execute";
import {
  findIsolation,
  weaknessOf,
  withKernelLimits,
  type IsolationNeeds,
} from "../../machine/isolation";
import { killMarked, RUN_MARK } from "./proc";
import { watch } from "./watchdog";

/** How long a program that was asked to stop may take. */
const STOP_GRACE_MS = 4_000;
/** The end of a program's diagnostics that goes into a failure's message. */
const TAIL_CHARACTERS = 700;

export interface RunnerOptions {
  /** Environment that programs get besides what names their run. */
  passEnv: Record<string, string>;
  isolation: IsolationNeeds;
  journal: Pick<Journal, "addRun" | "endRun" | "unfinishedRuns">;
  clock: Clock;
  log: Log;
}

/** The program's own arguments. */
export function programArguments(request: ExecuteRequest): string[] {
  const pairs = (option: string, values: [string, string][]) =>
    values.flatMap(([name, value]) => [`--${option}`, `${name}=${value}`]);
  return [
    ...pairs("in", Object.entries(request.inputs)),
    ...pairs(
      "out",
      Object.entries(request.outputs).map(([name, { path }]) => [name, path]),
    ),
    ...pairs("param", Object.entries(request.params)),
  ];
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // the group is gone
  }
}

function readProgress(line: string): Progress | undefined {
  try {
    return progressSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined; // a program may print what it likes beside its progress
  }
}

function exitError(
  code: number | null,
  signal: string | null,
  tail: string,
): FrobenError | undefined {
  if (code === PROGRAM_EXIT.ok) return undefined;
  const said = tail.trim() || "it said nothing";
  if (code === PROGRAM_EXIT.inputRefused)
    return new FrobenError("run_input_refused", `the program refuses its inputs: ${said}`);
  if (code === PROGRAM_EXIT.usage)
    return new FrobenError("run_usage", `the program was called wrongly: ${said}`);
  // bubblewrap says by which signal its child ended as a shell does.
  if (signal === "SIGXCPU" || code === 128 + constants.signals.SIGXCPU)
    return new FrobenError("run_cpu_time", "the program used all the CPU time of its task", {
      field: "limits.runSeconds",
    });
  const how = signal === null ? `with code ${code}` : `by ${signal}`;
  return new FrobenError("run_failed", `the program ended ${how}: ${said}`, { retryable: true });
}

/**
 * Makes the product's own executor, and ends what a crashed predecessor left running.
 * @returns runs a program under its time, memory and output limits, in its own process group, with a near-empty
 * environment and as far from the rest of the machine as the system can put it
 */
export async function createProgramRunner(options: RunnerOptions): Promise<Execute> {
  const { journal, clock } = options;
  for (const id of journal.unfinishedRuns()) {
    killMarked(id);
    journal.endRun(id);
  }
  const isolation = await findIsolation(options.isolation);
  const weakness = weaknessOf(isolation.kind, options.isolation);
  if (weakness !== undefined) options.log.warn(weakness);

  return async (request, { onProgress, signal }) => {
    const { resources, gpus, folder, maxOutputBytes, runSeconds } = request;
    const id = randomUUID();
    const temp = `${folder}/tmp`;
    mkdirSync(temp, { recursive: true });
    const bare = [...request.program.command, ...programArguments(request)];
    const [file, ...args] = withKernelLimits(isolation.wrap(bare, folder), {
      maxFileBytes: maxOutputBytes,
      cpuSeconds: runSeconds * resources.cores,
    }) as [string, ...string[]];
    journal.addRun(id);
    const started = clock.now();
    const child = spawn(file, args, {
      cwd: folder,
      detached: true, // its own process group, so that all of it can be killed
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...options.passEnv,
        [RUN_MARK]: id,
        TMPDIR: temp,
        THREADS: String(resources.cores),
        HARDWARE_CONCURRENCY: String(resources.cores),
        // CUDA counts by speed unless told to count as nvidia-smi does; an empty list hides all GPUs.
        CUDA_DEVICE_ORDER: "PCI_BUS_ID",
        CUDA_VISIBLE_DEVICES: gpus.join(","),
      },
    });
    let tail = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      tail = (tail + text).slice(-TAIL_CHARACTERS);
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      const progress = readProgress(line);
      if (progress) onProgress(progress);
    });

    let stopped: FrobenError | undefined;
    let killTimer: NodeJS.Timeout | undefined;
    const stop = (error: FrobenError) => {
      if (stopped) return;
      stopped = error;
      signalGroup(child, "SIGTERM");
      killTimer = setTimeout(() => signalGroup(child, "SIGKILL"), STOP_GRACE_MS);
    };
    const cancel = () => stop(new FrobenError("run_cancelled", "the run was cancelled"));
    signal.addEventListener("abort", cancel, { once: true });
    if (signal.aborted) cancel();

    const ended = new AbortController();
    const limits = { runSeconds, memoryMb: resources.memoryMb, maxOutputBytes };
    const watched = watch(clock, child.pid ?? 0, folder, limits, ended.signal, stop);
    const [code, by] = await new Promise<[number | null, string | null]>((resolve) => {
      child.once("error", (error) => {
        tail += String(error);
        resolve([1, null]);
      });
      child.once("exit", (c, s) => resolve([c, s]));
    });
    clearTimeout(killTimer);
    signal.removeEventListener("abort", cancel);
    ended.abort();
    // Nothing of a run outlives it: neither its group nor what left the group.
    signalGroup(child, "SIGKILL");
    killMarked(id);
    journal.endRun(id);
    const seen = await watched;
    const error = stopped ?? exitError(code, by, tail);
    if (error) throw error;
    return { usage: { wallMs: clock.now() - started, ...seen } };
  };
}
