import type { Prospect } from "./prospect";

// How equal tasks are spread over operators. Pure.

/** The score that the best of some operators, all of which have room, would reach. */
export function levelOf(free: Prospect[]): number {
  return free.reduce((least, p) => Math.min(least, p.taskMs * p.weight), Infinity);
}

/** The score that an operator would reach with the first of its tasks. */
export function firstScoreOf({ startMs, taskMs, weight }: Prospect): number {
  return (startMs + taskMs) * weight;
}

/**
 * @param startMs from now until it can start one, if that is not as the prospect says
 * @returns how many tasks one after another it should finish before a score is reached
 */
export function aheadOf(prospect: Prospect, level: number, startMs = prospect.startMs): number {
  const { taskMs, everyMs, weight } = prospect;
  return Math.max(0, Math.ceil((level / weight - startMs - taskMs) / everyMs));
}

/** @returns how many tasks some operators should finish together before a score is reached */
export function aheadOfAll(prospects: Prospect[], level: number): number {
  return prospects.reduce((sum, p) => sum + aheadOf(p, level), 0);
}

/**
 * Says who should take how many of some equal tasks, each where it would score best.
 * @param count 1 or more
 */
export function spread(prospects: Prospect[], count: number): number[] {
  const first = prospects.map(firstScoreOf);
  const best = Math.min(...first);
  if (count === 1) return prospects.map((_, i) => (i === first.indexOf(best) ? 1 : 0));
  const total = (level: number) => aheadOfAll(prospects, level);
  let [below, above] = [best, best * 2];
  while (total(above) < count) [below, above] = [above, above * 2];
  for (let i = 0; i < 12; i++) {
    const middle = (below + above) / 2;
    if (total(middle) < count) below = middle;
    else above = middle;
  }
  return prospects.map((p) => aheadOf(p, above));
}

/** Those of some items that have the least values, not in order. @returns at most `count` */
export function least<T>(items: T[], count: number, valueOf: (item: T, i: number) => number): T[] {
  if (items.length <= count) return items;
  const kept: { item: T; value: number }[] = [];
  for (const [i, item] of items.entries()) {
    const value = valueOf(item, i);
    if (kept.length === count && value >= kept[count - 1]!.value) continue;
    let at = Math.min(kept.length, count - 1);
    for (; at > 0 && kept[at - 1]!.value > value; at--) kept[at] = kept[at - 1]!;
    kept[at] = { item, value };
  }
  return kept.map(({ item }) => item);
}
