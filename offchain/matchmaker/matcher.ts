import { LIMITS } from "../../protocol/limits";
import { placeOf } from "../../protocol/ticket";
import type { ReadyQueue, ReadyTask, Lane, LaneTerms } from "../runtime/ready-queue";
import type { Reservations } from "../runtime/reservation";
import { choose } from "./choose";
import type { Candidate, DecisionRecord, Rejection } from "./decision";
import type { Experience } from "./experience";
import { freeSlots, freeStake, isBusy, unable } from "./filter";
import type { Fleet, FleetOperator } from "./fleet";
import { score } from "./score";

/** Tasks of one step for one operator. */
export interface Match<T extends ReadyTask> {
  lane: Lane<T>;
  operator: FleetOperator;
  /** By rising index. */
  tasks: T[];
  /** How many of them start at once; each needs a booking. The others follow one by one. */
  slots: number;
  price: bigint;
  expectedMs: number;
  decision: DecisionRecord;
}

/** A machine that is kept free for an urgent step. */
interface Hold<T extends ReadyTask> {
  lane: Lane<T>;
  /** When the step should fit, Unix milliseconds. */
  from: number;
}

/** Longest queue of tasks, one after another, that an operator is given at once, milliseconds. */
export const MAX_QUEUE_MS = 10_000;
/** Tasks at the head of a lane that nobody can take now and that are stepped over. */
const MAX_SKIPPED = 8;
/** Share of a step's run limit that a task is expected to take before anyone has run its program. */
export const UNKNOWN_SHARE = 0.25;

/** Expected milliseconds of a program that nobody has run. */
export function unknownMs(terms: LaneTerms): number {
  return terms.runSeconds * 1000 * UNKNOWN_SHARE;
}

/** Pairs ready tasks with operators. It books nothing and changes no operator: the caller does, between two matches. */
export class Matcher<T extends ReadyTask> {
  /** Of the last run. */
  private holds = new Map<string, Hold<T>>();

  constructor(
    private readonly queue: ReadyQueue<T>,
    private readonly fleet: Fleet,
    private readonly reservations: Reservations,
    private readonly experience: Experience,
    private readonly seed: string,
  ) {}

  /**
   * Goes through the ready tasks, the most urgent first, and takes out of the queue what it matches.
   * @param take books the match's slots and notes what the operator holds; called before the next match is looked for
   */
  run(now: number, take: (match: Match<T>) => void): void {
    const holds = (this.holds = new Map<string, Hold<T>>());
    for (const lane of this.queue.urgent()) {
      const skipped: T[] = [];
      while (lane.size > 0 && skipped.length < MAX_SKIPPED) {
        const match = this.match(lane, holds, now);
        if (match === "busy") break;
        if (match === "nobody") skipped.push(lane.pop()!);
        else {
          this.queue.serve(lane.terms.workflow);
          take(match);
        }
      }
      for (const task of skipped) lane.add(task);
    }
  }

  /** Says for each operator why it can't take a task as things stand after the last run; an empty answer means that it can. */
  explain(lane: Lane<T>, task: T, now: number): Map<string, Rejection | undefined> {
    const alternatives = this.hasAlternative(lane.terms, task);
    return new Map(
      [...this.fleet.all()].map((operator) => [
        operator.address,
        this.reject(operator, lane, task, alternatives, this.holds, now),
      ]),
    );
  }

  /** busy: the lane must wait for room. nobody: this task can't be placed, its neighbours perhaps can. */
  private match(
    lane: Lane<T>,
    holds: Map<string, Hold<T>>,
    now: number,
  ): Match<T> | "busy" | "nobody" {
    const { terms } = lane;
    const head = lane.peek()!;
    const alternatives = this.hasAlternative(terms, head);
    const candidates: Candidate[] = [];
    const rejections: Partial<Record<Rejection, string[]>> = {};
    const waiting: FleetOperator[] = [];
    let able = 0;
    for (const operator of this.fleet.holding(terms.program)) {
      const why = this.reject(operator, lane, head, alternatives, holds, now);
      if (why === undefined) candidates.push(this.candidate(operator, terms));
      else (rejections[why] ??= []).push(operator.address);
      if (isBusy(why)) waiting.push(operator);
      if (why === undefined || isBusy(why)) able++;
    }
    if (candidates.length === 0) {
      if (waiting.length === 0) return "nobody";
      this.hold(lane, waiting, holds, now);
      return "busy";
    }
    for (const list of Object.values(rejections)) list.sort();
    candidates.sort((a, b) => (a.operator < b.operator ? -1 : 1));
    // The choice looks at the head alone; how many follow it depends on who was chosen.
    const question = {
      version: 1 as const,
      workflow: terms.workflow,
      step: terms.step,
      tasks: [head.index],
      attempt: head.nextAttempt,
      decidedAt: now,
      seed: this.seed,
      candidates,
      rejections,
    };
    const { choice, explored } = choose(question);
    const operator = this.fleet.get(choice)!;
    const expectedMs = this.expectedMs(operator, terms);
    const { tasks, slots } = this.group(lane, operator, able, expectedMs);
    return {
      lane,
      operator,
      tasks,
      slots,
      price: priceOf(operator, terms),
      expectedMs,
      decision: { ...question, tasks: tasks.map((task) => task.index), explored, choice },
    };
  }

