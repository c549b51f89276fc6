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
  // By beginning and end, in rows: work by the last beginning that is not after its head, and by the first end that is not after its tail.
  const width = tails.length;
  const work = new Float64Array(heads.length * width);
  for (const one of placed)
    work[(rank(heads, one.head) - 1) * width + fall(tails, one.tail)]! += one.work;
  const since = new Float64Array(width);
  let most = 0;
  for (let h = heads.length - 1; h >= 0; h--) {
    const head = heads[h]!;
    const before = capacity.doneBefore(head);
    let sum = 0;
    for (let t = 0; t < width; t++) {
      const more = since[t]! + work[h * width + t]!;
      if (more === 0) continue;
      since[t] = more;
      sum += more;
      most = Math.max(most, capacity.reachedAt(before + sum, head) + tails[t]!);
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

/** @returns how many of rising values are not above one */
function rank(values: readonly number[], value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** @returns the position of the first of falling values that is not above one; their number if all are */
function fall(values: readonly number[], value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! <= value) high = middle;
    else low = middle + 1;
  }
  return low;
}
