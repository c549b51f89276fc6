import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { FrobenError } from "../../protocol/errors";
import type { Code } from "./compile";
import { definitionKey } from "./dependencies";
import { WorkerEnded, type Lane } from "./lane";
import { FILES, type Baseline, type Traced, type Trial, type Verdict } from "./messages";
import type { Mutant } from "./mutants";
import { affectedBy, type Plan } from "./plan";
import { Ranking } from "./ranking";

/** What the unchanged contracts take. */
export interface Groundwork {
  traced: Traced;
  compileMs: Record<string, number>;
}

/** Nothing of the unchanged contracts takes longer. */
const PATIENCE_MS = 15 * 60_000;
/** A mutant may be this much slower than the unchanged contracts and their whole suite. */
const SLOWER = 10;
const START_MS = 60_000;

/** Lets every lane take jobs from one queue until it is empty or the signal comes. */
async function share<T>(
  lanes: Lane[],
  jobs: T[],
  signal: AbortSignal,
  run: (lane: Lane, job: T) => Promise<void>,
): Promise<void> {
  const queue = [...jobs];
  await Promise.all(
    lanes.map(async (lane) => {
      while (queue.length > 0 && !signal.aborted) await run(lane, queue.shift()!);
    }),
  );
}

async function patiently<T>(lane: Lane, request: Parameters<Lane["ask"]>[0]): Promise<T> {
  const answer = await lane.ask<T>(request, PATIENCE_MS);
  if (answer === "late")
    throw new FrobenError("mutation_worker", "the unchanged contracts took too long");
  return answer;
}

/**
 * Compiles the unchanged contracts that mutants may change, and runs the tests once.
 * @param folder where the workers look for the baseline
 * @throws FrobenError `mutation_baseline` when a test fails without a mutation
 */
export async function layGroundwork(
  lanes: Lane[],
  plan: Plan,
  mutants: Mutant[],
  folder: string,
  signal: AbortSignal,
): Promise<Groundwork> {
  const touched = new Set(mutants.map((mutant) => keyOf(mutant)));
  const targets = new Set([...touched].flatMap((key) => affectedBy(plan, key)));
  const baseline: Baseline = {};
  const compileMs: Record<string, number> = {};
  await share(lanes, [...targets], signal, async (lane, { name }) => {
    const started = performance.now();
    baseline[name] = await patiently<Code>(lane, { kind: "compile", target: name });
    compileMs[name] = performance.now() - started;
  });
  writeFileSync(join(folder, FILES.baseline), JSON.stringify(baseline));
  const traced = await patiently<Traced>(lanes[0]!, { kind: "trace" });
  const [failure] = traced.failures;
  if (failure)
    throw new FrobenError("mutation_baseline", "a test fails without any mutation", {
      value: `${failure.file}: ${failure.test}`,
      hint: failure.message,
    });
  return { traced, compileMs };
}

const keyOf = ({ file, definition }: Mutant) => definitionKey(file, definition);

/** Tries a mutant; a worker that ends over it gets a second chance. A mutant that runs on and on is noticed, so that is a kill. */
async function judge(lane: Lane, trial: Trial, limitMs: number, again = true): Promise<Verdict> {
  try {
    const verdict = await lane.ask<Verdict>({ kind: "try", trial }, limitMs);
    if (verdict !== "late") return verdict;
    const message = `no end after ${Math.round(limitMs / 1000)} s`;
    return { outcome: "killed", by: { message }, compileMs: 0, testMs: Math.round(limitMs) };
  } catch (error) {
    if (!(error instanceof WorkerEnded)) throw error;
    if (again && !lane.ended) return judge(lane, trial, limitMs, false);
    return { outcome: "unjudged", by: { message: error.message }, compileMs: 0, testMs: 0 };
  }
}

/** Tries mutants on all lanes and tells each verdict as it comes. */
export async function tryAll(
  lanes: Lane[],
  plan: Plan,
  { traced, compileMs }: Groundwork,
  mutants: Mutant[],
  signal: AbortSignal,
  onVerdict: (mutant: Mutant, verdict: Verdict) => void,
): Promise<void> {
  const ranking = new Ranking(traced.files, compileMs);
  const suiteMs = traced.files.reduce((sum, { ms }) => sum + ms, 0);
  await share(lanes, mutants, signal, async (lane, mutant) => {
    const affected = affectedBy(plan, keyOf(mutant)).map(({ name }) => name);
    const tests = ranking.order(mutant, affected);
    const change = { file: mutant.file, edit: mutant.edit };
    const compiling = affected.reduce((sum, name) => sum + compileMs[name]!, 0);
    const limitMs = START_MS + SLOWER * (compiling + suiteMs);
    const verdict = await judge(lane, { change, affected, tests }, limitMs);
    if (signal.aborted) return; // the worker was stopped, which is no verdict
    if (verdict.by?.file) ranking.learn(mutant, verdict.by.file);
    onVerdict(mutant, verdict);
  });
}
