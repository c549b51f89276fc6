import {
  misjudgement,
  share,
  classesOf,
  type Counted,
  type Mean,
  type PairTime,
  type ProgramTime,
} from "./program-time";
import { fit, growsClearly, NO_GROWTH } from "./size";

/** How much longer or shorter an operator takes than a machine of speed 1. */
export interface Pace {
  /** Logarithm, as declared. */
  declared: number;
  /** What it declares counts like so many runs. */
  prior: number;
  /** Sums over `recent`: of weights, of weight times logarithm of duration. */
  weight: number;
  logs: number;
  /** What it ran last, the oldest first; this alone makes its pace. */
  recent: Map<ProgramTime, PairTime>;
  /** Slowness as of a version. */
  known: number;
  asOf: number;
}

/** What an operator declares counts like so many runs, if it is as fast as it says: a run takes longer or shorter by chance, too. */
const PRIOR_RUNS = 1;
/**
 * A run is off by about so much, as a logarithm. If what is declared is off as much, half of it counts, and ever less the further it is off: a
 * machine that is ten times slow must be known by its first task.
 */
const USUALLY_OFF = 0.2;
/** As far as sizes go, an operator is known by more than so many runs. */
const STRANGE_RUNS = 0.15;
/** Tasks count as longer by so many standard errors of what is known of the operator: nothing helps a task that was given to a slow one. */
const CAUTION = 0.5;
/** What an operator is expected to take at a program from all its programs counts like so many runs of this one. */
const PACE_RUNS = 1;
/** Runs of a program by one operator beyond these add no weight: one busy operator does not speak for all. */
const MAX_WEIGHT = 8;
/** An operator's pace is that of the programs that it ran last, so many. */
export const PACE_PROGRAMS = 64;

type Known = Pick<Pace, "weight" | "prior">;
const STRANGER: Known = { weight: 0, prior: PRIOR_RUNS };

/**
 * The logarithm of a duration is taken to be the program's own, plus what the task's size adds (size.ts), plus the operator's slowness, which
 * all programs share, plus what is particular to the two. A program's own is the mean of durations less sizes and slownesses, an operator's
 * slowness the mean of durations less sizes and programs' own: each result improves the first for its program, and the second for everyone
 * who runs that. Nobody is visited for that: slownesses are computed when they are asked for, and their sums are kept by how each would
 * change.
 */
export class Durations {
  /** Rises with everything that changes an expected duration. */
  version = 0;

  program(): ProgramTime {
    const sums = { weight: 0, logs: 0, slownesses: 0, declared: 0, sizes: 0 };
    return { log: 0, runs: 0, ...sums, ...NO_GROWTH, grows: false, shared: new Map() };
  }

  pace(): Pace {
    const { version: asOf } = this;
    return { ...STRANGER, declared: 0, logs: 0, recent: new Map(), known: 0, asOf };
  }

  /** @param log logarithm of the durations that an operator declares over those of a machine of speed 1 */
  declare(pace: Pace, log: number): void {
    const before = { slowness: this.slowness(pace), declared: pace.declared };
    pace.declared = log;
    this.version++;
    const slower = this.slowness(pace) - before.slowness;
    for (const [program, { weight }] of pace.recent) {
      program.slownesses += weight * slower;
      program.declared += weight * (log - before.declared);
    }
  }

  /**
   * Adds a run of a program by an operator. Takes as long as the operator has recent programs, and the program others beside it.
   * @param sizeClass of the task, if it is known
   */
  learn(program: ProgramTime, pace: Pace, pair: PairTime, ms: number, sizeClass?: number): void {
    if (sizeClass !== undefined) {
      if (program.origin === undefined) program.origin = sizeClass;
      else if (program.runs > 0) this.fit(program, pace, pair, ms, sizeClass);
    }
    this.add(program, pace, pair, { runs: 1, meanMs: ms, size: classesOf(program, sizeClass) });
  }

  /** Logarithm of an operator's durations over those of a machine of speed 1. */
  slowness(pace: Pace): number {
    if (pace.asOf === this.version) return pace.known;
    pace.known = (slowRuns(pace) + pace.declared * pace.prior) / (pace.weight + pace.prior);
    pace.asOf = this.version;
    return pace.known;
  }

  /**
   * @param fallbackMs on a machine of speed 1, when nobody has run the program
   * @param sizeClass of the task; if it is not known, it is taken to be as large as others are
   * @returns expected milliseconds of one task
   */
  expectedMs(
    fallbackMs: number,
    program?: ProgramTime,
    pace?: Pace,
    pair?: PairTime,
    sizeClass?: number,
  ): number {
    let usual = program && program.runs > 0 ? program.log : Math.log(Math.max(1, fallbackMs));
    if (pace) usual += this.slowness(pace);
    if (!program) return Math.exp(usual);
    // As far as an operator is not known, it is off from what it declares as others are.
    const { weight, prior } = pace ?? STRANGER;
    usual += (misjudgement(program) * prior) / (weight + prior);
    const added = program.slope * classesOf(program, sizeClass);
    if (!pair || pair.runs === 0) return Math.exp(usual + added);
    const own = pair.log - program.slope * pair.size;
    return Math.exp(usual + ((own - usual) * pair.runs) / (pair.runs + PACE_RUNS) + added);
  }

