import { START_MS, type SimOperator } from "./model";

/** Between these nothing is heard of an operator, which is heard at both; Unix milliseconds. */
interface Silence {
  from: number;
  to: number;
}

/** When an operator is heard. Nothing is heard any more of one that has left. */
export class Voice {
  readonly silences: readonly Silence[];

  constructor({ silences = [], leavesAt }: SimOperator) {
    const spans = silences.filter(({ from }) => from < leavesAt);
    if (leavesAt !== Infinity) spans.push({ from: leavesAt, to: Infinity });
    this.silences = spans.map(({ from, to }) => ({
      from: START_MS + from * 1000,
      to: START_MS + (to > leavesAt ? Infinity : to * 1000),
    }));
  }

  isHeard(at: number): boolean {
    return this.nextWord(at) === at;
  }

  /** @returns the first moment from `at` on at which it is heard; Infinity if it is not heard any more */
  nextWord(at: number): number {
    const silence = this.silences.find(({ from, to }) => from < at && at < to);
    return silence?.to ?? at;
  }

  /** @returns until when it is heard from `at` on; or, if it is not heard then, when it was last; Infinity if it never falls silent */
  lastWord(at: number): number {
    return this.silences.find(({ to }) => at < to)?.from ?? Infinity;
  }
}
