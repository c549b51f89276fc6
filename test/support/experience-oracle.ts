/** What `Experience` learns of durations, computed by visiting everyone who runs a program at each of its results. */
export class DurationOracle {
  private readonly programs = new Map<string, Program>();
  private readonly declared = new Map<string, number>();

  declare(operator: string, speed: number): void {
    this.declared.set(operator, -Math.log(Math.min(2, Math.max(0.5, speed))));
  }

  learn(program: string, operator: string, ms: number, runs: number): void {
    let known = this.programs.get(program);
    if (!known) {
      known = { log: Math.log(ms) - this.slowness(operator), pairs: new Map() };
      this.programs.set(program, known);
    }
    const pair = known.pairs.get(operator) ?? { runs: 0, meanMs: 0 };
    known.pairs.set(operator, pair);
    pair.meanMs = (pair.meanMs * pair.runs + ms * runs) / (pair.runs + runs);
    pair.runs += runs;
    let [sum, weight] = [0, 0];
    for (const [one, its] of known.pairs) {
      sum += weightOf(its) * (Math.log(its.meanMs) - this.slowness(one));
      weight += weightOf(its);
    }
    known.log = sum / weight;
  }

  expectedMs(program: string, operator: string, fallbackMs: number): number {
    const known = this.programs.get(program);
    const usual =
      (known?.log ?? Math.log(fallbackMs)) +
      this.slowness(operator) +
      this.asOthers(known, operator);
    const pair = known?.pairs.get(operator);
    if (!pair) return Math.exp(usual);
    return Math.exp((usual + Math.log(pair.meanMs) * pair.runs) / (1 + pair.runs));
  }

  private slowness(operator: string): number {
    let sum = (this.declared.get(operator) ?? 0) * 0.15;
    for (const { log, pairs } of this.programs.values()) {
      const pair = pairs.get(operator);
      if (pair) sum += weightOf(pair) * (Math.log(pair.meanMs) - log);
    }
    return sum / this.weight(operator);
  }

  private weight(operator: string): number {
    const pairs = [...this.programs.values()].map((program) => program.pairs.get(operator));
    return pairs.reduce((sum, pair) => sum + (pair ? weightOf(pair) : 0), 0.15);
  }

  /** As far as an operator is not known, it is off from what it declares as those are who run the program. */
  private asOthers(known: Program | undefined, operator: string): number {
    if (!known) return 0;
    let [sum, weight] = [0, 30];
    for (const [one, its] of known.pairs) {
      sum += weightOf(its) * (this.slowness(one) - (this.declared.get(one) ?? 0));
      weight += weightOf(its);
    }
    return ((sum / weight) * 0.15) / this.weight(operator);
  }
}

interface Program {
  log: number;
  pairs: Map<string, Pair>;
}

interface Pair {
  runs: number;
  meanMs: number;
}

const weightOf = ({ runs }: Pair) => Math.min(8, runs);
