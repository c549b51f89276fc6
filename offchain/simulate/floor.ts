import type { Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import type { Register } from "../../protocol/http";
import type { Pricing } from "../../protocol/price";
import type { Experience } from "../matchmaker/experience";
import { devicesOf, Fleet, type FleetOperator } from "../matchmaker/fleet";
import { Matcher } from "../matchmaker/matcher";
import { ReadyQueue } from "../runtime/ready-queue";
import { Reservations } from "../runtime/reservation";
import { suffices } from "../runtime/shortage";
import { experienceOf, type GrownOf, type LearnedOf } from "./estimate/market";
import { lanesOf } from "./lanes";
import { declaredSpeed, totalsOf, trueSeconds, type SimOperator, type SimWorkflow } from "./model";
import { childrenOf } from "./read/graph";
import { SimRun } from "./run";
import { Transfers } from "./transfers";
import { Voice } from "./voice";

const FULL_BPS = 10_000;
/** Prices by time of workflows that are no specs are counted in thousandths, so that rounding to units says nothing. */
const PARTS = 1_000;
const MIN_SPEED = 0.01;
/** Covers any number of bonds. */
const ENOUGH_STAKE = 2n ** 100n;
/** A duration that is known counts like one that was measured so often. */
const KNOWN_RUNS = 1_000_000;

/** A simulated operator and what the market knows of it. */
export interface Host {
  readonly operator: SimOperator;
  readonly fleet: FleetOperator;
  readonly voice: Voice;
}

/** The production matchmaker and runtime, with simulated operators and workflows in them. */
export class Floor {
  readonly queue: ReadyQueue<SimRun>;
  readonly fleet = new Fleet();
  readonly reservations = new Reservations();
  readonly experience: Experience;
  readonly matcher: Matcher<SimRun>;
  readonly hosts: Host[];
  readonly runs: SimRun[][];
  private readonly children: (readonly (readonly number[])[])[];
  private readonly lanes: Set<SimRun["lane"]>[];
  /** Tasks that have not started, by lane. */
  private readonly left = new Map<SimRun["lane"], number>();
  private readonly byAddress = new Map<string, Host>();

  /**
   * @param knownDurations each task's true duration on each operator is known before the start
   * @param learned what the matchmaker knows of operators at programs at the start
   * @param grown and of programs
   * @param weights of requesters, 1 for those that are not in it
   */
  constructor(
    workflows: SimWorkflow[],
    operators: SimOperator[],
    seed: number,
    private readonly knownDurations: boolean,
    learned: readonly LearnedOf[],
    grown: readonly GrownOf[] = [],
    weights: Readonly<Record<string, number>> = {},
  ) {
    this.queue = new ReadyQueue(
      (requester) => weights[requester] ?? 1,
      () => this.experience.version,
    );
    this.experience = experienceOf(
      learned,
      operators.map((one) => [one.id, one.registration?.speed ?? speedOf(one)]),
      grown,
    );
    this.matcher = new Matcher(
      this.queue,
      this.fleet,
      this.reservations,
      this.experience,
      String(seed),
    );
    const lanes = workflows.map((workflow, w) =>
      lanesOf(workflow, w, this.experience, knownDurations, this.left),
    );
    this.runs = workflows.map((workflow, w) => {
      const transfers = new Transfers();
      return workflow.tasks.map(
        (task, i) => new SimRun(workflow, w, task, i, lanes[w]![i]!, transfers),
      );
    });
    for (const run of this.runs.flat()) this.comesBack(run);
    this.children = workflows.map(({ tasks }) => childrenOf(tasks));
    const all = new Set(lanes.flat());
    this.lanes = lanes.map((of) => new Set(of));
    const programs = [...new Set([...all].map((lane) => lane.terms.program))];
    this.hosts = this.join(operators, programs, pricingOf(workflows, operators));
    if (knownDurations) this.tellAll();
  }

  /** Tasks that need a task's result. */
  childrenOf({ workflowIndex, index }: SimRun): SimRun[] {
    return this.children[workflowIndex]![index]!.map((i) => this.runs[workflowIndex]![i]!);
  }

  hostOf(address: string): Host {
    return this.byAddress.get(address)!;
  }

  /** @throws FrobenError `task_unplaceable` when nobody could ever take a task */
  checkPlaceable(): void {
    const placeable = new Set<SimRun["lane"]>();
    for (const runs of this.runs)
      for (const run of runs) {
        if (run.task.seconds === 0 || placeable.has(run.lane)) continue;
        if (this.hosts.some((host) => Floor.couldTake(host, run))) placeable.add(run.lane);
        else
          throw new FrobenError("task_unplaceable", "a task needs more than any operator has", {
            field: `${run.workflow.name}/${run.task.id}`,
            hint: "add an operator with the cores, memory and GPUs that it needs",
          });
      }
  }

  /** Shows a workflow's ready tasks to the matchmaker, from when it is opened until it has ended. */
  open(workflow: number): void {
    for (const lane of this.lanes[workflow]!) this.queue.open(lane);
  }

  close(workflow: number, now: number): void {
    this.queue.end(workflow, this.lanes[workflow]!, now);
  }

  /** Puts a task where it can be matched. */
  add(run: SimRun): void {
    run.lane.add(run);
  }

  /** Counts a task as one that has still to start. */
  comesBack({ lane }: SimRun): void {
    this.left.set(lane, (this.left.get(lane) ?? 0) + 1);
  }

  /** Counts a task as one that has started. */
  begins({ lane }: SimRun): void {
    this.left.set(lane, this.left.get(lane)! - 1);
  }

  /** Whether a host, if it were idle and online, could take a task. */
  static couldTake({ fleet }: Host, { task, lane }: Pick<SimRun, "task" | "lane">): boolean {
    const { offer } = fleet.registration;
    return suffices(offer, task.resources) && fleet.programs.has(lane.terms.program);
  }

  private join(operators: SimOperator[], programs: Digest[], pricing: PricingOf): Host[] {
    return operators.map((operator) => {
      const registration = operator.registration ?? registrationOf(operator, programs, pricing);
      const { machine, offer } = registration;
      this.reservations.declare(machine.id, machine);
      this.reservations.offer(operator.id, machine.id, offer, devicesOf(registration));
      const fleet = this.fleet.register(operator.id, registration);
      fleet.set({ freeStake: operator.freeStake ?? ENOUGH_STAKE });
      const host = { operator, fleet, voice: new Voice(operator) };
      this.byAddress.set(operator.id, host);
      return host;
    });
  }

  private tellAll(): void {
    for (const run of this.runs.flat())
      for (const host of this.hosts)
        if (run.task.seconds > 0 && Floor.couldTake(host, run))
          this.experience.restore(run.lane.terms.program, host.operator.id, {
            runs: KNOWN_RUNS,
            meanMs: trueSeconds(run.task, host.operator) * 1000,
            failed: 0,
          });
  }

  /** Learns that a task takes at least so long. */
  outlasted(run: SimRun, host: Host, ranMs: number): void {
    if (this.knownDurations) return;
    const { lane, sizeClass } = run;
    this.experience.outlasted(lane.terms.program, host.operator.id, ranMs, sizeClass);
  }

  /** Learns a duration, as the coordinator does from a report. */
  learn(run: SimRun, host: Host, wallMs: number): void {
    if (this.knownDurations) return;
    const { lane, sizeClass } = run;
    this.experience.succeeded(lane.terms.program, host.operator.id, wallMs, sizeClass);
  }
}

type PricingOf = (operator: SimOperator) => Pricing;

/**
 * How operators that are made up ask: by time if a workflow prefers money; else shares of the ceiling, in proportion to what an hour of
 * a machine of speed 1 costs there.
 */
function pricingOf(workflows: SimWorkflow[], operators: SimOperator[]): PricingOf {
  const none = { core: 0, memoryGb: 0, gpu: 0 };
  const parts = workflows.some(({ spec }) => spec) ? 1 : PARTS;
  if (workflows.some(({ withinSeconds }) => withinSeconds !== undefined))
    return ({ pricePerHour }) => ({
      ask: { task: Math.max(1, Math.round(pricePerHour * parts)), ...none },
    });
  const unitPrice = ({ speed, pricePerHour }: SimOperator) =>
    pricePerHour / (typeof speed === "number" ? speed : (speed.default ?? 1));
  const dearest = operators.reduce((most, one) => Math.max(most, unitPrice(one)), 0);
  return (operator) => {
    const share = dearest > 0 ? unitPrice(operator) / dearest : 1;
    return { priceBps: Math.max(1, Math.round(share * FULL_BPS)) };
  };
}

/** The one speed that an operator that is made up declares. */
const speedOf = (operator: SimOperator) => Math.max(MIN_SPEED, declaredSpeed(operator, "default"));

/** What an operator that is made up would tell a coordinator. */
function registrationOf(operator: SimOperator, programs: Digest[], pricing: PricingOf): Register {
  const { cores, memoryMb, gpus, vramMb, id } = operator;
  return {
    name: id.slice(0, 64),
    machine: { id, cores, memoryMb, gpus: Array.from({ length: gpus }, () => ({ vramMb })) },
    offer: totalsOf(operator),
    programs,
    concurrency: cores,
    ...pricing(operator),
    speed: speedOf(operator),
  };
}
