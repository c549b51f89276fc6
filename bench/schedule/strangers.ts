import type { LearnedOf } from "../../offchain/simulate/estimate/market";
import type { SimOperator, SimWorkflow } from "../../offchain/simulate/model";
import { parseOperators } from "../../offchain/simulate/read/operators";
import { parseWfFormat } from "../../offchain/simulate/read/wfformat";
import type { SimAttempt, Simulation } from "../../offchain/simulate/result";
import { simulate } from "../../offchain/simulate/simulate";
import { FLEET, zksyncBatch } from "../../pipelines/zksync-batch";
import { learnedFrom } from "./learned";

// What those cost, and earn, of whom the market knows nothing: good newcomers, operators that come back under another name, bad ones.
// Definitions: docs/scheduling.md, "Newcomers". In all cases the market has run one other batch before.

const fleet = parseOperators(JSON.stringify(FLEET), "fleet");
const classOf = (id: string) => id.replace(/-\d+$/, "");
/** The first of each class. */
const NEWCOMERS = FLEET.map(({ id }) => `${id}-1`);
/** At parity, a newcomer has worked for so much of the time that others of its class have. */
const PARITY = 0.9;

export interface StrangerRow {
  what: string;
  case: string;
  /** Whether newcomers were asked canaries before the batch came. */
  canaries: boolean;
  mean: number;
  /** Of the seeds; a sybil's gain is one ratio over all of them. */
  worst?: number;
}

/** With canaries: for so long before a batch there is nothing to do, seconds. */
const QUIET = 600;

const batchOf = (seed: number): SimWorkflow =>
  parseWfFormat(JSON.stringify(zksyncBatch(seed)), "zksync-batch", true);
/** The batch before, from which the market has learned. */
const beforeOf = (seed: number) => batchOf(1_000 + seed);

type Run = (seed: number, operators: SimOperator[], learned: readonly LearnedOf[]) => Simulation;

const run: Run = (seed, operators, learned) => {
  const workflows = [batchOf(seed)];
  const options = { workflows, operators, learned, seed, onDecision: () => {} };
  return simulate({ ...options, policy: "froben" });
};

/** The same after a quiet time, in which newcomers are asked canaries; times count from its end. */
const runWithCanaries: Run = (seed, operators, learned) => {
  const workflows = [{ ...batchOf(seed), arrivesAt: QUIET }];
  const canaries = [beforeOf(seed)];
  const options = { workflows, operators, learned, seed, canaries, onDecision: () => {} };
  const result = simulate({ ...options, policy: "froben" });
  const attempts = result.attempts.map((one) => ({
    ...one,
    start: one.start - QUIET,
    end: one.end - QUIET,
  }));
  return { ...result, makespan: result.makespan! - QUIET, attempts };
};

/** What the market knows after one batch. */
function history(seed: number, operators: SimOperator[]): LearnedOf[] {
  return learnedFrom([run(1_000 + seed, operators, [])], [beforeOf(seed)]);
}

const without = (learned: LearnedOf[], ids: string[]) =>
  learned.filter(({ operator }) => !ids.includes(operator));

const secondsOf = (attempts: SimAttempt[], until = Infinity) =>
  attempts.reduce((sum, { start, end }) => sum + Math.max(0, Math.min(end, until) - start), 0);

/** When a newcomer's time at work comes to that of others of its class, for good; the makespan, if never. */
function parity(result: Simulation, newcomer: string): { at: number; share: number }[] {
  const own = result.attempts.filter(({ operator }) => operator === newcomer);
  const peers = fleet.filter(({ id }) => classOf(id) === classOf(newcomer) && id !== newcomer);
  const others = result.attempts.filter(({ operator }) => peers.some(({ id }) => id === operator));
  if (others.length === 0) return []; // nobody needs this class
  const shareAt = (t: number) =>
    (secondsOf(own, t) * peers.length) / Math.max(1e-9, secondsOf(others, t));
  const moments = [...own, ...others].map(({ end }) => end).sort((a, b) => b - a);
  let at = result.makespan!;
  for (const t of moments) {
    if (shareAt(t) < PARITY) break;
    at = t;
  }
  return [{ at, share: shareAt(result.makespan!) }];
}

type Row = Omit<StrangerRow, "canaries">;

function row(what: string, name: string, values: number[], worst = Math.max): Row {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { what, case: name, mean, worst: worst(...values) };
}

