import type { Digest } from "../../protocol/digest";

/** What was learned about one operator at one program. */
export interface Learned {
  runs: number;
  meanMs: number;
  failed: number;
}

/** Failures that a stranger is taken to have had, in so many attempts. */
const PRIOR_FAILED = 0.5;
const PRIOR_ATTEMPTS = 5;
/** Declared speeds are believed within these bounds until the first result. */
const MIN_SPEED = 0.5;
const MAX_SPEED = 2;

/** Durations and failures by program and operator, learned as results come in: running means. */
export class Experience {
  /** Rises with everything that is learned about durations. */
  version = 0;
  private readonly records = new Map<Digest, Map<string, Learned>>();
  private readonly programs = new Map<Digest, { runs: number; meanMs: number }>();

  /** Puts back a record from the database. */
  restore(program: Digest, operator: string, record: Learned): void {
    this.of(program).set(operator, { ...record });
    if (record.runs > 0) this.learn(program, record.meanMs, record.runs);
  }

  /** @param wallMs time that the operator computed */
  succeeded(program: Digest, operator: string, wallMs: number): Learned {
    const record = this.record(program, operator);
    record.runs++;
    record.meanMs += (wallMs - record.meanMs) / record.runs;
    this.learn(program, wallMs, 1);
    return record;
  }

  failed(program: Digest, operator: string): Learned {
    const record = this.record(program, operator);
    record.failed++;
    return record;
  }

  attempts(program: Digest, operator: string): number {
    const record = this.records.get(program)?.get(operator);
    return record ? record.runs + record.failed : 0;
  }

  /** @returns smoothed share of failed attempts, between 0 and 1 */
  failureRate(program: Digest, operator: string): number {
    const record = this.records.get(program)?.get(operator);
    const failed = record?.failed ?? 0;
    const attempts = failed + (record?.runs ?? 0);
    return (failed + PRIOR_FAILED) / (attempts + PRIOR_ATTEMPTS);
  }

  /** @returns mean over all operators in milliseconds, if anyone has run it */
  meanMs(program: Digest): number | undefined {
    return this.programs.get(program)?.meanMs;
  }

  /**
   * @param speed as declared
   * @param fallbackMs when nobody has run the program
   * @returns expected milliseconds of one task
   */
  expectedMs(program: Digest, operator: string, speed: number, fallbackMs: number): number {
    const own = this.records.get(program)?.get(operator);
    if (own && own.runs > 0) return own.meanMs;
    const trusted = Math.min(MAX_SPEED, Math.max(MIN_SPEED, speed));
    return (this.meanMs(program) ?? fallbackMs) / trusted;
  }

  private learn(program: Digest, meanMs: number, runs: number): void {
    const all = this.programs.get(program) ?? { runs: 0, meanMs: 0 };
    all.meanMs += ((meanMs - all.meanMs) * runs) / (all.runs + runs);
    all.runs += runs;
    this.version++;
    this.programs.set(program, all);
  }

  private of(program: Digest): Map<string, Learned> {
    let records = this.records.get(program);
    if (!records) this.records.set(program, (records = new Map()));
    return records;
  }

  private record(program: Digest, operator: string): Learned {
    const records = this.of(program);
    let record = records.get(operator);
    if (!record) records.set(operator, (record = { runs: 0, meanMs: 0, failed: 0 }));
    return record;
  }
}