  /** Adds runs by an operator; `learn` without improving the slope. */
  add(program: ProgramTime, pace: Pace, pair: PairTime, { runs, meanMs: ms, size }: Mean): void {
    if (program.runs === 0) program.log = Math.log(ms) - this.slowness(pace) - program.slope * size;
    program.runs += runs;
    pair.runs += runs;
    const mean = pair.size + ((size - pair.size) * runs) / pair.runs;
    // Both as of a task of the new mean size.
    const sized = (one: number, of: number) => one * Math.exp(program.slope * (mean - of));
    const before = sized(pair.meanMs, pair.size);
    pair.meanMs = before + ((sized(ms, size) - before) * runs) / pair.runs;
    pace.recent.delete(program);
    pace.recent.set(program, pair);
    const log = Math.log(pair.meanMs);
    this.weigh(program, pace, pair, { log, weight: Math.min(MAX_WEIGHT, pair.runs), size: mean });
    if (pace.recent.size > PACE_PROGRAMS) {
      const [oldest, its] = pace.recent.entries().next().value!;
      this.weigh(oldest, pace, its, { ...its, weight: 0 });
      pace.recent.delete(oldest);
    }
    this.centre(program);
  }

  /** Improves what a program's durations gain with size by a result; and with it, everyone's slowness. */
  private fit(
    program: ProgramTime,
    pace: Pace,
    pair: PairTime,
    ms: number,
    sizeClass: number,
  ): void {
    const expected = this.expectedMs(ms, program, pace, pair, sizeClass);
    const own = pair.runs / (pair.runs + PACE_RUNS);
    const from = own * pair.size + (1 - own) * classesOf(program);
    const strange = STRANGE_RUNS / (pace.weight + STRANGE_RUNS);
    const distance = classesOf(program, sizeClass) - from;
    const steeper = fit(program, distance, Math.log(ms / expected), strange);
    program.slope += steeper;
    program.grows = growsClearly(program, program.grows);
    this.version++;
    for (const [other, { sizes }] of program.shared) other.slownesses -= sizes * steeper;
  }

  /** Has a recent pair of an operator count anew, in all sums. */
  private weigh(program: ProgramTime, pace: Pace, pair: PairTime, anew: Counted): void {
    const before = this.slowness(pace);
    for (const [other, its] of pace.recent) other.slownesses -= its.weight * before;
    const { log, weight, size } = anew;
    if (weight !== pair.weight) this.shareAnew(program, pace, pair, anew);
    else if (size !== pair.size) this.resize(program, pace, pair, size);
    const logs = weight * log - pair.weight * pair.log;
    pace.logs += logs;
    program.logs += logs;
    program.sizes += weight * size - pair.weight * pair.size;
    program.declared += (weight - pair.weight) * pace.declared;
    pace.weight += weight - pair.weight;
    program.weight += weight - pair.weight;
    Object.assign(pair, { log, weight, size });
    this.version++;
    const after = this.slowness(pace);
    for (const [other, its] of pace.recent) other.slownesses += its.weight * after;
  }

  /**
   * What the programs of an operator have in common changes as one of them, or its first or last run, changes its weight; and so does what
   * it declares count, as all of that is gone through: results beyond those say little about it.
   */
  private shareAnew(changed: ProgramTime, pace: Pace, was: Counted, is: Counted): void {
    const before = 1 / (pace.weight + pace.prior);
    pace.prior = priorOf(changed, pace, was, is);
    const after = 1 / (pace.weight + is.weight - was.weight + pace.prior);
    const change = Number(is.weight > 0) - Number(was.weight > 0);
    const all = [...pace.recent].map(([program, its]) => {
      const touched = program === changed;
      return { program, touched, was: touched ? was : its, is: touched ? is : its };
    });
    for (const [i, a] of all.entries())
      for (let j = 0; j <= i; j++) {
        const b = all[j]!;
        const operators = a.touched || b.touched ? change : 0;
        const then = a.was.weight * b.was.weight * before;
        const now = a.is.weight * b.is.weight * after;
        share(a.program, b.program, now - then, now * a.is.size - then * a.was.size, operators);
        if (a !== b)
          share(b.program, a.program, now - then, now * b.is.size - then * b.was.size, operators);
      }
  }

  /** The same when its mean size changes, and nothing else. */
  private resize(changed: ProgramTime, pace: Pace, was: Counted, size: number): void {
    const larger = (was.weight * (size - was.size)) / (pace.weight + pace.prior);
    for (const [other, { weight }] of pace.recent) share(changed, other, 0, weight * larger, 0);
  }

  /** A program's own duration anew, given everyone's slowness; and with it, everyone's slowness. */
  private centre(program: ProgramTime): void {
    const { logs, slope, sizes, slownesses, weight } = program;
    const moved = (logs - slope * sizes - slownesses) / weight - program.log;
    program.log += moved;
    this.version++;
    for (const [other, { sum }] of program.shared) other.slownesses -= sum * moved;
  }
}

/** By how much an operator's runs took longer than they take on a machine of speed 1: sum of weight times logarithm. */
function slowRuns({ logs, recent }: Pace): number {
  let sum = logs;
  for (const [{ log, slope }, { weight, size }] of recent) sum -= weight * (log + slope * size);
  return sum;
}

/** @returns of what an operator declares, like how many runs it counts once one of its programs counts anew */
function priorOf({ log, slope }: ProgramTime, pace: Pace, was: Counted, is: Counted): number {
  const weight = pace.weight + is.weight - was.weight;
  if (weight === 0) return PRIOR_RUNS;
  const slow = (of: Counted) => of.weight * (of.log - log - slope * of.size);
  const off = (slowRuns(pace) + slow(is) - slow(was)) / weight - pace.declared;
  return PRIOR_RUNS / (1 + (off / USUALLY_OFF) ** 2);
}

/** @returns how many times as long as expected a task of an operator counts: the less is known of it, the longer */
export function caution({ weight, prior }: Known = STRANGER): number {
  return Math.exp((CAUTION * USUALLY_OFF) / Math.sqrt(weight + prior));
}
