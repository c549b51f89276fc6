import type { Digest } from "./digest";

/**
 * What is known of how tasks of an operator ended. Completed: paid. Late and silent: neither committed nor released by the claim's deadline,
 * and the claim was ended for it; late, if its operator was heard of after the block of the claim and before that (it settled, committed,
 * claimed, released or had a final proof accepted), else silent. Invalid: struck.
 */
export const EVIDENCE_KINDS = ["completed", "late", "silent", "invalid"] as const;
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

/** Tasks of one operator that ended alike in one block. */
export interface Evidence {
  kind: EvidenceKind;
  /** Of the block, Unix seconds. */
  at: number;
  tasks: number;
}

/** Evidence of tasks that ran one program. */
export interface ProgramEvidence extends Evidence {
  /** Null: the chain names the spec only, and that could not be had. */
  program: Digest | null;
}

/** Evidence counts as of the beginning of its day (UTC), so that whoever keeps it needs one number for each day and kind. */
export const DAY_SECONDS = 24 * 3600;
/** What happened so long ago counts half of what happens now. */
export const HALF_LIFE_SECONDS = 30 * 24 * 3600;
/** A task that is late, silent or invalid counts like so many that were completed. */
export const WEIGHTS = { completed: 1n, late: 2n, silent: 4n, invalid: 20n } as const;
/** Whoever nothing is known of counts like one with so many tasks completed, and as many against it. */
export const PRIOR_TASKS = 2n;
/** A task of this moment, in fixed point: weights are whole numbers, so that everybody gets the same sum, in whatever order. */
const ONE = 1n << 40n;
/** The whole: reputations are millionths. */
export const WHOLE = 1_000_000n;

/**
 * What a task counts after a time: half for each half-life, between two of them on a straight line; rounded down.
 * @param seconds 0 or more
 */
export function decayed(seconds: number): bigint {
  const lives = Math.floor(seconds / HALF_LIFE_SECONDS);
  if (lives >= 40) return 0n;
  const whole = ONE >> BigInt(lives);
  const part = BigInt(seconds - lives * HALF_LIFE_SECONDS);
  return whole - (whole * part) / BigInt(2 * HALF_LIFE_SECONDS);
}

/** What evidence comes to at a moment, in tasks of that moment (fixed point, 2^40 each): completed ones, and what counts against them. */
interface Weighed {
  good: bigint;
  bad: bigint;
}

function weigh(evidence: Iterable<Evidence>, now: number): Weighed {
  const sums = { good: 0n, bad: 0n };
  for (const { kind, at, tasks } of evidence) {
    const age = Math.max(0, now - dayOf(at));
    const weight = WEIGHTS[kind] * BigInt(tasks) * decayed(age);
    sums[kind === "completed" ? "good" : "bad"] += weight;
  }
  return sums;
}

/** @param at Unix seconds @returns the beginning of its day */
export const dayOf = (at: number): number => at - (at % DAY_SECONDS);

/**
 * An operator's reputation at a moment, from chain events alone: what was completed over all, with weights and decay, a few tasks of
 * either kind added. The same evidence gives the same number everywhere, as no step of it is rounded differently.
 * @param now Unix seconds, of the block up to which there is evidence; later evidence counts as of now
 * @returns millionths: 500,000 for a stranger, more for better
 */
export function reputation(evidence: Iterable<Evidence>, now: number): number {
  return numberOf(weigh(evidence, now));
}

function numberOf({ good, bad }: Weighed): number {
  const prior = PRIOR_TASKS * ONE;
  return Number(((good + prior) * WHOLE) / (good + bad + 2n * prior));
}

/** What is known of an operator over all programs counts like so many tasks of one program. */
export const PROGRAM_PRIOR_TASKS = 5n;

/**
 * A record over all programs, as it is for one of them: of as many tasks, with the share against it that the program's own have, blended
 * towards that of all. The same as over all programs where the program's own says nothing, or nothing else.
 */
function blended(all: Weighed, own: Weighed): Weighed {
  const prior = PROGRAM_PRIOR_TASKS * ONE;
  const tasks = all.good + all.bad;
  const bad = (tasks * own.bad + prior * all.bad) / (own.good + own.bad + prior);
  return { good: tasks - bad, bad };
}

/** What evidence says of an operator's next attempts, for whoever has seen none. */
export interface Standing {
  /** Millionths. */
  reputation: number;
  /** What that rests on, with weights and decay, in tasks: what went well, and what counts against it. */
  good: number;
  bad: number;
}

function standingOf(weighed: Weighed): Standing {
  const tasks = (sum: bigint) => Number(sum) / Number(ONE);
  const { good, bad } = weighed;
  return { reputation: numberOf(weighed), good: tasks(good), bad: tasks(bad) };
}

/** How an operator stands over all programs, and at each of which there is evidence, blended towards the former. */
export interface Standings {
  overall: Standing;
  byProgram: ReadonlyMap<Digest, Standing>;
}

/** @param now as of `reputation` */
export function standings(evidence: readonly ProgramEvidence[], now: number): Standings {
  const all = weigh(evidence, now);
  const byProgram = new Map<Digest, Standing>();
  for (const [program, own] of groupByProgram(evidence))
    if (program !== null) byProgram.set(program, standingOf(blended(all, weigh(own, now))));
  return { overall: standingOf(all), byProgram };
}

function groupByProgram(
  evidence: readonly ProgramEvidence[],
): Map<Digest | null, ProgramEvidence[]> {
  const programs = new Map<Digest | null, ProgramEvidence[]>();
  for (const one of evidence) {
    const known = programs.get(one.program);
    if (known) known.push(one);
    else programs.set(one.program, [one]);
  }
  return programs;
}

/** An operator's reputation, and that at each program that it has a record of. */
export interface Reputation {
  /** Millionths, see `reputation`. */
  reputation: number;
  /** By rising digest, with all tasks that ever ended so; last what ran programs that are not known. */
  reputationByProgram: (Record<EvidenceKind, number> & {
    program: Digest | null;
    reputation: number;
  })[];
}

/** @param now as of `reputation` @returns an operator's reputation from all of its evidence, and at each program from what is of that */
export function reputationOf(evidence: readonly ProgramEvidence[], now: number): Reputation {
  const reputationByProgram = [...groupByProgram(evidence)]
    .sort(([a], [b]) => (a === null ? 1 : b === null ? -1 : a < b ? -1 : 1))
    .map(([program, own]) => {
      const counts = { completed: 0, late: 0, silent: 0, invalid: 0 };
      for (const { kind, tasks } of own) counts[kind] += tasks;
      return { program, reputation: reputation(own, now), ...counts };
    });
  return { reputation: reputation(evidence, now), reputationByProgram };
}
