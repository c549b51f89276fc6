import type { DecisionRecord } from "../matchmaker/decision";
import type { Failure } from "../runtime/retry";
import { lowerBound, type LowerBound } from "./bound";
import type { SimOperator, SimWorkflow } from "./model";
import { BASELINES } from "./policies";

export const POLICIES = ["froben", ...BASELINES] as const;
export type Policy = (typeof POLICIES)[number];

export interface SimulationOptions {
  workflows: SimWorkflow[];
  /** As they really are, faults included. */
  operators: SimOperator[];
  policy: Policy;
  seed: number;
  /** Whether the scheduler knows each task's true duration. Else it knows declared speeds, and learns. */
  knownDurations?: boolean;
  /** Whether the policy froben makes standby copies of stragglers, on machines that have nothing else to do. */
  standby?: boolean;
}

/** Times in seconds from the start. */
export interface SimAttempt {
  workflow: string;
  task: string;
  attempt: number;
  operator: string;
  /** GPUs of the operator's machine that it had for itself. */
  device: number[];
  start: number;
  end: number;
  outcome: "done" | Extract<Failure, "failed" | "run_timeout" | "silence"> | "cancelled";
  /** It was started while another attempt of the task ran. */
  copy?: true;
}

export interface Simulation extends Omit<LowerBound, "lowerBound"> {
  seed: number;
  policy: Policy;
  /** Seconds until all workflows were done; null when one was not. */
  makespan: number | null;
  lowerBound: number;
  ratio: number | null;
  /** Hourly prices of the operators, for the time of all attempts; tasks side by side on one machine are each paid. Cancelled ones are not. */
  cost: number;
  /** What was cancelled because another attempt of the task was done first, with what the same time would have cost. */
  waste: { attempts: number; seconds: number; cost: number };
  workflows: {
    name: string;
    state: "done" | "failed" | "stuck";
    tasks: number;
    end: number | null;
  }[];
  attempts: SimAttempt[];
  /** Of the policy froben: what the matchmaker wrote down of each choice, with its digest. */
  decisions: (DecisionRecord & { digest: string })[];
}

/**
 * Puts a simulation's result together.
 * @param account seconds at which each workflow ended, which workflows failed, and what the simulator wrote down
 */
export function resultOf(
  { workflows, operators, policy, seed }: SimulationOptions,
  account: Pick<Simulation, "attempts" | "decisions" | "cost" | "waste"> & {
    ends: (number | null)[];
    failed: ReadonlySet<number>;
  },
): Simulation {
  const { ends, failed, ...rest } = account;
  const bound = lowerBound(workflows, operators);
  const makespan = ends.includes(null) ? null : Math.max(0, ...(ends as number[]));
  return {
    seed,
    policy,
    makespan,
    ...bound,
    ratio: makespan === null || bound.lowerBound === 0 ? null : makespan / bound.lowerBound,
    ...rest,
    workflows: workflows.map(({ name, tasks }, w) => ({
      name,
      state: ends[w] !== null ? "done" : failed.has(w) ? "failed" : "stuck",
      tasks: tasks.length,
      end: ends[w]!,
    })),
  };
}
