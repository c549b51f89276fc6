import { lowerBound } from "./bound";
import type { Simulation, SimulationOptions } from "./result";

/** What is left of a simulation when it is over; the lists by workflow. */
interface Outcome extends Pick<
  Simulation,
  "attempts" | "decisions" | "cost" | "waste" | "canaries"
> {
  /** Seconds from the start; null: not done. */
  ends: (number | null)[];
  failed: ReadonlySet<number>;
  dropped: { failed: number; leftOut: number }[];
  /** Units. */
  paid: bigint[];
}

/** @returns a simulation's result, beside the bound that no schedule can go below */
export function summary(
  { workflows, operators, policy, seed }: SimulationOptions,
  { ends, failed, dropped, paid, ...rest }: Outcome,
): Simulation {
  const bound = lowerBound(workflows, operators);
  const makespan = ends.includes(null) ? null : ends.reduce<number>((a, b) => Math.max(a, b!), 0);
  const isLess = dropped.some((of) => of.failed > 0);
  return {
    seed,
    policy,
    makespan,
    ...bound,
    ratio:
      makespan === null || isLess || bound.lowerBound === 0 ? null : makespan / bound.lowerBound,
    ...rest,
    workflows: workflows.map(({ name, tasks, spec, arrivesAt = 0, assumed = [] }, w) => ({
      name,
      state: ends[w] !== null ? "done" : failed.has(w) ? "failed" : "stuck",
      tasks: tasks.length,
      tasksFailed: dropped[w]!.failed,
      tasksLeftOut: dropped[w]!.leftOut,
      arrivesAt,
      end: ends[w]!,
      paid: spec && policy === "froben" ? paid[w]!.toString() : null,
      assumed,
    })),
  };
}
