import type { ReadyQueue, ReadyTask, Lane, LaneTerms } from "../runtime/ready-queue";
import type { Reservations } from "../runtime/reservation";
import { decide, type Placing } from "./decide";
import type { DecisionRecord, Rejection } from "./decision";
import type { Experience } from "./experience";
import { unable } from "./filter";
import type { Fleet, FleetOperator } from "./fleet";
import { group, MAX_SKIPPED } from "./group";
import { kindOf, needOf } from "./kind";
import { isHeld, withFetch } from "./locality";
import { Outlook } from "./outlook";
import { Prospects } from "./prospect";
import { Rankings } from "./rankings";
import { Rooms } from "./rooms";
import { isWorthACopy, unfitAsCopy, type StandbyPolicy } from "./standby";
import { surveyBest, surveyOf, type Survey } from "./survey";
import { Thrift } from "./thrift";
import { Beside, hold, waitOf } from "./wait";
import { foundOf, Waits } from "./waits";

/** Tasks of one step for one operator. */
export interface Match<T extends ReadyTask> {
  lane: Lane<T>;
  operator: FleetOperator;
  /** By rising index. */
  tasks: T[];
  /** How many of them start at once; each needs a booking. The others follow one by one. */
  slots: number;
  price: bigint;
  decision: DecisionRecord;
}

/** When a task waits for a busy operator, things are looked at again after at least so long, milliseconds. */
const LOOK_AGAIN_MS = 1_000;
/** How long it holds whom a workflow that prefers money to time needs, milliseconds. */
const PLAN_AGAIN_MS = 2_000;

const WHOLE_BPS = 10_000;

/** Pairs ready tasks with operators. It books nothing and changes no operator: the caller does, between two matches. */
export class Matcher<T extends ReadyTask> {
  /** Of the last run. */
  private outlook: Outlook;
  /** Of the last run: lanes that wait although somebody has room, and until when; Unix milliseconds. */
  private passedOver = new Map<Lane<T>, number>();

  /** By workflow that prefers money to time: whom it needs, planned not long ago. */
  private readonly thrifty = new Map<number, { until: number; byNeed: Map<string, Set<string>> }>();
  private readonly rankings: Rankings;
  private readonly rooms: Rooms;
  private readonly waits: Waits;

  constructor(
    private readonly queue: ReadyQueue<T>,
    private readonly fleet: Fleet,
    private readonly reservations: Reservations,
    private readonly experience: Experience,
    private readonly seed: string,
  ) {
    this.outlook = new Outlook(reservations);
    this.rankings = new Rankings(fleet, reservations);
    this.rooms = new Rooms(fleet, reservations);
    this.waits = new Waits(fleet, reservations, seed);
  }