function newcomers(seeds: number[], runOf: Run): Row[] {
  const runs = seeds.map((seed) => {
    const known = history(seed, fleet);
    return {
      known: runOf(seed, fleet, known),
      unknown: runOf(seed, fleet, without(known, NEWCOMERS)),
    };
  });
  const name = "six good newcomers among 47";
  return [
    row(
      "newcomer regret: time",
      name,
      runs.map(({ known, unknown }) => unknown.makespan! / known.makespan! - 1),
    ),
    row(
      "newcomer regret: cost",
      name,
      runs.map(({ known, unknown }) => unknown.cost / known.cost - 1),
    ),
    ...["GPU", "CPU"].flatMap((kind) => {
      const ids = NEWCOMERS.filter((id) => id.startsWith(kind.toLowerCase()));
      const each = runs.flatMap(({ unknown }) => ids.flatMap((id) => parity(unknown, id)));
      const of = `${kind} machines`;
      return [
        row(
          "share of work of its class",
          of,
          each.map(({ share }) => share),
          Math.min,
        ),
        row(
          "seconds until parity",
          of,
          each.map(({ at }) => at),
        ),
      ];
    }),
  ];
}

/** What an operator is paid in a run: for each task that it did, its hourly price for the time that it says it takes. */
function income(result: Simulation, { id, pricePerHour, speed }: SimOperator): number {
  const { tasks } = batchOf(result.seed);
  const work = new Map(tasks.map((task) => [task.id, task.seconds]));
  const done = result.attempts.filter((a) => a.operator === id && a.outcome === "done");
  const seconds = done.reduce((sum, { task }) => sum + work.get(task)! / (speed as number), 0);
  return (seconds * pricePerHour) / 3_600;
}

const BAD: Record<string, Partial<SimOperator>> = {
  average: {},
  "ten times slower than it says": { slowdown: 10 },
  "fails every third time": { failureRate: 1 / 3 },
  "every third result wrong": { invalidRate: 1 / 3 },
};

/** An operator that comes back under another name before the second batch, and one that keeps its own. */
function sybils(seeds: number[], runOf: Run): Row[] {
  return Object.entries(BAD).flatMap(([name, change]) => {
    const incomes = seeds.map((seed) => {
      const id = NEWCOMERS[seed % NEWCOMERS.length]!;
      const made = fleet.map((one) => (one.id === id ? { ...one, ...change } : one));
      const it = made.find((one) => one.id === id)!;
      const learned = history(seed, made);
      return {
        kept: income(runOf(seed, made, learned), it),
        fresh: income(runOf(seed, made, without(learned, [id])), it),
        average: income(runOf(seed, fleet, history(seed, fleet)), it),
      };
    });
    const sum = (of: (i: (typeof incomes)[number]) => number) =>
      incomes.reduce((all, i) => all + of(i), 0);
    const fresh = sum((i) => i.fresh);
    return [
      {
        what: "sybil gain: new name over own history",
        case: name,
        mean: fresh / sum((i) => i.kept),
      },
      {
        what: "sybil gain: new name over average history",
        case: name,
        mean: fresh / sum((i) => i.average),
      },
    ];
  });
}

const DAMAGE: Record<string, Partial<SimOperator>> = {
  "all results wrong": { invalidRate: 1 },
  "never heard of again": { silentRate: 1 },
  "ten times slower than it says": { slowdown: 10 },
};

const answered = ({ canaries }: Simulation) => canaries.right + canaries.wrong;

/** One bad newcomer that says it is as fast as the fastest, in a market that can do without it. */
function damage(seeds: number[], runOf: Run): Row[] {
  return Object.entries(DAMAGE).flatMap(([name, change]) => {
    const bad = { ...fleet.find(({ id }) => id === "gpu-fast-1")!, id: "bad", ...change };
    const runs = seeds.map((seed) => {
      const learned = history(seed, fleet);
      const clean = runOf(seed, fleet, learned);
      const hurt = runOf(seed, [...fleet, bad], learned);
      const lost = hurt.attempts.filter(
        ({ operator, outcome }) => operator === "bad" && outcome !== "done",
      );
      return {
        time: hurt.makespan! / clean.makespan! - 1,
        work: secondsOf(lost) / secondsOf(hurt.attempts),
        tasks: hurt.attempts.filter(({ operator }) => operator === "bad").length,
        asked: answered(hurt) - answered(clean),
        seconds: hurt.canaries.seconds - clean.canaries.seconds,
        paid: income(hurt, bad) / clean.cost,
      };
    });
    return (["time", "work", "paid", "tasks", "asked", "seconds"] as const).map((what) =>
      row(
        {
          time: "damage: time lost",
          work: "damage: share of machine time lost",
          paid: "damage: share of the cost paid to it",
          tasks: "damage: tasks that it was given",
          asked: "damage: canaries that it was asked",
          seconds: "damage: machine time of its canaries, s",
        }[what],
        name,
        runs.map((r) => r[what]),
      ),
    );
  });
}

/** @param count seeds 1 to this */
export function measureStrangers(count: number): StrangerRow[] {
  const seeds = Array.from({ length: count }, (_, i) => i + 1);
  return [false, true].flatMap((canaries) => {
    const how = canaries ? runWithCanaries : run;
    const rows = [...newcomers(seeds, how), ...sybils(seeds, how), ...damage(seeds, how)];
    return rows.map((one) => ({ ...one, canaries }));
  });
}
