import { setTimeout as delay } from "node:timers/promises";
import { taskViewSchema } from "../../protocol/http";
import { FrobenError, submit, waitFor } from "../../sdk";
import type { AuditReport } from "../../offchain/audit/report";
import { check } from "./checks";
import type { ChaosMarket } from "./market/market";
import { chaosWorkflow } from "./market/workflow";
import { randomOf } from "./random";
import type { Scenario, Scene } from "./scenario";

/** What became of one scenario. */
export interface Played {
  name: string;
  seed: string;
  milliseconds: number;
  /** What is wrong; none: it passed. */
  faults: string[];
  /** What the fault did. */
  notes: string[];
  /** How often processes died. */
  deaths: number;
}

const LOOK_MS = 50;
const TIMEOUT_MS = 480_000;

/** As a requester does whose own process is started again: the same once more, however long its coordinator is away. */
async function patiently<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;)
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof FrobenError && error.retryable) || signal.aborted) throw error;
      await delay(LOOK_MS * 5);
    }
}

async function whatStands(market: ChaosMarket, workflow: number): Promise<string> {
  const path = `/v1/workflows/${workflow}/tasks`;
  const tasks = await market.requester.get(path, taskViewSchema.array()).catch(() => []);
  return tasks
    .filter(({ state }) => state !== "done")
    .map(({ task, state, reason }) => `task ${task} ${state}${reason ? ` (${reason})` : ""}`)
    .join("; ");
}

/**
 * Plays a scenario: opens a workflow, lets the fault happen to it, waits until all is settled, and looks at what is left.
 * @param seed of the fault's chances, and of the workflow's inputs
 * @param before the audit of before
 * @returns what is wrong, and the audit of afterwards; undefined when there could be none
 */
export async function play(
  market: ChaosMarket,
  scenario: Scenario,
  seed: string,
  before: AuditReport,
): Promise<{ played: Played; after: AuditReport | undefined }> {
  const started = Date.now();
  const notes: string[] = [];
  const died = () => market.processes().reduce((sum, { deaths }) => sum + deaths, 0);
  const deathsBefore = died();
  const faults: string[] = [];
  let after: AuditReport | undefined;
  const ended = new AbortController();
  try {
    const { final, patience, copies } = scenario;
    const spec = await chaosWorkflow(market.echo, seed, { final, patience, copies });
    let opened!: (id: number) => void;
    const workflow = new Promise<number>((resolve) => (opened = resolve));
    const scene: Scene = {
      market,
      workflow,
      random: randomOf(seed),
      note: (what) => void notes.push(what),
      async until(condition) {
        while (!(await condition())) {
          if (ended.signal.aborted) return false;
          await delay(LOOK_MS);
        }
        return true;
      },
    };
    const signal = AbortSignal.timeout(scenario.timeoutMs ?? TIMEOUT_MS);
    await patiently(() => market.joined(signal), signal);
    await scenario.prepare?.(scene);
    const inflicted = scenario.inflict(scene).finally(() => market.calm());
    inflicted.catch(() => {});
    const { workflow: id } = await patiently(
      () => submit(market.requester, spec, { key: seed }),
      signal,
    ).catch((error: unknown) => {
      ended.abort();
      throw error;
    });
    opened(id);
    const settled = () => waitFor(market.requester, id, { until: "settled", signal });
    const over = patiently(settled, signal)
      .catch(async (error: Error & { value?: unknown }) => {
        const what = signal.aborted ? "not settled in time" : `${error.message}: ${error.value}`;
        faults.push(`${what}; ${await whatStands(market, id)}`);
      })
      .finally(() => ended.abort());
    await over;
    await inflicted;
    await market.disarm();
    await market.standing();
    // A reorganisation may have taken payments back: what is said of them then has to be of the chain as it is now.
    if (faults.length === 0) {
      await patiently(() => market.caughtUp(signal), signal);
      await patiently(settled, signal);
    }
    const guilty = scenario.guilty?.(market) ?? [];
    if (faults.length === 0) {
      const found = await check(market, {
        workflow: id,
        seed,
        before,
        guilty,
        unpaid: scenario.unpaid,
      });
      after = found.after;
      faults.push(...found.faults, ...((await scenario.judge?.(scene)) ?? []));
    }
  } catch (error) {
    faults.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  const { name } = scenario;
  const milliseconds = Date.now() - started;
  const deaths = died() - deathsBefore;
  return { played: { name, seed, milliseconds, faults, notes, deaths }, after };
}
