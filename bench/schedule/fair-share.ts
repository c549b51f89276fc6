/** Something to be done: when it comes, and how long it takes if it has everything to itself. */
export interface Job {
  at: number;
  work: number;
  /** Whose it is; one's own if not given. */
  requester?: string | undefined;
}

/**
 * When each job would end if at any time whoever has jobs there had a share of everything by weight, split evenly between these jobs: processor
 * sharing between requesters, and between the jobs of each.
 * @param weights of requesters, 1 if not given
 * @returns in the order of the jobs, in the unit of `at`
 */
export function fairEnds(
  jobs: readonly Job[],
  weights: Readonly<Record<string, number>> = {},
): number[] {
  const ends = jobs.map(() => 0);
  const left = jobs.map(({ work }) => work);
  const coming = [...jobs.keys()].sort((a, b) => jobs[a]!.at - jobs[b]!.at);
  let there: number[] = [];
  let now = 0;
  while (coming.length > 0 || there.length > 0) {
    const next = coming.length > 0 ? jobs[coming[0]!]!.at : Infinity;
    if (there.length === 0) now = Math.max(now, next);
    const shares = sharesOf(jobs, there, weights);
    const done = Math.min(...there.map((i) => left[i]! / shares.get(i)!));
    const until = Math.min(next, now + done);
    if (there.length > 0) {
      for (const i of there) left[i]! -= (until - now) * shares.get(i)!;
      now = until;
    }
    for (const i of there) if (left[i]! <= 1e-9) ends[i] = now;
    there = there.filter((i) => left[i]! > 1e-9);
    while (coming.length > 0 && jobs[coming[0]!]!.at <= now) there.push(coming.shift()!);
  }
  return ends;
}

/** @returns the share of each job that is there, of 1 */
function sharesOf(
  jobs: readonly Job[],
  there: readonly number[],
  weights: Readonly<Record<string, number>>,
): Map<number, number> {
  const own = new Map<string, number>();
  const of = (i: number) => jobs[i]!.requester ?? `job ${i}`;
  for (const i of there) own.set(of(i), (own.get(of(i)) ?? 0) + 1);
  const weightOf = (requester: string) => weights[requester] ?? 1;
  const sum = [...own.keys()].reduce((all, requester) => all + weightOf(requester), 0);
  return new Map(there.map((i) => [i, weightOf(of(i)) / sum / own.get(of(i))!]));
}
