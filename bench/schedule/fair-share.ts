/** Something to be done: when it comes, and how long it takes if it has everything to itself. */
export interface Job {
  at: number;
  work: number;
}

/**
 * When each job would end if whoever is there always had an equal share of everything, and all of it alone: processor sharing.
 * @returns in the order of the jobs, in the unit of `at`
 */
export function fairEnds(jobs: readonly Job[]): number[] {
  const ends = jobs.map(() => 0);
  const left = jobs.map(({ work }) => work);
  const coming = [...jobs.keys()].sort((a, b) => jobs[a]!.at - jobs[b]!.at);
  let there: number[] = [];
  let now = 0;
  while (coming.length > 0 || there.length > 0) {
    const next = coming.length > 0 ? jobs[coming[0]!]!.at : Infinity;
    if (there.length === 0) now = Math.max(now, next);
    const least = Math.min(...there.map((i) => left[i]!));
    const until = Math.min(next, now + least * there.length);
    if (there.length > 0) {
      for (const i of there) left[i]! -= (until - now) / there.length;
      now = until;
    }
    for (const i of there) if (left[i]! <= 1e-9) ends[i] = now;
    there = there.filter((i) => left[i]! > 1e-9);
    while (coming.length > 0 && jobs[coming[0]!]!.at <= now) there.push(coming.shift()!);
  }
  return ends;
}
