import type { Assumption } from "../../protocol/run-model";
import type { DecisionRecord } from "../matchmaker/decision";
import type { Failure } from "../runtime/retry";
import type { LowerBound } from "./bound";
import type { GrownOf, LearnedOf } from "./estimate/market";
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
  /** How many times another's share a requester has, of those that have not 1. */
  weights?: Readonly<Record<string, number>> | undefined;
  /** What the matchmaker has learned before. */
  learned?: readonly LearnedOf[] | undefined;
  grown?: readonly GrownOf[] | undefined;
  /** Takes each decision as it is made; the result then has none. They grow with operators times tasks. */
  onDecision?: ((decision: DecisionRecord) => void) | undefined;
  /** Takes each attempt when it has ended; the result then has none. */
  onAttempt?: ((attempt: SimAttempt) => void) | undefined;
  /** Whether the policy froben asks newcomers canaries: of these workflows, which were done before, and of what is done in the simulation. */
  canaries?: readonly SimWorkflow[] | undefined;
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
  outcome:
    | "done"
    | Extract<
        Failure,
        "failed" | "invalid" | "unclaimed" | "start_timeout" | "run_timeout" | "silence"
      >
    | "cancelled";
  /** It was started while another attempt of the task ran. */
  copy?: true;
}

export interface Simulation extends Omit<LowerBound, "lowerBound"> {
  seed: number;
  policy: Policy;
  /** Seconds until all workflows were done; null when one was not. */
  makespan: number | null;
  lowerBound: number;
  /** Of the two; null also where a workflow was done without some of its tasks, which the bound counts. */
  ratio: number | null;
  /** Hourly prices of the operators, for the time of all attempts; tasks side by side on one machine are each paid. Cancelled ones are not. */
  cost: number;
  /** What became of canaries, if they were asked: how many, and the machine time of those that were not displaced. */
  canaries: { right: number; wrong: number; displaced: number; seconds: number };
  /** What was cancelled because another attempt of the task was done first, with what the same time would have cost. */
  waste: { attempts: number; seconds: number; cost: number };
  workflows: {
    name: string;
    state: "done" | "failed" | "stuck";
    tasks: number;
    /** Of these, as their steps allow: those that failed for good, and those that were left out. */
    tasksFailed: number;
    tasksLeftOut: number;
    arrivesAt: number;
    end: number | null;
    /** Units that its operators ask for what was done, of a spec under the policy froben. */
    paid: string | null;
    /** What its file did not say. */
    assumed: Assumption[];
  }[];
  attempts: SimAttempt[];
  /** Of the policy froben: what the matchmaker wrote down of each choice, with its digest. */
  decisions: (DecisionRecord & { digest: string })[];
}
