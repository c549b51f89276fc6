import type { Digest } from "../../protocol/digest";

/** What was learned about one operator at one program. */
export interface Learned {
  runs: number;
  meanMs: number;
  failed: number;
}

interface Pair extends Learned {
  /** Logarithm of the mean, and how much it counts. */
  log: number;
  weight: number;
}

/** A program on a machine of speed 1: logarithm of its milliseconds. */
interface Program {
  log: number;
  runs: number;
  pairs: Map<string, Pair>;
}

/** How much longer or shorter an operator takes than a machine of speed 1, from all programs that it has run. */
interface Pace {
  /** Logarithm, as declared. */
  declared: number;
  weight: number;
  /** Sum of weight times (logarithm of its mean less the program's own). */
  sum: number;
  failed: number;
  runs: number;
}

/** Before anything has happened, so many attempts count as made, and so many of them as failed. */
const PRIOR_FAILED = 0.5;
const PRIOR_ATTEMPTS = 5;
/** The market's share of failures counts like so many attempts of an operator; the operator's like so many of its at a program. */
const MARKET_ATTEMPTS = 10;
const OPERATOR_ATTEMPTS = 5;
/** Declared speeds are believed within these bounds until the first result. */
const MIN_SPEED = 0.5;
const MAX_SPEED = 2;
/** The declared speed counts like so many runs; so few, as a machine that is ten times slow must be known by its first task. */
const PRIOR_RUNS = 0.15;
/** What an operator is expected to take at a program from all its programs counts like so many runs of this one. */
const PACE_RUNS = 1;
/** A run that was stopped, or failed, says nothing of its length unless it took so many times what was expected. */
const CLEARLY_LATE = 1.5;
/** Then so much of it is taken to have been over: runs stop at any moment. */
const SHARE_RUN = 0.5;
/** Runs of a program by one operator beyond these add no weight: one busy operator does not speak for all. */
const MAX_WEIGHT = 8;

/**
 * Durations and failures, learned as results come in. The logarithm of a duration is taken to be the program's own plus the
 * operator's pace, which all programs share, plus what is particular to the two; so a machine that was slow at its first task is known
 * to be slow at all others. Each part is shrunk towards the one before by the number of runs behind it.
 */
export class Experience {
  /** Rises with everything that is learned about durations. */
  version = 0;
  private readonly programs = new Map<Digest, Program>();
  private readonly paces = new Map<string, Pace>();
  private readonly market = { failed: 0, attempts: 0 };

  /** @param speed that an operator says it has, 1 is usual */
  declare(operator: string, speed: number): void {
    this.pace(operator).declared = -Math.log(Math.min(MAX_SPEED, Math.max(MIN_SPEED, speed)));
    this.version++;
  }

  /** Puts back a record from the database. */
  restore(program: Digest, operator: string, record: Learned): void {
    const pair = this.pair(program, operator);
    this.countFailed(pair, operator, record.failed);
    if (record.runs > 0) this.learn(program, operator, record.meanMs, record.runs);
  }

  /** @param wallMs time that the operator computed */
  succeeded(program: Digest, operator: string, wallMs: number): Learned {
    return this.learn(program, operator, Math.max(1, wallMs), 1);
  }

  /** @param ranMs how long it ran until then, if that is known: a whole run takes longer */
  failed(program: Digest, operator: string, ranMs = 0): Learned {
    const pair = this.pair(program, operator);
    this.countFailed(pair, operator, 1);
    this.outlasted(program, operator, ranMs);
    return pair;
  }

  /** A run was stopped after so long, by no fault that is counted: if it was clearly late, that is learned. */
  outlasted(program: Digest, operator: string, ranMs: number): Learned {
    if (ranMs > CLEARLY_LATE * this.expectedMs(program, operator, ranMs))
      this.learn(program, operator, ranMs / SHARE_RUN, 1);
    return this.pair(program, operator);
  }

  /** Whether an operator has come to a result of a program. */
  hasRun(program: Digest, operator: string): boolean {
    return (this.programs.get(program)?.pairs.get(operator)?.runs ?? 0) > 0;
  }

  /** Attempts of an operator, at any program. */
  attempts(operator: string): number {
    const pace = this.paces.get(operator);
    return pace ? pace.runs + pace.failed : 0;
  }