  private reject(
    operator: FleetOperator,
    lane: Lane<T>,
    task: T,
    alternatives: boolean,
    holds: Map<string, Hold<T>>,
    now: number,
  ): Rejection | undefined {
    const { terms } = lane;
    const why = unable(operator, terms);
    if (why) return why;
    if (!this.reservations.couldFit(operator.address, terms.resources)) return "offer";
    if (!isOffered(task, operator)) return "price";
    if (alternatives && task.avoid.has(operator.address)) return "failed_before";
    if (freeSlots(operator) === 0) return "concurrency";
    const obstacle = this.reservations.obstacle(operator.address, terms.resources);
    if (obstacle) return obstacle;
    const hold = holds.get(operator.registration.machine.id);
    if (hold && hold.lane !== lane && now + this.expectedMs(operator, terms) > hold.from)
      return "held";
    return undefined;
  }

  /** Whether an operator that did not fail the task could take it, now or when it has room. */
  private hasAlternative(terms: LaneTerms, task: ReadyTask): boolean {
    if (task.avoid.size === 0) return false;
    for (const operator of this.fleet.holding(terms.program))
      if (
        !task.avoid.has(operator.address) &&
        unable(operator, terms) === undefined &&
        isOffered(task, operator)
      )
        return true;
    return false;
  }

  private expectedMs(operator: FleetOperator, terms: LaneTerms): number {
    return this.experience.expectedMs(
      terms.program,
      operator.address,
      operator.registration.speed,
      unknownMs(terms),
    );
  }

  private candidate(operator: FleetOperator, terms: LaneTerms): Candidate {
    const made = {
      operator: operator.address,
      finishMs: Math.round(this.expectedMs(operator, terms)),
      price: priceOf(operator, terms).toString(),
      failureRate: this.experience.failureRate(terms.program, operator.address),
      experience: this.experience.attempts(terms.program, operator.address),
      lastAssignedAt: operator.lastAssignedAt,
    };
    return { ...made, score: score(made, terms.ceiling) };
  }

  /** Keeps the machine that is free soonest: less urgent tasks may use it only if they end before that. */
  private hold(
    lane: Lane<T>,
    waiting: FleetOperator[],
    holds: Map<string, Hold<T>>,
    now: number,
  ): void {
    let soonest: { machine: string; from: number } | undefined;
    for (const operator of waiting) {
      const machine = operator.registration.machine.id;
      if (holds.has(machine)) continue;
      const room = this.reservations.expectedRoom(operator.address, lane.terms.resources, now);
      if (room === undefined) continue;
      const slot = freeSlots(operator) > 0 ? now : Math.min(...operator.computing.values());
      const from = Math.max(room, Number.isFinite(slot) ? slot : now);
      if (!soonest || from < soonest.from) soonest = { machine, from };
    }
    if (soonest) holds.set(soonest.machine, { lane, from: soonest.from });
  }

  /**
   * Takes the head of a lane and the tasks after it that may go with it: one attempt number and one 192-task word for all, and
   * none that the operator failed. Work spreads over all who could take it; a queue is only given to an idle operator.
   */
  private group(
    lane: Lane<T>,
    operator: FleetOperator,
    able: number,
    expectedMs: number,
  ): { tasks: T[]; slots: number } {
    const { terms } = lane;
    const slots = this.roomFor(operator, terms);
    const idle = operator.computing.size === 0 && slots === operator.registration.concurrency;
    const budgetMs = Math.min(MAX_QUEUE_MS, terms.claimSeconds * 500);
    const known = this.experience.meanMs(terms.program) !== undefined;
    const rounds = idle && known ? Math.max(1, Math.floor(budgetMs / expectedMs)) : 1;
    const most = Math.max(
      1,
      Math.min(
        slots * rounds,
        Math.ceil(lane.size / Math.max(1, able)),
        LIMITS.maxBatch,
        Number(freeStake(operator) / terms.bond),
      ),
    );
    const tasks = [lane.pop()!];
    const head = tasks[0]!;
    const stepped: T[] = [];
    while (tasks.length < most && lane.size > 0 && stepped.length < MAX_SKIPPED) {
      const task = lane.pop()!;
      const fits =
        task.nextAttempt === head.nextAttempt &&
        placeOf(task.index).word === placeOf(head.index).word &&
        task.avoid.size === 0 &&
        isOffered(task, operator);
      (fits ? tasks : stepped).push(task);
    }
    for (const task of stepped) lane.add(task);
    tasks.sort((a, b) => a.index - b.index);
    return { tasks, slots: Math.min(slots, tasks.length) };
  }

  /** How many tasks can start on an operator at once. */
  private roomFor(operator: FleetOperator, terms: LaneTerms): number {
    const most = freeSlots(operator);
    const { address } = operator;
    let slots = 1;
    while (slots < most && this.reservations.fits(address, times(terms.resources, slots + 1)))
      slots++;
    return slots;
  }
}

/** Needs of several tasks together; their GPUs each have the memory. */
function times(need: LaneTerms["resources"], count: number): LaneTerms["resources"] {
  return {
    cores: need.cores * count,
    memoryMb: need.memoryMb * count,
    gpus: need.gpus * count,
    vramMb: need.vramMb,
  };
}

/** Whether what an operator asks is offered for a task now. */
function isOffered(task: ReadyTask, { registration }: FleetOperator): boolean {
  return registration.priceBps <= task.offerBps;
}

/** @returns units that are offered for a task now */
export function offeredOf(task: ReadyTask, terms: LaneTerms): bigint {
  return (terms.ceiling * BigInt(task.offerBps)) / 10_000n;
}

/** @returns units that an operator asks for a task, at least 1 */
export function priceOf(operator: FleetOperator, terms: LaneTerms): bigint {
  const asked = (terms.ceiling * BigInt(operator.registration.priceBps)) / 10_000n;
  return asked > 0n ? asked : 1n;
}
