import type { Timers } from "../runtime/timers";

/** How soon a straggler for which nothing could be done is looked at again, milliseconds. */
const LOOK_AGAIN_MS = 1_000;
/** Stragglers for which an operator is looked for in one round. */
const MAX_LOOKS = 8;

/** What may be done about an attempt. */
export interface Copier<A> {
  /**
   * @returns from when on (Unix milliseconds) an attempt may get a copy, as far as can be said now; "unknown" if that can't be said yet,
   * undefined if it never will
   */
  from(attempt: A): number | "unknown" | undefined;
  /** @returns whether somebody was found who should be done with it sooner, and given a copy */
  copy(attempt: A): boolean;
}

/**
 * Gives copies of stragglers to operators that nobody else needs now: comes after the matcher's run.
 * @param moments running attempts that may be given copies, each with when it is looked at
 */
export function lookAtStragglers<A>(
  moments: Timers<A>,
  now: number,
  { from, copy }: Copier<A>,
): void {
  const later = now + LOOK_AGAIN_MS;
  let looks = 0;
  for (const attempt of moments.due(now)) {
    const since = from(attempt);
    if (since === undefined) continue;
    const isDue = since !== "unknown" && since <= now;
    if (isDue && looks < MAX_LOOKS) {
      looks++;
      if (copy(attempt)) continue;
    }
    moments.set(attempt, since === "unknown" ? later : Math.max(since, later));
  }
}