  /** @returns share of failed attempts, between 0 and 1, smoothed by what the operator does elsewhere and others do */
  failureRate(program: Digest, operator: string): number {
    const { failed, attempts } = this.market;
    const usual = (failed + PRIOR_FAILED) / (attempts + PRIOR_ATTEMPTS);
    const pace = this.paces.get(operator);
    if (!pace) return usual;
    const all = pace.runs + pace.failed;
    const own = (pace.failed + usual * MARKET_ATTEMPTS) / (all + MARKET_ATTEMPTS);
    const pair = this.programs.get(program)?.pairs.get(operator);
    if (!pair) return own;
    return (pair.failed + own * OPERATOR_ATTEMPTS) / (pair.runs + pair.failed + OPERATOR_ATTEMPTS);
  }

  /** @returns milliseconds of one task on a machine of speed 1, if anyone has run the program */
  typicalMs(program: Digest): number | undefined {
    const known = this.programs.get(program);
    return known && known.runs > 0 ? Math.exp(known.log) : undefined;
  }

  /**
   * @param fallbackMs on a machine of speed 1, when nobody has run the program
   * @returns expected milliseconds of one task
   */
  expectedMs(program: Digest, operator: string, fallbackMs: number): number {
    const known = this.programs.get(program);
    const base = known && known.runs > 0 ? known.log : Math.log(Math.max(1, fallbackMs));
    const usual = base + this.slowness(operator);
    const own = known?.pairs.get(operator);
    if (!own || own.runs === 0) return Math.exp(usual);
    return Math.exp(usual + ((own.log - usual) * own.runs) / (own.runs + PACE_RUNS));
  }

  private countFailed(pair: Pair, operator: string, count: number): void {
    pair.failed += count;
    this.pace(operator).failed += count;
    this.market.failed += count;
    this.market.attempts += count;
  }

  /** Logarithm of an operator's durations over those of a machine of speed 1. */
  private slowness(operator: string): number {
    const pace = this.paces.get(operator);
    if (!pace) return 0;
    return (pace.sum + pace.declared * PRIOR_RUNS) / (pace.weight + PRIOR_RUNS);
  }

  private learn(program: Digest, operator: string, ms: number, runs: number): Learned {
    const pair = this.pair(program, operator);
    const known = this.programs.get(program)!;
    const pace = this.pace(operator);
    const before = { weight: pair.weight, log: pair.log };
    if (known.runs === 0) known.log = Math.log(ms) - this.slowness(operator);
    pair.runs += runs;
    pair.meanMs += ((ms - pair.meanMs) * runs) / pair.runs;
    pair.log = Math.log(pair.meanMs);
    pair.weight = Math.min(MAX_WEIGHT, pair.runs);
    known.runs += runs;
    pace.runs += runs;
    this.market.attempts += runs;
    pace.weight += pair.weight - before.weight;
    pace.sum += pair.weight * (pair.log - known.log) - before.weight * (before.log - known.log);
    this.refit(known);
    this.version++;
    return pair;
  }

  /** A program's own duration anew, given everyone's pace; then everyone's pace, given that. Takes as long as it has had operators. */
  private refit(known: Program): void {
    let sum = 0;
    let weight = 0;
    for (const [operator, pair] of known.pairs) {
      if (pair.weight === 0) continue;
      sum += pair.weight * (pair.log - this.slowness(operator));
      weight += pair.weight;
    }
    const moved = sum / weight - known.log;
    known.log += moved;
    for (const [operator, { weight }] of known.pairs)
      this.paces.get(operator)!.sum -= weight * moved;
  }

  private pace(operator: string): Pace {
    let pace = this.paces.get(operator);
    if (!pace)
      this.paces.set(operator, (pace = { declared: 0, weight: 0, sum: 0, failed: 0, runs: 0 }));
    return pace;
  }

  private pair(program: Digest, operator: string): Pair {
    let known = this.programs.get(program);
    if (!known) this.programs.set(program, (known = { log: 0, runs: 0, pairs: new Map() }));
    let pair = known.pairs.get(operator);
    if (!pair) {
      this.pace(operator);
      pair = { runs: 0, meanMs: 0, failed: 0, log: 0, weight: 0 };
      known.pairs.set(operator, pair);
    }
    return pair;
  }
}
