/**
 * Who calls it: the chain loop after each look at the chain, operator.ts after each run. Computed results go out once
 * their claim is on-chain, and not before: until then anyone who saw the bytes could claim the task with them.
 */
import { FrobenError } from "../../protocol/errors";
import type { SignedAssignment } from "../../protocol/http";
import type { ArtifactCache } from "../artifacts/cache";
import type { ArtifactTransfer } from "../artifacts/transfer";
import type { Clock } from "../clock";
import type { CoordinatorClient } from "../coordinator-client/client";
import { PATIENT, withRetry } from "../coordinator-client/retry";
import type { Holdings } from "../holdings/holdings";
import { isDead, type HeldTask, type Holding } from "../holdings/phase";
import type { Log } from "../log";
import { artifactsOfResult } from "../run/outputs";
import { stepOf, type TaskTraces } from "../traces";
import type { ResultOutbox } from "./result-outbox";

export interface Reporter {
  /** Reports the computed ones among these tasks, whose claims are on-chain. */
  report(holding: Holding, tasks: HeldTask[]): void;
  /** Tells the coordinator that an attempt ended without a result. */
  fail(holding: Holding, task: HeldTask, error: FrobenError): void;
  /** Tells the coordinator that a task of an assignment is not taken. */
  refuse(signed: SignedAssignment, task: number, attempt: number, error: FrobenError): void;
  /** Resolves when nothing is on its way. */
  idle(): Promise<void>;
}

export interface ReporterDeps {
  holdings: Holdings;
  cache: ArtifactCache;
  transfer: ArtifactTransfer;
  outbox: ResultOutbox;
  coordinator: Pick<CoordinatorClient, "failure">;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  traces: TaskTraces;
  /** A task was reported or died of it. */
  onChange(): void;
}

export function createReporter(deps: ReporterDeps): Reporter {
  const { holdings, cache, transfer, outbox, coordinator, clock, log, signal, traces } = deps;
  const busy = new Map<HeldTask, Promise<void>>();
  const others = new Set<Promise<void>>();
  /** Tasks whose results the coordinator has taken, about to be moved on. */
  const reported: HeldTask[] = [];
  let moving = Promise.resolve();

  async function send(holding: Holding, task: HeldTask): Promise<void> {
    const { signed } = holding;
    const result = task.result!;
    await traces.during([stepOf("upload", holding, task)], async () => {
      for (const digest of await artifactsOfResult(cache, signed.outputs, result))
        await transfer.upload(digest, signal);
    });
    if (isDead(task.phase)) return; // cancelled meanwhile
    const { workflow, task: index, attempt, root } = task;
    const report = { workflow, task: index, attempt, root, result, usage: task.usage! };
    await withRetry(clock, PATIENT, signal, () => outbox.send(report));
    await moveOn(task);
  }

  /** Moves a task on together with those whose results were taken with its own; one write to the disk serves all. */
  function moveOn(task: HeldTask): Promise<void> {
    if (reported.push(task) === 1)
      moving = new Promise((resolve, reject) => {
        setImmediate(() => {
          try {
            resolve(write(reported.splice(0)));
          } catch (error) {
            reject(error as Error);
          }
        });
      });
    return moving;
  }

  function write(tasks: HeldTask[]): void {
    signal.throwIfAborted(); // the journal may be closed; the next life reports them again
    holdings.together(() => {
      for (const task of tasks) if (task.phase === "computed") holdings.move(task, "reported");
    });
    const names = tasks.map(({ workflow, task, attempt }) => `${workflow}/${task}/${attempt}`);
    log.info({ tasks: names }, "results reported");
  }

  function tellFailure(
    { workflow, root }: SignedAssignment,
    task: number,
    attempt: number,
    error: FrobenError,
  ): void {
    const inputRefused = error.code === "run_input_refused";
    const message = error.message.slice(0, 1000);
    const code = error.code.slice(0, 64);
    const report = { workflow, task, attempt, root, code, message, inputRefused };
    const sending: Promise<void> = coordinator
      .failure(report, signal)
      .catch((cause: unknown) => {
        log.warn({ workflow, task, attempt, err: cause }, "the failure was not taken");
      })
      .finally(() => others.delete(sending));
    others.add(sending);
  }

  return {
    report(holding, tasks) {
      for (const task of tasks) {
        if (task.phase !== "computed" || busy.has(task)) continue;
        const sending = send(holding, task)
          .catch((error: unknown) => {
            if (signal.aborted) return; // the next life reports it
            const { workflow, task: index, attempt } = task;
            log.warn({ workflow, task: index, attempt, err: error }, "the result was not taken");
            if (error instanceof FrobenError && !error.retryable)
              holdings.move(task, "failed", { reason: `${error.code}: ${error.message}` });
          })
          .finally(() => {
            busy.delete(task);
            deps.onChange();
          });
        busy.set(task, sending);
      }
    },
    fail({ signed }, { task, attempt }, error) {
      tellFailure(signed, task, attempt, error);
    },
    refuse: tellFailure,
    async idle() {
      await Promise.all([...busy.values(), ...others]);
    },
  };
}
