import { setTimeout as delay } from "node:timers/promises";
import { workflowViewSchema } from "../../protocol/http";
import { apiFetch } from "../../sdk/http";
import type { ManagedProcess } from "../../devnet/processes";
import { cpuMs } from "./cpu";

/** How often the bench looks whether the workflow has ended, milliseconds. */
const LOOK_MS = 200;
/** Without a new result for this long something is stuck, milliseconds. */
const STUCK_MS = 120_000;

/** What one run of a workflow took. */
export interface Measured {
  tasks: number;
  seconds: number;
  tasksPerSecond: number;
  /** Per task, by kind of process. */
  cpuMs: Record<string, number>;
  /** Per task, all processes that are counted. */
  totalCpuMs: number;
  /** To the coordinator, by route; the bench's own looks are not counted. */
  requests: Record<string, number>;
  /** By kind of process: the largest. */
  peakMb: Record<string, number>;
  /** From starting the coordinator's process again until it is ready, seconds; and of that, of a processor. */
  restartSeconds?: number;
  restartCpuSeconds?: number;
}

/** A process that is measured. */
export interface Counted {
  kind: string;
  process: ManagedProcess;
}

async function isOver(coordinatorUrl: string, workflow: number): Promise<[boolean, number]> {
  const path = `/v1/workflows/${workflow}`;
  // Not there yet: the coordinator has not read the block.
  const response = await apiFetch(coordinatorUrl, { method: "GET", path }).catch(() => undefined);
  if (!response) return [false, 0];
  const view = workflowViewSchema.parse(await response.json());
  if (view.state === "running" || view.state === "completed")
    return [view.state === "completed", view.counts.done ?? 0];
  throw new Error(`the workflow is ${view.state}: ${view.reason}`);
}

/** @returns how many requests came by now, by route */
async function requestsOf(coordinatorUrl: string): Promise<Map<string, number>> {
  const response = await apiFetch(coordinatorUrl, { method: "GET", path: "/metrics" });
  const counts = new Map<string, number>();
  const line = /^froben_http_requests_total\{method="(\w+)",route="([^"]*)",.*\} (\d+)$/gm;
  for (const [, method, route, count] of (await response.text()).matchAll(line)) {
    if (method === "GET" && route !== "/v1/artifacts/:digest") continue;
    counts.set(`${method} ${route}`, (counts.get(`${method} ${route}`) ?? 0) + Number(count));
  }
  return counts;
}

/**
 * Measures from opening a workflow until all of its tasks are done.
 * @param open opens it @returns its id
 */
export async function measure(
  coordinatorUrl: string,
  counted: Counted[],
  tasks: number,
  open: () => Promise<number>,
): Promise<Measured> {
  const asked = await requestsOf(coordinatorUrl);
  const before = counted.map(({ process }) => cpuMs(process.pid));
  const started = performance.now();
  const workflow = await open();
  let last = { done: 0, at: started };
  for (;;) {
    const [over, done] = await isOver(coordinatorUrl, workflow);
    if (over) break;
    if (done !== last.done) last = { done, at: performance.now() };
    if (performance.now() - last.at > STUCK_MS)
      throw new Error(`stuck with ${done} of ${tasks} tasks done`);
    await delay(LOOK_MS);
  }
  const seconds = (performance.now() - started) / 1000;
  const kinds = [...new Set(counted.map(({ kind }) => kind))];
  const spent = counted.map(({ process }, i) => cpuMs(process.pid) - before[i]!);
  const of = <T>(values: T[], kind: string) => values.filter((_, i) => counted[i]!.kind === kind);
  const requests = [...(await requestsOf(coordinatorUrl))];
  const perTask = (values: number[]) => values.reduce((sum, ms) => sum + ms, 0) / tasks;
  const peaks = counted.map(({ process }) => process.peakRssMb());
  return {
    tasks,
    seconds: round(seconds, 2),
    tasksPerSecond: Math.round(tasks / seconds),
    cpuMs: Object.fromEntries(kinds.map((kind) => [kind, round(perTask(of(spent, kind)), 3)])),
    totalCpuMs: round(perTask(spent), 3),
    requests: Object.fromEntries(
      requests.map(([route, count]) => [route, count - (asked.get(route) ?? 0)]),
    ),
    peakMb: Object.fromEntries(kinds.map((kind) => [kind, Math.max(...of(peaks, kind))])),
  };
}

/** Adds how long the coordinator takes to be ready again, and what that takes of memory. */
export async function restart(
  measured: Measured,
  start: () => Promise<[ManagedProcess, string]>,
): Promise<Measured> {
  const started = performance.now();
  const [again] = await start();
  const restartSeconds = round((performance.now() - started) / 1000, 2);
  const peakMb = { ...measured.peakMb, "coordinator, restarted": again.peakRssMb() };
  const restartCpuSeconds = round(cpuMs(again.pid) / 1000, 2);
  await again.stop();
  return { ...measured, peakMb, restartSeconds, restartCpuSeconds };
}

const round = (value: number, digits: number) => Number(value.toFixed(digits));
