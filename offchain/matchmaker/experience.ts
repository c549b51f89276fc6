import type { Digest } from "../../protocol/digest";
import type { Standing, Standings } from "../../protocol/reputation";
import { caution, Durations, type Pace } from "./durations";
import { expectedRate, isLittle, usualRate, type Tally } from "./failures";
import { sizeFactor, usualMs, type PairTime, type ProgramTime } from "./program-time";
import { growsClearly, type Growth } from "./size";

/** What was learned about one operator at one program. */
export interface Learned {
  runs: number;
  /** Of a task of the mean size. */
  meanMs: number;
  /** Mean size class of what it ran, counted from the program's `origin`; 0 where none is known. */
  size?: number;
  failed: number;
  /** Of the runs, and of what failed: canaries. */
  canariesRight: number;
  canariesWrong: number;
}

/** The same as it is put back: without canaries, if there were none. */
export type Known = Omit<Learned, "canariesRight" | "canariesWrong"> & Partial<Learned>;

interface Pair extends PairTime {
  failed: number;
  canariesRight: number;
  canariesWrong: number;
}

interface Program extends ProgramTime {
  pairs: Map<string, Pair>;
  /** What its tasks took usually, and on average (logarithms of milliseconds), and whether sizes mattered, when the version last rose for it. */
  told?: { usual: number; average: number; grows: boolean };
}

interface Operator extends Pace, Tally {
  /** Attempts of all operators until its last failure. */
  failedAt: number;
  /** Of its attempts: canaries. */
  canaries: number;
  /** How it stands by its reputation. */
  told?: Standings;
}

const NOTHING: Tally = { runs: 0, failed: 0 };

/** Declared speeds are believed within these bounds until the first result. */
const MIN_SPEED = 0.5;
const MAX_SPEED = 2;
/** A run that was stopped, or failed, says nothing of its length unless it took so many times what was expected. */
const CLEARLY_LATE = 1.5;
/** Then so much of it is taken to have been over: runs stop at any moment. */
const SHARE_RUN = 0.5;
/** Plans are made anew when a duration has changed by so much, as a logarithm; most results change it by less. */
const CLEARLY_OTHER = 0.02;

/** Durations and failures, learned as results come in: of operators, of programs, and of operators at programs. */
export class Experience {
  private readonly durations = new Durations();
  private readonly programs = new Map<Digest, Program>();
  private readonly operators = new Map<string, Operator>();
  private readonly market: Tally = { runs: 0, failed: 0 };
  /** Attempts that have ended since this was made. */
  private clock = 0;

  /**
   * Rises when tasks of a program turn out to take clearly longer or shorter than when it last rose, or larger inputs clearly longer, or no
   * longer: what was planned with that is old.
   */
  version = 0;

  /** @param speed that an operator says it has, 1 is usual */
  declare(operator: string, speed: number): void {
    const believed = Math.min(MAX_SPEED, Math.max(MIN_SPEED, speed));
    this.durations.declare(this.operator(operator), -Math.log(believed));
  }

  /**
   * Says what is known of an operator that has done nothing here yet, over all programs and at each; it counts while it has done little.
   */
  tell(operator: string, standings: Standings): void {
    this.operator(operator).told = standings;
  }

  /**
   * @returns the reputation at a program on which an operator's expected failures there rest too, millionths; nothing once it has done
   * enough here
   */
  reputation(program: Digest, operator: string): number | undefined {
    const of = this.operators.get(operator);
    return of && isLittle(of) ? standingAt(of, program)?.reputation : undefined;
  }

  /** Puts back how a program's durations grow; what is known of operators at it is put back after that. */
  restoreGrowth(program: Digest, { origin, slope, seen }: Growth): void {
    const grows = growsClearly({ origin, slope, seen }, false);
    Object.assign(this.program(program), { origin, slope, seen, grows });
    this.version++;
  }