  /**
   * Goes through the ready tasks, the most urgent first, and takes out of the queue what it matches.
   * @param take books the match's slots and notes what the operator holds; called before the next match is looked for
   * @returns when to run again although nothing has happened, as a task waits for a busy operator; Unix milliseconds
   */
  run(now: number, take: (match: Match<T>) => void): number | undefined {
    this.outlook = new Outlook(this.reservations);
    this.passedOver = new Map();
    const view = this.view(now);
    for (const [workflow, { until }] of this.thrifty)
      if (until <= now) this.thrifty.delete(workflow);
    const longest = new Map<number, number>();
    const full = new Set<string>();
    const waiting = new Map<string, Beside>();
    let again = Infinity;
    for (const { lane, remaining } of this.queue.urgent()) {
      const { terms } = lane;
      const { workflow } = terms;
      if (!longest.has(workflow)) longest.set(workflow, remaining);
      const slackMs = longest.get(workflow)! - remaining;
      const need = needOf(terms);
      if (full.has(need)) continue;
      const kind = kindOf(terms);
      const alike = waiting.get(kind);
      if (alike && isUsual(lane) && alike.takes(lane.size, this.outlook, terms)) {
        this.notePassedOver(lane, alike);
        continue;
      }
      const skipped: T[] = [];
      while (lane.size > 0 && skipped.length < MAX_SKIPPED) {
        if (alike && isUsual(lane) && !this.rooms.hasRoom(terms)) {
          alike.add(lane.size, this.outlook, terms);
          full.add(need);
          break;
        }
        const mayBeKept = isUsual(lane) && !alike;
        const placing = { terms, head: lane.peek()!, count: lane.size };
        const kept = mayBeKept && this.waits.of(placing, view, this.outlook);
        if (kept) {
          const { wait, ahead, level, until } = kept;
          const beside = new Beside(wait, ahead - lane.size, level < Infinity);
          again = Math.min(again, this.hold(lane, beside, until));
          waiting.set(kind, beside);
          if (!this.rooms.hasRoom(terms)) full.add(need);
          break;
        }
        const survey = this.survey(view, lane, lane.peek()!, now);
        const match = this.match(view, lane, survey, slackMs);
        if (match) {
          this.queue.serve(workflow);
          take(match);
          view.touch(match.operator.registration.machine.id);
          continue;
        }
        // Others in the lane may have other operators than a task that failed, for which less is offered, or whose own inputs some have.
        const head = lane.peek()!;
        const alone = survey.prospects.length === 0 || head.avoid.size > 0 || isHeld(head);
        const count = alone ? 1 : lane.size;
        const found = foundOf(survey, this.outlook, terms);
        const busy = survey.prospects.filter((p) => p.busy);
        const wait = waitOf(busy, survey.rest, count, now);
        const lookAgain = Math.max(now + LOOK_AGAIN_MS, wait.soonest);
        const passesOver = busy.length > 0 && busy.length < survey.prospects.length;
        const beside = new Beside(wait, (found?.ahead ?? 0) - count, passesOver);
        again = Math.min(again, this.hold(lane, beside, lookAgain));
        if (!alone) {
          if (found && isUsual(lane)) {
            waiting.set(kind, beside);
            if (!alike) this.waits.keep(terms, found, wait, lookAgain, now);
          }
          if (!this.rooms.hasRoom(terms)) full.add(need);
          break;
        }
        skipped.push(lane.pop()!);
      }
      for (const task of skipped) lane.add(task);
    }
    return again === Infinity ? undefined : again;
  }

  /**
   * Looks for an operator for a standby copy of a running task; call it after `run`, so that it takes nobody's place.
   * @param holder who runs it; the copy goes to another machine
   * @param holderMs until the holder should end, from now
   * @returns nothing when no copy is worth it now; like `run`, it books nothing
   */
  standby(
    lane: Lane<T>,
    task: T,
    holder: FleetOperator,
    holderMs: number,
    policy: Pick<StandbyPolicy, "releaseMs">,
    now: number,
  ): Match<T> | undefined {
    const view = this.view(now);
    const survey = this.survey(view, lane, task, now);
    for (const { operator } of survey.prospects) {
      const why = unfitAsCopy(operator, holder);
      if (why) survey.rejections.set(operator.address, why);
    }
    const prospects = survey.prospects.filter(
      ({ operator, taskMs, busy }) =>
        !survey.rejections.has(operator.address) &&
        (busy || isWorthACopy(taskMs, holderMs, policy)),
    );
    const placing: Placing = { terms: lane.terms, head: task, count: 1, slackMs: 0 };
    const decided = decide(view, this.outlook, this.seed, placing, { ...survey, prospects });
    if (!decided) return undefined;
    const { operator, price, decision } = decided;
    return { lane, operator, tasks: [task], slots: 1, price, decision };
  }

  /** Says for each operator why it can't take a task as things stand after the last run; an empty answer means that it can. */
  explain(lane: Lane<T>, task: T, now: number): Map<string, Rejection | undefined> {
    const holders = this.fleet.holding(lane.terms.program);
    const enough = this.sufficient(lane.terms, now);
    const { prospects, rejections } = surveyOf(holders, this.view(now), lane.terms, task, enough);
    const passedOver = this.passedOver.has(lane) ? "slower" : undefined;
    const why = new Map<string, Rejection | undefined>(rejections);
    for (const { operator, busy } of prospects) why.set(operator.address, busy ?? passedOver);
    for (const { address } of this.fleet.all())
      if (!why.has(address)) why.set(address, unable(this.fleet.get(address)!, lane.terms));
    return why;
  }

