/**
 * Who calls it: operator.ts rings it whenever there may be something to run. Queued tasks become computed ones, as many
 * at a time as the operator offers room for.
 */
import { rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { FrobenError } from "../../protocol/errors";
import type { InstalledProgram } from "../../sdk/programs";
import type { ArtifactTransfer } from "../artifacts/transfer";
import { digestsOf } from "../assignments/step-terms";
import type { OperatorConfig } from "../config";
import { isDead, type HeldTask, type Holding } from "../holdings/phase";
import type { Execute, ExecuteRequest } from "../run/execute";
import { collectOutputs } from "../run/outputs";
import { prepareRun } from "../run/prepare";
import { stepOf, type TaskTraces } from "../traces";
import { asError } from "./as-error";
import { createBuiltinRunner, type BuiltinRunnerDeps } from "./builtin-runner";
import { Devices } from "./devices";
import { inLine } from "./line";
import { Room, startWaiting, type Waiting } from "./room";

export interface TaskRunner {
  /** Starts what there is room for. */
  start(): void;
  /** Ends a run whose task is dead. */
  cancel(task: HeldTask): void;
  /** Kills all runs and waits for them; nothing starts any more. */
  stop(): Promise<void>;
}

export interface TaskRunnerDeps extends BuiltinRunnerDeps {
  config: Pick<OperatorConfig, "offer" | "devices" | "concurrency">;
  runsFolder: string;
  programs: Map<string, InstalledProgram>;
  transfer: ArtifactTransfer;
  execute: Execute;
  traces: TaskTraces;
}

interface Run {
  task: HeldTask;
  holding: Holding;
  gpus: number[];
  abort: AbortController;
  ended: Promise<void>;
}

/** Progress of a task whose program says that it is done, but still runs. */
const MAX_RUNNING_PROGRESS = 0.99;

export function createTaskRunner(deps: TaskRunnerDeps): TaskRunner {
  const { config, holdings, programs, cache, transfer, clock, log, traces } = deps;
  const runs = new Map<HeldTask, Run>();
  const runBuiltin = createBuiltinRunner(deps);
  const room = new Room(config.offer, config.concurrency);
  const devices = new Devices<HeldTask>(config.devices);
  let stopping = false;
  // What a crashed predecessor left.
  rmSync(deps.runsFolder, { recursive: true, force: true });

  function prepare(run: Run, folder: string): Promise<ExecuteRequest> {
    const { signed } = run.holding;
    const { params, outputs, resources, limits } = signed;
    const order = {
      program: programs.get(signed.program)!,
      params,
      inputs: digestsOf(signed.tasks.find((one) => one.task === run.task.task)!),
      outputs,
      resources,
      runSeconds: limits.runSeconds,
    };
    return prepareRun({ cache, transfer }, order, folder, run.gpus, run.abort.signal);
  }

  async function work(run: Run): Promise<void> {
    const { task, holding } = run;
    const { signed } = holding;
    const name = `${task.workflow}-${task.task}-${task.attempt}`;
    const folder = join(deps.runsFolder, name);
    const fields = { workflow: task.workflow, task: task.task, attempt: task.attempt };
    try {
      const request = await traces.during([stepOf("fetch", holding, task)], () =>
        prepare(run, folder),
      );
      if (run.abort.signal.aborted) throw new FrobenError("run_cancelled", "the run was cancelled");
      task.runningSince = clock.now();
      log.info({ ...fields, program: request.program.name }, "running");
      const { usage } = await traces.during([stepOf("run", holding, task)], () =>
        deps.execute(request, {
          signal: run.abort.signal,
          // Only a computed task is at 1: the coordinator then takes the machine to be free.
          onProgress: ({ progress, note }) =>
            Object.assign(task, { progress: Math.min(progress, MAX_RUNNING_PROGRESS), note }),
        }),
      );
      const { result } = await collectOutputs(cache, request.outputs);
      const inputs = digestsOf(signed.tasks.find((one) => one.task === task.task)!);
      await deps.checkResult(signed, inputs, result);
      deps.journal.addDuration(signed.program, usage.wallMs);
      const committableSince = clock.now();
      if (holdings.move(task, "computed", { result, usage, progress: 1, committableSince })) {
        log.info({ ...fields, result, ...usage }, "computed");
        deps.onEnd(holding, task);
      }
    } catch (cause) {
      const error = run.abort.signal.aborted
        ? new FrobenError("run_cancelled", "the run was cancelled", { cause })
        : asError(cause);
      if (stopping && error.code === "run_cancelled") return; // it starts again in the next life
      if (holdings.move(task, "failed", { reason: `${error.code}: ${error.message}` })) {
        log.warn({ ...fields, code: error.code, err: error }, "the run failed");
        deps.onEnd(holding, task, error);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
      runs.delete(task);
      room.giveBack(signed.resources);
      devices.giveBack(task);
      start();
    }
  }

  function begin(holding: Holding, task: HeldTask): boolean {
    if (!holdings.move(task, "running", { progress: 0 })) return false;
    const gpus = devices.take(task, holding.signed.resources.gpus);
    const abort = new AbortController();
    const run: Run = { task, holding, gpus, abort, ended: Promise.resolve() };
    runs.set(task, run);
    run.ended = work(run);
    return true;
  }

  function start(): void {
    if (stopping) return;
    const queue = inLine(holdings.undecided())
      .filter((holding) => !runBuiltin(holding))
      .map((holding): Waiting<() => boolean> => ({
        need: holding.signed.resources,
        tasks: holding.tasks
          .filter(({ phase }) => phase === "queued")
          .map((task) => () => begin(holding, task)),
      }));
    startWaiting(room, queue, (beginIt) => beginIt());
  }

  return {
    start,
    cancel(task) {
      if (isDead(task.phase)) runs.get(task)?.abort.abort();
    },
    async stop() {
      stopping = true;
      const all = [...runs.values()];
      for (const run of all) run.abort.abort();
      await Promise.all(all.map((run) => run.ended));
    },
  };
}
