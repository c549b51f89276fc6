import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Digest } from "../../../protocol/digest";
import { FrobenError } from "../../../protocol/errors";
import type { Estimate } from "../../../protocol/estimate";
import { TYPESCRIPT_RUNNER } from "../../../protocol/typescript-loader";
import type { MarketSnapshot } from "./market";
import type { WorkerInput, WorkerOutput } from "./worker";

/** Longest that one estimate computes, milliseconds; no run is begun that would probably end after half of it. */
const MOST_MS = 20_000;
/** Requests that wait while one is computed. */
const MOST_WAITING = 4;
const MOST_MEMORY_MB = 1_024;

const tooLarge = () =>
  new FrobenError("estimate_too_large", "no run could be simulated in time and memory", {
    limit: MOST_MS / 1000,
    status: 422,
    hint: "`froben simulate` runs specs of any size, with no such limit",
  });
const ended = () =>
  new FrobenError("estimate_ended", "the coordinator is about to end", {
    status: 503,
    retryable: true,
  });

/** Makes estimates one after another in a thread of their own, so that whoever asks holds nobody up. */
export class Estimator {
  private last: Promise<unknown> = Promise.resolve();
  private open = 0;
  private worker: Worker | undefined;
  private closed = false;

  /** @param snapshot the market at the moment, as far as these programs are concerned */
  constructor(private readonly snapshot: (programs: Digest[]) => MarketSnapshot) {}

  /**
   * @param body JSON of an estimate's request
   * @throws FrobenError 503 `estimate_busy`, 503 `estimate_ended`, 422 `estimate_too_large`, `body_not_json`, `body_invalid`, those of
   * `parseSpec` and `estimate`
   */
  async estimate(body: Uint8Array): Promise<Estimate> {
    if (this.open > MOST_WAITING)
      throw new FrobenError("estimate_busy", "too many estimates are asked for at once", {
        limit: MOST_WAITING,
        status: 503,
        retryable: true,
        hint: "ask again in a few seconds",
      });
    this.open++;
    const made = this.last.then(() => this.make(body));
    this.last = made.catch(() => {});
    return made.finally(() => this.open--);
  }

  /** Ends what is being computed, and what waits. */
  async close(): Promise<void> {
    this.closed = true;
    await this.worker?.terminate();
  }

  /** The thread: loading its code takes longer than most estimates, so it stays. */
  private async thread(): Promise<Worker> {
    if (this.worker) return this.worker;
    const worker = new Worker(TYPESCRIPT_RUNNER, {
      argv: [join(__dirname, "worker.ts")],
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB },
    });
    this.worker = worker;
    const forget = () => {
      if (this.worker === worker) this.worker = undefined;
    };
    worker.once("exit", forget).on("error", forget);
    await new Promise<void>((resolve, reject) => {
      worker.once("message", () => resolve());
      worker.once("error", reject).once("exit", () => reject(ended()));
    });
    return worker;
  }

  private async make(body: Uint8Array): Promise<Estimate> {
    if (this.closed) throw ended();
    const worker = await this.thread();
    const ask = (input: WorkerInput) => worker.postMessage(input);
    let stop = () => {};
    worker.ref(); // between two estimates it keeps no process alive
    try {
      return await new Promise<Estimate>((resolve, reject) => {
        const answer = (programs: Digest[]) => {
          try {
            ask({ market: this.snapshot(programs) });
          } catch (error) {
            reject(error as Error);
          }
        };
        const hear = (said: WorkerOutput) => {
          if ("programs" in said) answer(said.programs);
          else if ("estimate" in said) resolve(said.estimate);
          else if ("error" in said) {
            const { error, status } = said;
            reject(new FrobenError(error.code, error.message, { ...error, status }));
          }
        };
        const fail = (error: NodeJS.ErrnoException) =>
          reject(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? tooLarge() : error);
        const exit = () => reject(ended());
        const timer = setTimeout(() => {
          this.worker = undefined;
          reject(tooLarge());
          void worker.terminate();
        }, MOST_MS);
        stop = () => {
          clearTimeout(timer);
          worker.off("message", hear).off("error", fail).off("exit", exit);
        };
        worker.on("message", hear).on("error", fail).on("exit", exit);
        ask({ body, budgetMs: MOST_MS / 2 });
      });
    } finally {
      stop();
      worker.unref();
    }
  }
}