  /** Puts back a record from the database. What an operator did here is in its reputation, too: that is not counted then. */
  restore(program: Digest, operator: string, record: Known): void {
    const of = this.operator(operator);
    delete of.told;
    const pair = this.pair(program, operator);
    const { failed, runs, meanMs, size = 0 } = record;
    this.countFailed(pair, operator, failed);
    if (runs > 0) {
      this.durations.add(this.program(program), of, pair, { runs, meanMs, size });
      this.countRuns(of, runs);
      this.tellPlans(this.program(program));
    }
    this.countCanaries(pair, operator, record.canariesRight ?? 0, record.canariesWrong ?? 0);
  }

  /**
   * @param wallMs time that the operator computed
   * @param sizeClass of the task, if it is known
   */
  succeeded(program: Digest, operator: string, wallMs: number, sizeClass?: number): Learned {
    this.clock++;
    return this.learn(program, operator, Math.max(1, wallMs), sizeClass);
  }

  /** @param ranMs how long it ran until then, if that is known: a whole run takes longer */
  failed(program: Digest, operator: string, ranMs = 0, sizeClass?: number): Learned {
    const pair = this.pair(program, operator);
    this.clock++;
    this.countFailed(pair, operator, 1);
    this.operator(operator).failedAt = this.clock;
    this.outlasted(program, operator, ranMs, sizeClass);
    return pair;
  }

  /**
   * An operator has answered a canary rightly: one more run of it, and of nobody else.
   * @param wallMs time that it computed
   */
  passed(program: Digest, operator: string, wallMs: number, sizeClass?: number): Learned {
    const learned = this.learn(program, operator, Math.max(1, wallMs), sizeClass);
    this.countCanaries(this.pair(program, operator), operator, 1, 0);
    return learned;
  }

  /** An operator has answered a canary wrongly, or not in time. @param ranMs how long it ran, if it was too long */
  missed(program: Digest, operator: string, ranMs = 0, sizeClass?: number): Learned {
    const pair = this.pair(program, operator);
    this.countFailed(pair, operator, 1);
    this.countCanaries(pair, operator, 0, 1);
    this.operator(operator).failedAt = this.clock;
    return this.outlasted(program, operator, ranMs, sizeClass);
  }

  /** A run was stopped after so long, by no fault that is counted: if it was clearly late, that is learned. */
  outlasted(program: Digest, operator: string, ranMs: number, sizeClass?: number): Learned {
    // Of a program that nobody has run nothing is late.
    if (this.typicalMs(program) === undefined) return this.pair(program, operator);
    if (ranMs > CLEARLY_LATE * this.expectedMs(program, operator, ranMs, sizeClass))
      this.learn(program, operator, ranMs / SHARE_RUN, sizeClass);
    return this.pair(program, operator);
  }

  /** Whether an operator has come to a result of a program. */
  hasRun(program: Digest, operator: string): boolean {
    return (this.programs.get(program)?.pairs.get(operator)?.runs ?? 0) > 0;
  }

  /** Attempts of an operator, at any program. */
  attempts(operator: string): number {
    const of = this.operators.get(operator);
    return of ? of.runs + of.failed : 0;
  }

  /** @returns share of failed attempts, between 0 and 1, smoothed by what the operator does elsewhere and others do */
  failureRate(program: Digest, operator: string): number {
    const pair = this.programs.get(program)?.pairs.get(operator);
    const of = this.operators.get(operator);
    if (!of) return expectedRate(usualRate(this.market), NOTHING, 0);
    const rounds = (this.clock - of.failedAt) / this.operators.size;
    const usual = usualRate(this.market);
    const told = standingAt(of, program);
    const record = told && { runs: told.good, failed: told.bad };
    const rate = expectedRate(usual, of, rounds, pair, record);
    // Right answers that cost nothing but time make nobody better than average.
    return of.runs + of.failed > of.canaries ? rate : Math.max(usual, rate);
  }

  /** @returns how a program's durations grow with the size of inputs, once a size was known */
  growthOf(program: Digest): Growth | undefined {
    const known = this.programs.get(program);
    return known?.origin === undefined ? undefined : known;
  }

  /** Whether tasks of a program clearly take longer the larger their inputs are. */
  grows(program: Digest): boolean {
    return this.programs.get(program)?.grows ?? false;
  }

