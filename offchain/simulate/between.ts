import type { Capacity } from "./capacity";

/** Work that can't start before `head`, and after whose end at least `tail` passes; seconds. */
export interface Placed {
  work: number;
  head: number;
  tail: number;
}

/** Moments that are tried as the beginning, and as the end, of what lies between: any of them gives a bound. */
const MAX_BEGINNINGS = 128;
const MAX_ENDS = 2_048;

/**
 * Tasks that can't start before some moment, and after whose ends at least some time passes: their work lies between, for all pairs of
 * both, or many of them.
 * @returns seconds from the start that no schedule can go below
 */
export function between(placed: readonly Placed[], capacity: Capacity): number {
  const heads = sample(distinct(placed, "head"), MAX_BEGINNINGS, "first");
  const tails = sample(distinct(placed, "tail").reverse(), MAX_ENDS, "last");
  // Work by the last beginning that is not after its head, and by the first end that is not after its tail.
  const work = heads.map(() => new Float64Array(tails.length));
  for (const one of placed) {
    const head = firstWhere(heads, (head) => head > one.head) - 1;
    work[head]![firstWhere(tails, (tail) => tail <= one.tail)]! += one.work;
  }
  const since = new Float64Array(tails.length);
  let most = 0;
  for (let h = heads.length - 1; h >= 0; h--) {
    let sum = 0;
    for (const [t, tail] of tails.entries()) {
      since[t]! += work[h]![t]!;
      sum += since[t]!;
      if (since[t]! > 0) most = Math.max(most, capacity.doneAt(sum, heads[h]!) + tail);
    }
  }
  return most;
}

/** @returns the values that occur, rising */
function distinct(placed: readonly Placed[], side: "head" | "tail"): number[] {
  return [...new Set(placed.map((one) => one[side]))].sort((a, b) => a - b);
}

/** @param kept which end of the values must be among those that are left */
function sample(values: number[], most: number, kept: "first" | "last"): number[] {
  if (values.length <= most) return values;
  const step = values.length / most;
  const shift = kept === "first" ? 0 : step - 1;
  return Array.from({ length: most }, (_, i) => values[Math.floor(i * step + shift)]!);
}

/** @returns the position of the first value for which a condition holds, that holds for all after it too; their number if for none */
function firstWhere(values: readonly number[], holds: (value: number) => boolean): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(values[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
