/** How long tasks of one program take, on a machine of speed 1. */
export interface ProgramTime {
  /** Logarithm of milliseconds. */
  log: number;
  runs: number;
  /** Of those who run it: sums of weights, of weight times logarithm of duration, of weight times slowness, learned and declared. */
  weight: number;
  logs: number;
  slownesses: number;
  declared: number;
  /** By program that the same operators run: by how much `slownesses` falls when the other program's `log` rises by 1. */
  shared: Map<ProgramTime, Shared>;
}

interface Shared {
  sum: number;
  operators: number;
}

/** How long one program takes one operator. */
export interface PairTime {
  runs: number;
  meanMs: number;
  /** Logarithm of the mean, and how much it counts. */
  log: number;
  weight: number;
}

/** How much longer or shorter an operator takes than a machine of speed 1. */
export interface Pace {
  /** Logarithm, as declared. */
  declared: number;
  /** Sums over `recent`: of weights, of weight times logarithm of duration. */
  weight: number;
  logs: number;
  /** What it ran last, the oldest first; this alone makes its pace. */
  recent: Map<ProgramTime, PairTime>;
  /** Slowness as of a version. */
  known: number;
  asOf: number;
}

/** The declared speed counts like so many runs; so few, as a machine that is ten times slow must be known by its first task. */
const PRIOR_RUNS = 0.15;
/** What an operator is expected to take at a program from all its programs counts like so many runs of this one. */
const PACE_RUNS = 1;
/** That others declare too much or too little is taken to be chance until there is more weight than this. */
const SURE_WEIGHT = 30;
/** Runs of a program by one operator beyond these add no weight: one busy operator does not speak for all. */
const MAX_WEIGHT = 8;
/** An operator's pace is that of the programs that it ran last, so many. */
export const PACE_PROGRAMS = 64;

/**
 * The logarithm of a duration is taken to be the program's own, plus the operator's slowness, which all programs share, plus what is
 * particular to the two. A program's own is the mean of durations less slownesses, an operator's slowness the mean of durations less programs'
 * own: each result improves the first for its program, and the second for everyone who runs that. Nobody is visited for that:
 * slownesses are computed when they are asked for, and their sums are kept by how each would change.
 */
export class Durations {
  /** Rises with everything that changes an expected duration. */
  version = 0;

  program(): ProgramTime {
    return { log: 0, runs: 0, weight: 0, logs: 0, slownesses: 0, declared: 0, shared: new Map() };
  }

  pace(): Pace {
    return { declared: 0, weight: 0, logs: 0, recent: new Map(), known: 0, asOf: this.version };
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

  /** Adds runs of a program by an operator. Takes as long as the operator has recent programs, and the program others beside it. */
  learn(program: ProgramTime, pace: Pace, pair: PairTime, ms: number, runs: number): void {
    if (program.runs === 0) program.log = Math.log(ms) - this.slowness(pace);
    program.runs += runs;
    pair.runs += runs;
    pair.meanMs += ((ms - pair.meanMs) * runs) / pair.runs;
    pace.recent.delete(program);
    pace.recent.set(program, pair);
    this.weigh(program, pace, pair, Math.log(pair.meanMs), Math.min(MAX_WEIGHT, pair.runs));
    if (pace.recent.size > PACE_PROGRAMS) {
      const [oldest, its] = pace.recent.entries().next().value!;
      this.weigh(oldest, pace, its, its.log, 0);
      pace.recent.delete(oldest);
    }
    this.centre(program);
  }

  /** Logarithm of an operator's durations over those of a machine of speed 1. */
  slowness(pace: Pace): number {
    if (pace.asOf === this.version) return pace.known;
    let sum = pace.logs + pace.declared * PRIOR_RUNS;
    for (const [program, { weight }] of pace.recent) sum -= weight * program.log;
    pace.known = sum / (pace.weight + PRIOR_RUNS);
    pace.asOf = this.version;
    return pace.known;
  }

  /**
   * @param fallback logarithm of milliseconds on a machine of speed 1, when nobody has run the program
   * @returns expected milliseconds of one task
   */
  expectedMs(fallback: number, program?: ProgramTime, pace?: Pace, pair?: PairTime): number {
    let usual = program && program.runs > 0 ? program.log : fallback;
    if (pace) usual += this.slowness(pace);
    // As far as an operator is not known, it is off from what it declares as others are.
    if (program) usual += (misjudged(program) * PRIOR_RUNS) / ((pace?.weight ?? 0) + PRIOR_RUNS);
    if (!pair || pair.runs === 0) return Math.exp(usual);
    return Math.exp(usual + ((pair.log - usual) * pair.runs) / (pair.runs + PACE_RUNS));
  }

  /** Has a recent pair of an operator count anew, in all sums. */
  private weigh(program: ProgramTime, pace: Pace, pair: PairTime, log: number, weight: number) {
    const before = this.slowness(pace);
    for (const [other, its] of pace.recent) other.slownesses -= its.weight * before;
    if (weight !== pair.weight) this.share(program, pace, pair.weight, weight);
    const logs = weight * log - pair.weight * pair.log;
    pace.logs += logs;
    program.logs += logs;
    program.declared += (weight - pair.weight) * pace.declared;
    pace.weight += weight - pair.weight;
    program.weight += weight - pair.weight;
    Object.assign(pair, { log, weight });
    this.version++;
    const after = this.slowness(pace);
    for (const [other, its] of pace.recent) other.slownesses += its.weight * after;
  }

  /** What the programs of an operator have in common changes as one of them, or its first or last run, changes its weight. */
  private share(changed: ProgramTime, pace: Pace, before: number, after: number): void {
    const was = 1 / (pace.weight + PRIOR_RUNS);
    const is = 1 / (pace.weight + after - before + PRIOR_RUNS);
    const change = Number(after > 0) - Number(before > 0);
    const all = [...pace.recent].map(([program, { weight }]) => ({ program, weight }));
    for (const [i, a] of all.entries())
      for (const b of all.slice(0, i + 1)) {
        const touched = a.program === changed || b.program === changed;
        const [a0, a1] = a.program === changed ? [before, after] : [a.weight, a.weight];
        const [b0, b1] = b.program === changed ? [before, after] : [b.weight, b.weight];
        const sum = a1 * b1 * is - a0 * b0 * was;
        add(a.program, b.program, sum, touched ? change : 0);
        if (a !== b) add(b.program, a.program, sum, touched ? change : 0);
      }
  }

  /** A program's own duration anew, given everyone's slowness; and with it, everyone's slowness. */
  private centre(program: ProgramTime): void {
    const moved = (program.logs - program.slownesses) / program.weight - program.log;
    program.log += moved;
    this.version++;
    for (const [other, { sum }] of program.shared) other.slownesses -= sum * moved;
  }
}

/** By how much those who run a program turned out slower than they had declared, on average. */
function misjudged({ slownesses, declared, weight }: ProgramTime): number {
  return (slownesses - declared) / (weight + SURE_WEIGHT);
}

function add(to: ProgramTime, other: ProgramTime, sum: number, operators: number): void {
  const shared = to.shared.get(other);
  if (!shared) to.shared.set(other, { sum, operators });
  else if (shared.operators + operators === 0) to.shared.delete(other);
  else {
    shared.sum += sum;
    shared.operators += operators;
  }
}
