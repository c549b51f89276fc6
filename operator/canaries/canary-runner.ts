/**
 * Who calls it: the sync loop brings offers; operator.ts has it make room for real work. A canary is a finished task that the coordinator
 * asks a newcomer for, to learn what it is worth: it is run as any task, and nobody pays for it. Real work always comes first.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { CanaryAnswer, CanaryOffer } from "../../protocol/canary";
import { FrobenError } from "../../protocol/errors";
import type { InstalledProgram } from "../../sdk/programs";
import type { ArtifactCache } from "../artifacts/cache";
import type { ArtifactTransfer } from "../artifacts/transfer";
import type { OperatorConfig } from "../config";
import type { CoordinatorClient } from "../coordinator-client/client";
import type { Journal } from "../journal/journal";
import type { Log } from "../log";
import type { Execute } from "../run/execute";
import { collectOutputs, type CollectedResult } from "../run/outputs";
import { prepareRun } from "../run/prepare";
import { asError } from "../tasks/as-error";

export interface CanaryRunner {
  /** @returns the canary that is being computed or answered, for the heartbeat */
  held(): string | undefined;
  /** Begins what the coordinator asks for, or gives it back; what it holds already is ignored. */
  take(offer: CanaryOffer): void;
  /** Ends the run of a canary, if there is one: real work is here. @returns when the machine is free of it */
  makeRoom(): Promise<void>;
  /** The same for good. @returns when the coordinator knows, too */
  stop(): Promise<void>;
}

export interface CanaryRunnerDeps {
  config: Pick<OperatorConfig, "offer" | "devices" | "canaries">;
  runsFolder: string;
  programs: ReadonlyMap<string, InstalledProgram>;
  cache: ArtifactCache;
  transfer: ArtifactTransfer;
  execute: Execute;
  coordinator: Pick<CoordinatorClient, "canary">;
  journal: Pick<Journal, "addDuration">;
  log: Log;
  /** Aborts what is under way when the operator ends. */
  signal: AbortSignal;
  /** Whether no task is held, and new ones would be taken. */
  isIdle(): boolean;
  onEnd(outcome: CanaryAnswer["outcome"]): void;
}

interface Current {
  id: string;
  abort: AbortController;
  /** Its program has ended, or never began. */
  over: Promise<void>;
  answered: Promise<void>;
}

/** Answered canaries that are remembered, as an offer may come again that was on its way. */
const ANSWERED_KEPT = 16;

export function createCanaryRunner(deps: CanaryRunnerDeps): CanaryRunner {
  const { config, programs, cache, transfer, journal, log, signal } = deps;
  const answered = new Set<string>();
  let current: Current | undefined;
  let stopping = false;

  /** Why it is not taken, if it is not. */
  function unwilling({ program, resources }: CanaryOffer): "declined" | "displaced" | undefined {
    const { cores, memoryMb, gpus, vramMb } = config.offer;
    const isTooLarge =
      resources.cores > cores ||
      resources.memoryMb > memoryMb ||
      resources.gpus > gpus ||
      (resources.gpus > 0 && resources.vramMb > vramMb);
    if (!config.canaries || isTooLarge || !programs.has(program)) return "declined";
    return stopping || !deps.isIdle() ? "displaced" : undefined;
  }

  async function compute(
    offer: CanaryOffer,
    abort: AbortSignal,
  ): Promise<{ answer: CanaryAnswer; collected?: CollectedResult }> {
    const { canary, program, params, inputs, outputs, resources, runSeconds } = offer;
    const folder = join(deps.runsFolder, `canary-${canary}`);
    try {
      const order = { program: programs.get(program)!, params, inputs, outputs, resources };
      const gpus = config.devices.slice(0, resources.gpus);
      const run = { ...order, runSeconds };
      const request = await prepareRun({ cache, transfer }, run, folder, gpus, abort);
      abort.throwIfAborted();
      const hooks = { signal: abort, onProgress: () => {} };
      const { usage } = await deps.execute(request, hooks);
      const collected = await collectOutputs(cache, request.outputs);
      journal.addDuration(program, usage.wallMs);
      const { result } = collected;
      return { answer: { canary, outcome: "computed", result, usage }, collected };
    } catch (cause) {
      if (abort.aborted) return { answer: { canary, outcome: "given_back", reason: "displaced" } };
      const error = asError(cause);
      log.warn({ canary, code: error.code, err: error }, "the run of a canary failed");
      const code = error.code.slice(0, 64);
      const message = error.message.slice(0, 1000);
      return { answer: { canary, outcome: "failed", code, message } };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** The coordinator wants the bytes only of a result that it does not know. */
  async function tell(answer: CanaryAnswer, collected?: CollectedResult): Promise<void> {
    try {
      await deps.coordinator.canary(answer, signal);
    } catch (error) {
      const isWanted = error instanceof FrobenError && error.code === "result_missing";
      if (!isWanted || !collected) throw error;
      for (const digest of collected.artifacts) await transfer.upload(digest, signal);
      await deps.coordinator.canary(answer, signal);
    }
  }

  async function answer(word: CanaryAnswer, collected?: CollectedResult): Promise<void> {
    const { canary, outcome } = word;
    log.info({ ...word }, "canary answered");
    deps.onEnd(outcome);
    try {
      await tell(word, collected);
      remember(canary);
    } catch (err) {
      if (!signal.aborted) log.warn({ canary, err }, "the answer to a canary was not taken");
    }
  }

  function remember(canary: string): void {
    answered.add(canary);
    const [oldest] = answered;
    if (answered.size > ANSWERED_KEPT) answered.delete(oldest!);
  }

  function begin(offer: CanaryOffer): void {
    const { canary: id, program } = offer;
    const abort = new AbortController();
    log.info({ canary: id, program: programs.get(program)!.name }, "computing a canary");
    const computed = compute(offer, abort.signal);
    const end = computed
      .then((made) => answer(made.answer, made.collected))
      .finally(() => (current = undefined));
    const over = computed.then(() => undefined);
    current = { id, abort, over, answered: end };
  }

  async function makeRoom(): Promise<void> {
    if (!current) return;
    current.abort.abort();
    await current.over;
  }

  return {
    held: () => current?.id,
    take(offer) {
      const { canary } = offer;
      if (current?.id === canary || answered.has(canary)) return;
      const reason = current ? "displaced" : unwilling(offer);
      if (reason === undefined) return begin(offer);
      remember(canary);
      void answer({ canary, outcome: "given_back", reason });
    },
    makeRoom,
    async stop() {
      stopping = true;
      const last = current;
      await makeRoom();
      await last?.answered;
    },
  };
}