  /** @returns when the first of the operators that a lane waits for should have room, if others are passed over; Unix milliseconds */
  waitsUntil(lane: Lane<T>): number | undefined {
    return this.passedOver.get(lane);
  }

  private view(now: number): Prospects {
    return new Prospects(this.reservations, this.experience, this.outlook, now);
  }

  private survey(view: Prospects, { terms }: Lane<T>, task: T, now: number): Survey {
    const enough = this.sufficient(terms, now);
    const survey = surveyBest(this.fleet, this.rankings, view, terms, task, enough);
    return task.haul ? { ...survey, prospects: withFetch(survey.prospects, task.haul) } : survey;
  }

  /** Whom a workflow that prefers money to time needs for what needs the same; nothing if that is anyone. */
  private sufficient(terms: LaneTerms, now: number): ReadonlySet<string> | undefined {
    const { workflow, withinSeconds } = terms;
    if (withinSeconds === undefined) return undefined;
    let known = this.thrifty.get(workflow);
    if (!known) {
      const lanes = [...this.queue.lanesOf(workflow)];
      const openedAt = lanes[0]?.openedAt() ?? now;
      const { fleet, reservations, experience } = this;
      const thrift = new Thrift(fleet, reservations, experience, new Outlook(reservations));
      known = {
        until: now + PLAN_AGAIN_MS,
        byNeed: thrift.sufficient(lanes, openedAt, withinSeconds, now),
      };
      this.thrifty.set(workflow, known);
    }
    return known.byNeed.get(needOf(terms));
  }

  /** @returns nothing when nobody can start the head of the lane now, or should */
  private match(
    view: Prospects,
    lane: Lane<T>,
    survey: Survey,
    slackMs: number,
  ): Match<T> | undefined {
    const head = lane.peek()!;
    // The tasks behind one whose own inputs some have ask for others.
    const count = isHeld(head) ? 1 : lane.size;
    const placing: Placing = { terms: lane.terms, head, count, slackMs };
    const decided = decide(view, this.outlook, this.seed, placing, survey);
    if (!decided) return undefined;
    const { operator, price, share, taskMs, decision } = decided;
    // An operator that never ran the program knows no better than to refuse a queue of it.
    const known = this.experience.hasRun(lane.terms.program, operator.address);
    const ms = known ? taskMs : undefined;
    const given = group(lane, operator, this.reservations, share, ms, price);
    const tasks = given.tasks.map((task) => task.index);
    return { lane, operator, ...given, price, decision: { ...decision, tasks } };
  }

  /**
   * Has a lane wait.
   * @param lookAgain Unix milliseconds
   * @returns that, if it waits although somebody has room
   */
  private hold(lane: Lane<T>, beside: Beside, lookAgain: number): number {
    hold(this.outlook, lane.terms, beside.wait);
    return this.notePassedOver(lane, beside) ? lookAgain : Infinity;
  }

  /** @returns whether somebody is passed over, as a lane waits for others */
  private notePassedOver(lane: Lane<T>, { passesOver, wait }: Beside): boolean {
    if (!passesOver || wait.soonest === Infinity) return false;
    this.passedOver.set(lane, wait.soonest);
    return true;
  }
}

/** Whether a lane's tasks are what its terms say: none was failed by anyone, nor waits for a higher offer, nor prefers cheap ones. */
function isUsual<T extends ReadyTask>(lane: Lane<T>): boolean {
  const { avoid, offerBps, haul } = lane.peek()!;
  return avoid.size === 0 && offerBps === WHOLE_BPS && !lane.terms.withinSeconds && !haul;
}
