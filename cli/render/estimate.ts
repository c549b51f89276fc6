import type { Estimate } from "../../sdk";

/** @returns a time as people say it */
export function spanOf(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  if (seconds < 7200) return `${(seconds / 60).toFixed(1)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** @returns what a run is expected to take and to cost, for `fields`; nothing when nobody was asked */
export function expectations(
  estimate: Estimate | null,
  money: (units: string) => string,
): [name: string, value: string][] {
  if (!estimate) return [];
  const { seconds, cost, runs, reason, operators } = estimate;
  const who: [string, string] = [
    "operators",
    `${operators.online} online, ${operators.able} of them can take a task`,
  ];
  if (!seconds || !cost)
    return [["expected", `nothing: ${reason?.message ?? "no run ended"}`], who];
  const ended =
    runs.done < runs.made ? `; ${runs.made - runs.done} did not end: ${reason!.message}` : "";
  return [
    [
      "expected time",
      `${spanOf(seconds.expected)}; ${spanOf(seconds.least)} to ${spanOf(seconds.most)} in ${runs.made} simulated runs${ended}`,
    ],
    [
      "expected price",
      `${money(cost.expected)}; ${money(cost.least)} to ${money(cost.most)}, without the fee`,
    ],
    who,
  ];
}

/** @returns what was taken for granted, a line each */
export function assumptions(estimate: Estimate | null): string[] {
  return (estimate?.assumed ?? []).map(({ message }) => `assumed: ${message}`);
}
