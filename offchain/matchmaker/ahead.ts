import { keep } from "../runtime/sorted";
import type { Prospect } from "./prospect";

// How equal tasks are spread over operators. Pure.

/** When an operator should be done with tasks of a kind, and what that is worth. */
export type Timing = Pick<Prospect, "startMs" | "taskMs" | "everyMs" | "weight">;

/** Leaves in a list those who are busy. @returns those who could start now */
export function takeFree(prospects: Prospect[]): Prospect[] {
  const free: Prospect[] = [];
  keep(prospects, (prospect) => {
    if (!prospect.busy) free.push(prospect);
    return prospect.busy !== undefined;
  });
  return free;
}

/** The score that the best of some operators, all of which have room, would reach. */
export function levelOf(free: readonly Prospect[]): number {
  let least = Infinity;
  for (const { taskMs, weight } of free) least = Math.min(least, taskMs * weight);
  return least;
}

/** The score that an operator would reach with the first of its tasks. */
export function firstScoreOf({ startMs, taskMs, weight }: Timing): number {
  return (startMs + taskMs) * weight;
}

/** @returns how many tasks one after another it should finish before a score is reached */
export function aheadOf({ startMs, taskMs, everyMs, weight }: Timing, level: number): number {
  return Math.max(0, Math.ceil((level / weight - startMs - taskMs) / everyMs));
}

/** The score that an operator would reach with the last of those tasks and one more. */
export function lastScoreOf(prospect: Timing, level: number): number {
  const { startMs, taskMs, everyMs, weight } = prospect;
  return (startMs + aheadOf(prospect, level) * everyMs + taskMs) * weight;
}

/** @returns how many tasks some operators should finish together before a score is reached */
export function aheadOfAll(prospects: readonly Timing[], level: number): number {
  let sum = 0;
  for (let i = 0; i < prospects.length; i++) sum += aheadOf(prospects[i]!, level);
  return sum;
}

/**
 * Spreads some equal tasks, each where it would score best.
 * @param prospects at least one
 * @param count 1 or more
 * @returns the score before which all of them should finish together what they get; of one task, only who gets it
 */
export function spread<P extends Timing>(
  prospects: readonly P[],
  count: number,
): { level: number; only?: P } {
  const best = soonest(prospects);
  const score = firstScoreOf(best);
  if (count === 1) return { level: score, only: best };
  let [below, above] = [score, score * 2];
  while (aheadOfAll(prospects, above) < count) [below, above] = [above, above * 2];
  for (let i = 0; i < 12; i++) {
    const middle = (below + above) / 2;
    if (aheadOfAll(prospects, middle) < count) below = middle;
    else above = middle;
  }
  return { level: above };
}

/** Who would score best with its first task. */
function soonest<P extends Timing>(prospects: readonly P[]): P {
  let best = prospects[0]!;
  let least = Infinity;
  for (const prospect of prospects) {
    const score = firstScoreOf(prospect);
    if (score < least) {
      best = prospect;
      least = score;
    }
  }
  return best;
}

/** @returns those of some items that come first, in order, of equal ones the first; at most `count` */
export function firstFew<T>(
  items: readonly T[],
  count: number,
  isBefore: (a: T, b: T) => boolean,
): T[] {
  const few: T[] = [];
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    let at = few.length;
    if (at === count && !isBefore(item, few[--at]!)) continue;
    for (; at > 0 && isBefore(item, few[at - 1]!); at--) few[at] = few[at - 1]!;
    few[at] = item;
  }
  return few;
}
