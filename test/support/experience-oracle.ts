/** What `Experience` learns of durations, computed by visiting everyone who runs a program at each of its results. */
export class DurationOracle {
  private readonly programs = new Map<string, Program>();
  private readonly declared = new Map<string, number>();
  /** How many runs that counts like, if it is not 1. */
  private readonly priors = new Map<string, number>();

  declare(operator: string, speed: number): void {
    this.declared.set(operator, -Math.log(Math.min(2, Math.max(0.5, speed))));
  }

  /** @param sizeClass of the tasks, if it is known @param fits whether the result says something of what sizes do */
  learn(
    program: string,
    operator: string,
    ms: number,
    runs: number,
    sizeClass?: number,
    fits = true,
  ): void {
    let known = this.programs.get(program);
    if (!known) {
      const log = Math.log(ms) - this.slowness(operator);
      this.programs.set(program, (known = { log, slope: 0, seen: 0, pairs: new Map() }));
    } else if (fits && sizeClass !== undefined && known.origin !== undefined)
      this.fit(known, program, operator, ms, sizeClass);
    if (sizeClass !== undefined) known.origin ??= sizeClass;
    const pair = known.pairs.get(operator) ?? { runs: 0, meanMs: 0, size: 0 };
    const size = sizeOf(known, sizeClass);
    known.pairs.set(operator, pair);
    const mean = (pair.size * pair.runs + size * runs) / (pair.runs + runs);
    const [before, now] = [
      pair.meanMs * Math.exp(known.slope * (mean - pair.size)),
      ms * Math.exp(known.slope * (mean - size)),
    ];
    pair.meanMs = (before * pair.runs + now * runs) / (pair.runs + runs);
    pair.size = mean;
    const counted = weightOf(pair);
    pair.runs += runs;
    if (weightOf(pair) !== counted) this.priors.set(operator, this.priorOf(operator));
    let [sum, weight] = [0, 0];
    for (const [one, its] of known.pairs) {
      sum += weightOf(its) * (logOf(known, its) - this.slowness(one));
      weight += weightOf(its);
    }
    known.log = sum / weight;
  }

  originOf(program: string): number | undefined {
    return this.programs.get(program)?.origin;
  }

  expectedMs(program: string, operator: string, fallbackMs: number, sizeClass?: number): number {
    const known = this.programs.get(program);
    const usual =
      (known?.log ?? Math.log(fallbackMs)) +
      this.slowness(operator) +
      this.asOthers(known, operator);
    if (!known) return Math.exp(usual);
    const added = known.slope * sizeOf(known, sizeClass);
    const pair = known.pairs.get(operator);
    if (!pair) return Math.exp(usual + added);
    return Math.exp((usual + logOf(known, pair) * pair.runs) / (1 + pair.runs) + added);
  }

  /** Recursive least squares with a ridge of 1. */
  private fit(known: Program, program: string, operator: string, ms: number, sizeClass: number) {
    const off = Math.log(ms / this.expectedMs(program, operator, 1, sizeClass));
    const pair = known.pairs.get(operator);
    const own = pair ? pair.runs / (pair.runs + 1) : 0;
    const from = own * (pair?.size ?? 0) + (1 - own) * sizeOf(known);
    const distance = sizeOf(known, sizeClass) - from;
    const most = 2 * Math.LN2 * Math.abs(distance);
    const weight = 1 / (1 + (7 * 0.15) / (this.weight(operator) + 0.15));
    known.seen += weight * distance * distance;
    const believed = Math.max(-most, Math.min(most, off));
    known.slope += (weight * distance * believed) / (known.seen + 1);
  }

  private slowness(operator: string): number {
    const prior = this.prior(operator);
    const declared = this.declared.get(operator) ?? 0;
    return (this.slow(operator) + declared * prior) / (this.weight(operator) + prior);
  }

  private slow(operator: string): number {
    let sum = 0;
    for (const known of this.programs.values()) {
      const pair = known.pairs.get(operator);
      if (pair) sum += weightOf(pair) * (logOf(known, pair) - known.log);
    }
    return sum;
  }

  private weight(operator: string): number {
    const pairs = [...this.programs.values()].map((program) => program.pairs.get(operator));
    return pairs.reduce((sum, pair) => sum + (pair ? weightOf(pair) : 0), 0);
  }

  private prior(operator: string): number {
    return this.priors.get(operator) ?? 1;
  }

  private priorOf(operator: string): number {
    const mean = this.slow(operator) / this.weight(operator);
    return 1 / (1 + ((mean - (this.declared.get(operator) ?? 0)) / 0.2) ** 2);
  }

  /** As far as an operator is not known, it is off from what it declares as those are who run the program. */
  private asOthers(known: Program | undefined, operator: string): number {
    if (!known) return 0;
    let [sum, weight] = [0, 30];
    for (const [one, its] of known.pairs) {
      sum += weightOf(its) * (this.slowness(one) - (this.declared.get(one) ?? 0));
      weight += weightOf(its);
    }
    const prior = this.prior(operator);
    return ((sum / weight) * prior) / (this.weight(operator) + prior);
  }
}

interface Program {
  log: number;
  origin?: number;
  slope: number;
  seen: number;
  pairs: Map<string, Pair>;
}

interface Pair {
  runs: number;
  meanMs: number;
  size: number;
}

const weightOf = ({ runs }: Pair) => Math.min(8, runs);

/** Of a task of the size that sizes count from. */
const logOf = ({ slope }: Program, { meanMs, size }: Pair) => Math.log(meanMs) - slope * size;

function sizeOf({ origin, pairs }: Program, sizeClass?: number): number {
  if (sizeClass !== undefined && origin !== undefined) return sizeClass - origin;
  let [sum, weight] = [0, 0];
  for (const pair of pairs.values()) {
    sum += weightOf(pair) * pair.size;
    weight += weightOf(pair);
  }
  return weight > 0 ? sum / weight : 0;
}
