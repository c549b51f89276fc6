import { FrobenError } from "../../../protocol/errors";
import type { Estimate } from "../../../protocol/estimate";
import type { Assumption, RunModel } from "../../../protocol/run-model";
import type { Spec } from "../../../protocol/spec";
import { minimumEscrow, stepTermsOf } from "../../../protocol/terms";
import { specDigest } from "../../../protocol/validate-spec";
import { suffices } from "../../runtime/shortage";
import type { SimOperator, SimWorkflow } from "../model";
import type { Simulation } from "../result";
import { simulate } from "../simulate";
import { specWorkflow } from "../spec/workflow";
import { experienceIn, simulatedOperators, type MarketSnapshot } from "./market";

/** Runs that are simulated, each with a seed of its own; fewer when time is short. */
export const RUNS = 5;

interface Outcome {
  seconds: number;
  paid: bigint;
}

/** The durations that a run will have: as given, else as measured. */
function knownModel(spec: Spec, model: RunModel, market: MarketSnapshot): RunModel {
  const experience = experienceIn(market);
  const durations = { ...model.durations };
  for (const { id, program } of spec.steps) {
    const mean = experience.typicalMs(program);
    if (mean !== undefined) durations[id] ??= Math.round(mean) / 1000;
  }
  return { ...model, durations };
}

function stepsOf(spec: Spec, model: RunModel, { tasks, assumed }: SimWorkflow): Estimate["steps"] {
  const guessed = new Set(
    assumed!.filter(({ code }) => code === "duration_unknown").map(({ of }) => of),
  );
  return spec.steps.map(({ id }, index) => {
    const own = tasks.filter(({ step }) => step === index);
    const sum = own.reduce((all, { seconds }) => all + seconds, 0);
    const basis = guessed.has(id) ? "assumed" : id in model.durations ? "given" : "measured";
    return { step: id, tasks: own.length, seconds: own.length > 0 ? sum / own.length : 0, basis };
  });
}

/** Whether an operator can take a task of one of the steps. */
function isAble({ registration, freeStake }: MarketSnapshot["operators"][number], spec: Spec) {
  return spec.steps.some(
    ({ program, resources, bond }) =>
      registration.programs.includes(program) &&
      suffices(registration.offer, resources) &&
      freeStake >= BigInt(bond),
  );
}

/** What rests on operators' own words, and what is left out. */
function marketAssumptions(spec: Spec, { operators, learned, otherTasks }: MarketSnapshot) {
  const measured = new Set(
    learned.filter(({ learned: { runs } }) => runs > 0).map((of) => `${of.program}/${of.operator}`),
  );
  const assumed: Assumption[] = [];
  for (const { id, program } of spec.steps) {
    const holders = operators.filter(({ registration }) => registration.programs.includes(program));
    const strangers = holders.filter(({ address }) => !measured.has(`${program}/${address}`));
    if (strangers.length > 0)
      assumed.push({
        code: "speed_declared",
        of: id,
        message: `${strangers.length} of ${holders.length} operators are as fast at ${id} as they say, between half and twice the others`,
      });
  }
  if (otherTasks > 0)
    assumed.push({
      code: "market_idle",
      of: "operators",
      message: `the operators have nothing else to do, though ${otherTasks} tasks of other workflows are ready or under way`,
    });
  return assumed;
}

function reasonOf({ workflows }: Simulation): Estimate["reason"] {
  return workflows[0]!.state === "failed"
    ? { code: "workflow_failed", message: "a task failed as often as its step allows" }
    : {
        code: "workflow_stuck",
        message: "tasks are left that nobody can take; bonds may lock up the operators' stake",
      };
}

const NO_OPERATORS = { code: "no_operators", message: "no operator is online" };

/**
 * Simulates runs of a spec on a market as it is at one moment, with nothing else to do.
 * @param now milliseconds of any clock; no run is begun that would probably end after `until`
 * @throws FrobenError `simulation_file_invalid` when the model does not fit the spec
 */
export function estimate(
  spec: Spec,
  model: RunModel,
  market: MarketSnapshot,
  until: number,
  now: () => number,
): Estimate {
  const known = knownModel(spec, model, market);
  const first = specWorkflow(spec, known, "the request", 1);
  const programs = [...new Set(spec.steps.map(({ program }) => program))];
  const operators = simulatedOperators(market, programs);
  const { outcomes, made, reason } = simulateRuns(
    first,
    spec,
    known,
    operators,
    market,
    until,
    now,
  );
  const base = {
    spec: specDigest(spec),
    tasks: first.tasks.length,
    escrow: minimumEscrow(stepTermsOf(spec), 0).toString(),
    runs: { made, done: outcomes.length },
    reason,
    operators: {
      online: operators.length,
      able: market.operators.filter((operator) => isAble(operator, spec)).length,
    },
    steps: stepsOf(spec, model, first),
    assumed: [...first.assumed!, ...marketAssumptions(spec, market)],
  };
  if (outcomes.length === 0) return { ...base, seconds: null, cost: null };
  const times = outcomes.map(({ seconds }) => seconds).sort((a, b) => a - b);
  const costs = outcomes.map(({ paid }) => paid).sort((a, b) => (a < b ? -1 : 1));
  const count = outcomes.length;
  return {
    ...base,
    seconds: {
      expected: times.reduce((a, b) => a + b, 0) / count,
      least: times[0]!,
      most: times[count - 1]!,
    },
    cost: {
      expected: (costs.reduce((a, b) => a + b, 0n) / BigInt(count)).toString(),
      least: costs[0]!.toString(),
      most: costs[count - 1]!.toString(),
    },
  };
}

function simulateRuns(
  first: SimWorkflow,
  spec: Spec,
  model: RunModel,
  operators: SimOperator[],
  { learned, grown }: MarketSnapshot,
  until: number,
  now: () => number,
): { outcomes: Outcome[]; made: number; reason: Estimate["reason"] } {
  const outcomes: Outcome[] = [];
  let reason: Estimate["reason"] = null;
  if (operators.length === 0) return { outcomes, made: 0, reason: NO_OPERATORS };
  let made = 0;
  for (let before = now(), took = 0; made < RUNS && before + took < until;) {
    const workflow = made === 0 ? first : specWorkflow(spec, model, "the request", made + 1);
    try {
      const unkept = { onDecision: () => {}, onAttempt: () => {} };
      const options = { workflows: [workflow], operators, learned, grown, ...unkept };
      const result = simulate({ ...options, policy: "froben", seed: ++made });
      const { state, paid } = result.workflows[0]!;
      if (state === "done") outcomes.push({ seconds: result.makespan!, paid: BigInt(paid!) });
      else reason = reasonOf(result);
    } catch (error) {
      if (!(error instanceof FrobenError) || error.code !== "task_unplaceable") throw error;
      const task = error.field!.slice(spec.name.length + 1);
      const message = `no operator that is online can take ${task}: program, cores, memory or GPUs`;
      return { outcomes, made, reason: { code: error.code, message } };
    }
    took = now() - before;
    before = now();
  }
  return { outcomes, made, reason };
}
