import type { ReadyQueue, ReadyTask, Lane, LaneTerms } from "../runtime/ready-queue";
import type { Reservations } from "../runtime/reservation";
import { decide, type Placing } from "./decide";
import type { Rejection } from "./decision";
import type { Experience } from "./experience";
import { unable } from "./filter";
import type { Fleet, FleetOperator } from "./fleet";
import { group } from "./group";
import { needOf } from "./kind";
import type { Match } from "./match";
import { isHeld, withFetch } from "./locality";
import { Bidding } from "./offers";
import { Outlook } from "./outlook";
import { Pool } from "./pool";
import { Prospects, type Prospect } from "./prospect";
import { Rankings } from "./rankings";
import { Rooms } from "./rooms";
import { Round } from "./round";
import { Scouts } from "./scouts";
import { unfitAsCopy } from "./standby";
import { surveyBest, surveyOf, type Survey } from "./survey";
import { Thrift } from "./thrift";
import { Waits, type Allowed } from "./waits";

/** How long it holds whom a workflow that prefers money to time needs, and for how long more it may where there are many, milliseconds. */
const PLAN_AGAIN_MS = 2_000;

/** Pairs ready tasks with operators. It books nothing and changes no operator: the caller does, between two matches. */
export class Matcher<T extends ReadyTask> {
  /** Of the last run. */
  private readonly outlook: Outlook;
  private readonly pool = new Pool<Prospect>();
  /** By workflow that prefers money to time: whom it needs, planned not long ago. */
  private readonly thrifty = new Map<number, { until: number; byNeed: Map<string, Set<string>> }>();
  private readonly rankings: Rankings;
  private readonly bidding: Bidding;
  private readonly rooms: Rooms;
  private readonly waits: Waits;
  private readonly scouts: Scouts;

  constructor(
    private readonly queue: ReadyQueue<T>,
    private readonly fleet: Fleet,
    private readonly reservations: Reservations,
    private readonly experience: Experience,
    private readonly seed: string,
  ) {
    this.outlook = new Outlook(reservations);
    this.rankings = new Rankings(fleet, reservations);
    const { outlook, rankings } = this;
    this.bidding = new Bidding(fleet, reservations, experience, outlook, rankings);
    this.rooms = new Rooms(fleet, reservations);
    this.waits = new Waits(fleet, reservations, seed);
    this.scouts = new Scouts(experience);
  }

  /**
   * Goes through the ready tasks, the most urgent first, and takes out of the queue what it matches.
   * @param take books the match's slots and notes what the operator holds; called before the next match is looked for
   * @returns when to run again although nothing has happened, as a task waits for a busy operator; Unix milliseconds
   */
  run(now: number, take: (match: Match<T>) => void): number | undefined {
    this.outlook.clear();
    this.forgetPlan(now);
    const view = this.view(now);
    const { outlook, rooms, waits } = this;
    const round = new Round<T>(view, outlook, rooms, waits, {
      allowed: ({ terms }) => this.sufficient(view, terms),
      survey: (lane) => this.survey(view, lane, lane.peek()!),
      match: (lane, survey, slackMs) => this.match(view, lane, survey, slackMs),
      take: (match) => {
        this.queue.serve(match.lane.terms.workflow);
        this.scouts.gave(match.lane);
        take(match);
      },
    });
    const urgent = this.queue.urgent();
    return round.run(urgent, this.scouts.before(this.queue.isThrifty ? urgent : []));
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
    now: number,
  ): Match<T> | undefined {
    const view = this.view(now);
    const survey = this.survey(view, lane, task);
    const isFit = ({ operator }: Prospect) => {
      const why = unfitAsCopy(operator, holder);
      if (why) survey.rejections.set(operator.address, why);
      return !why;
    };
    const isWorthIt = ({ taskMs }: Prospect) => taskMs < holderMs;
    const free = survey.free.filter(isFit).filter(isWorthIt);
    const busy = survey.busy.filter(isFit);
    const placing: Placing = { terms: lane.terms, head: task, count: 1, slackMs: 0 };
    const decided = decide(view, this.outlook, this.seed, placing, { ...survey, free, busy });
    if (!decided) return undefined;
    const { operator, price, decision } = decided;
    return { lane, operator, tasks: [task], slots: 1, price, decision };
  }

  /** Says for each operator why it can't take a task as things stand after the last run; an empty answer means that it can. */
  explain(lane: Lane<T>, task: T, now: number): Map<string, Rejection | undefined> {
    const holders = this.fleet.holding(lane.terms.program);
    const view = this.view(now);
    const enough = this.sufficient(view, lane.terms);
    const { free, busy, rejections } = surveyOf(holders, view, lane.terms, task, enough);
    const passedOver = this.waitsUntil(lane) === undefined ? undefined : "slower";
    const why = new Map<string, Rejection | undefined>(rejections);
    for (const { operator } of free) why.set(operator.address, passedOver);
    for (const one of busy) why.set(one.operator.address, one.busy);
    for (const { address } of this.fleet.all())
      if (!why.has(address)) why.set(address, unable(this.fleet.get(address)!, lane.terms));
    return why;
  }

  /** @returns when the first of the operators that a lane waits for should have room, if others are passed over; Unix milliseconds */
  waitsUntil(lane: Lane<T>): number | undefined {
    return this.queue.turnOf(lane)?.waitsFor?.soonest;
  }

  private view(now: number): Prospects {
    this.pool.clear();
    return new Prospects(this.reservations, this.experience, this.outlook, now, this.pool);
  }

  private survey(view: Prospects, { terms }: Lane<T>, task: T): Survey {
    const enough = this.sufficient(view, terms);
    const survey = surveyBest(this.fleet, this.rankings, view, terms, task, enough);
    const { haul } = task;
    if (!haul) return survey;
    return { ...survey, free: withFetch(survey.free, haul), busy: withFetch(survey.busy, haul) };
  }

  /** In one run one workflow is planned anew, and those for which that is overdue: many plans at once take long. */
  private forgetPlan(now: number): void {
    let isOne = false;
    for (const [workflow, { until }] of this.thrifty) {
      if (until > now || (isOne && until + PLAN_AGAIN_MS > now)) continue;
      this.thrifty.delete(workflow);
      isOne = true;
    }
  }

  /** Whom a workflow that prefers money to time needs for what needs the same; nothing if that is anyone. */
  private sufficient(view: Prospects, terms: LaneTerms): Allowed {
    const { now } = view;
    const { workflow, withinSeconds } = terms;
    if (withinSeconds === undefined) return undefined;
    let known = this.thrifty.get(workflow);
    if (!known) {
      const lanes = [...this.queue.lanesOf(workflow)];
      const openedAt = lanes[0]?.openedAt ?? now;
      const offersOf = (of: LaneTerms, typicalMs: number) =>
        this.bidding.offersOf(of, typicalMs, view);
      const thrift = new Thrift(this.experience, offersOf);
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
}
