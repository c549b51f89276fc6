import { declaredSpeed, type SimOperator } from "./model";

/** Of what a machine has, what work is measured in. */
export const AREAS = ["cores", "memoryMb", "gpus"] as const;

/** Rates below this come from rounding. */
const NOTHING = 1e-9;

/** What a fleet can do of one resource over time: pieces in which its rate is constant. */
export class Capacity {
  /** When the pieces begin, the rates in them, and the work that can be done before them. */
  private readonly at: number[] = [];
  private readonly rate: number[] = [];
  private readonly done: number[] = [];
  /** The highest rate of all times. */
  readonly peak: number;

  constructor(operators: SimOperator[], programs: string[], what: (typeof AREAS)[number]) {
    const changes = operators
      .flatMap((operator) => {
        const speed = programs.reduce((most, p) => Math.max(most, declaredSpeed(operator, p)), 0);
        const rate = (operator[what] * speed) / operator.slowdown;
        return [
          { at: operator.joinsAt, by: rate },
          { at: operator.leavesAt, by: -rate },
        ];
      })
      .filter(({ at }) => at !== Infinity)
      .sort((a, b) => a.at - b.at);
    let rate = 0;
    for (const { at, by } of changes) {
      const last = this.at.length - 1;
      rate += by;
      if (this.at[last] !== at) {
        this.done.push(last < 0 ? 0 : this.done[last]! + this.rate[last]! * (at - this.at[last]!));
        this.at.push(at);
      }
      this.rate[this.at.length - 1] = Math.max(0, rate);
    }
    this.peak = this.rate.reduce((most, one) => Math.max(most, one), 0);
  }

  /** @returns the moment at which so much work, begun at `from`, can be done; Infinity if never */
  doneAt(work: number, from: number): number {
    return work <= 0 ? from : this.reachedAt(this.doneBefore(from) + work, from);
  }

  /** @returns the work that can be done before a moment */
  doneBefore(moment: number): number {
    const begun = lastBelow(this.at, moment, true);
    return begun < 0 ? 0 : this.done[begun]! + this.rate[begun]! * (moment - this.at[begun]!);
  }

  /** @returns the moment, `from` at the earliest, before which so much work can be done; Infinity if never */
  reachedAt(work: number, from: number): number {
    const ends = lastBelow(this.done, work, false);
    if (ends < 0 || this.rate[ends]! <= NOTHING) return Infinity;
    return Math.max(from, this.at[ends]! + (work - this.done[ends]!) / this.rate[ends]!);
  }
}

/** @returns the position of the last of rising numbers that is below a value, or not above it; -1 if none is */
function lastBelow(numbers: readonly number[], value: number, orEqual: boolean): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! < value || (orEqual && numbers[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