  /** @returns how many times as long a task of a size class takes as one whose size is not known */
  sizeFactor(program: Digest, sizeClass: number | undefined): number {
    if (sizeClass === undefined) return 1;
    const known = this.programs.get(program);
    return known ? sizeFactor(known, sizeClass) : 1;
  }

  /**
   * @param sizeClass of the task, if it is known
   * @returns milliseconds of one task on a machine of speed 1, if anyone has run the program
   */
  typicalMs(program: Digest, sizeClass?: number): number | undefined {
    const known = this.programs.get(program);
    return known && known.runs > 0 ? usualMs(known, sizeClass) : undefined;
  }

  /** @returns milliseconds of one task on average of those who have run the program, each by its weight, if anyone has */
  averageMs(program: Digest): number | undefined {
    const known = this.programs.get(program);
    return known && known.weight > 0 ? Math.exp(known.logs / known.weight) : undefined;
  }

  /**
   * @param fallbackMs on a machine of speed 1, when nobody has run the program
   * @param sizeClass of the task, if it is known
   * @returns expected milliseconds of one task
   */
  expectedMs(program: Digest, operator: string, fallbackMs: number, sizeClass?: number): number {
    const known = this.programs.get(program);
    const of = this.operators.get(operator);
    return this.durations.expectedMs(fallbackMs, known, of, known?.pairs.get(operator), sizeClass);
  }

  /** @returns how many times as long as expected a task counts on an operator, as it may be slower than is known of it */
  caution(operator: string): number {
    return caution(this.operators.get(operator));
  }

  /** Canaries say nothing about the market: names are free, and so is answering for each of them. */
  private countCanaries(pair: Pair, operator: string, right: number, wrong: number): void {
    pair.canariesRight += right;
    pair.canariesWrong += wrong;
    this.operator(operator).canaries += right + wrong;
    this.market.runs -= right;
    this.market.failed -= wrong;
  }

  private countFailed(pair: Pair, operator: string, count: number): void {
    pair.failed += count;
    this.operator(operator).failed += count;
    this.market.failed += count;
  }

  private countRuns(of: Operator, count: number): void {
    of.runs += count;
    this.market.runs += count;
  }

  private learn(program: Digest, operator: string, ms: number, sizeClass?: number): Learned {
    const pair = this.pair(program, operator);
    const of = this.operator(operator);
    const known = this.program(program);
    this.durations.learn(known, of, pair, ms, sizeClass);
    this.countRuns(of, 1);
    this.tellPlans(known);
    return pair;
  }

  private tellPlans(program: Program): void {
    const { told, logs, weight, grows } = program;
    const usual = Math.log(usualMs(program));
    const average = logs / weight;
    const off = told && Math.max(Math.abs(usual - told.usual), Math.abs(average - told.average));
    if (off !== undefined && off < CLEARLY_OTHER && told?.grows === grows) return;
    program.told = { usual, average, grows };
    this.version++;
  }

  private operator(operator: string): Operator {
    let of = this.operators.get(operator);
    if (!of)
      this.operators.set(
        operator,
        (of = { ...this.durations.pace(), failed: 0, runs: 0, failedAt: 0, canaries: 0 }),
      );
    return of;
  }

  private program(program: Digest): Program {
    let known = this.programs.get(program);
    if (!known)
      this.programs.set(program, (known = { ...this.durations.program(), pairs: new Map() }));
    return known;
  }

  private pair(program: Digest, operator: string): Pair {
    const { pairs } = this.program(program);
    let pair = pairs.get(operator);
    if (!pair) {
      this.operator(operator);
      const canaries = { canariesRight: 0, canariesWrong: 0 };
      pair = { runs: 0, meanMs: 0, size: 0, failed: 0, ...canaries, log: 0, weight: 0 };
      pairs.set(operator, pair);
    }
    return pair;
  }
}

/** How an operator stands at a program by its reputation; over all programs where there is no evidence of this one. */
function standingAt({ told }: Operator, program: Digest): Standing | undefined {
  return told && (told.byProgram.get(program) ?? told.overall);
}
