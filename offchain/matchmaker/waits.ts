import type { LaneTerms } from "../runtime/ready-queue";
import type { Reservations } from "../runtime/reservation";
import { hasRoom, unable } from "./filter";
import type { Fleet, FleetOperator } from "./fleet";
import { Follower } from "./follower";
import { kindOf } from "./kind";
import type { Survey } from "./survey";
import { waitOf, type Wait } from "./wait";

/** What a survey of many operators found, for the runs that follow. */
export interface Found {
  survey: Survey;
  /** Tasks of the kind that had better wait for these operators. */
  ahead: number;
}

interface Kept extends Found {
  /** When the operators were looked at, Unix milliseconds. */
  at: number;
  until: number;
  /** For so many tasks. */
  wait: Wait;
  count: number;
  follower: Follower;
  /** Who has changed since, and had room when it was last looked at. */
  open: Set<FleetOperator>;
  /** Who is passed over: it has room, and others are waited for. */
  idle: Set<FleetOperator>;
}

/** For this share of what a task takes nobody is looked at again, unless somebody has room. */
const KEPT_SHARE = 0.05;
/** For so long at most, milliseconds. */
const MOST_KEPT_MS = 2_000;
/** By this share the tasks may be more or less than those that operators were asked for. */
const ALIKE = 0.25;
/** Kinds that are kept. */
const MOST_KINDS = 1_024;

/**
 * What many kinds of tasks wait for, from one run of the matcher to the next. In a market that is full little has changed when a task ends: of
 * those that wait only they have to look at all operators again for which somebody has got room.
 */
export class Waits {
  /** By kind; who was kept last comes last. */
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly fleet: Fleet,
    private readonly reservations: Reservations,
  ) {}

  /**
   * @param wait of so many tasks
   * @param again when to look again at the latest, Unix milliseconds
   */
  keep(
    terms: LaneTerms,
    found: Found,
    { wait, count }: Pick<Kept, "wait" | "count">,
    again: number,
    now: number,
  ): void {
    const { taskMs = 0 } = wait.promises[0] ?? {};
    const until = Math.min(again, now + Math.min(MOST_KEPT_MS, KEPT_SHARE * taskMs));
    const kind = kindOf(terms);
    this.kept.delete(kind);
    if (until <= now) return;
    const follower = new Follower(this.fleet, this.reservations);
    follower.changed();
    const free = found.survey.prospects.filter(({ busy }) => !busy);
    const idle = new Set(free.map(({ operator }) => operator));
    const open = new Set<FleetOperator>();
    this.kept.set(kind, { ...found, wait, count, at: now, until, follower, open, idle });
    if (this.kept.size > MOST_KINDS) this.kept.delete(this.kept.keys().next().value!);
  }

  /** @returns what so many tasks wait for, and until when that is kept; nothing when operators have to be looked at */
  of(terms: LaneTerms, count: number, now: number): Readonly<Kept> | undefined {
    const kept = this.kept.get(kindOf(terms));
    if (!kept || now >= kept.until || this.isOpen(kept, terms)) return undefined;
    this.lookAtIdle(kept, terms);
    if (kept.ahead < count) return undefined;
    if (Math.abs(count - kept.count) > ALIKE * kept.count)
      Object.assign(kept, { count, wait: waitOf(kept.survey, count, kept.at) });
    return kept;
  }

  /** When nobody is left who is passed over, all wait. */
  private lookAtIdle(kept: Kept, terms: LaneTerms): void {
    const { idle, survey, wait } = kept;
    if (idle.size === 0) return;
    for (const operator of idle) if (!this.hasRoom(operator, terms)) idle.delete(operator);
    if (idle.size > 0 || survey.rest!.free > 0) return;
    const { promises, rest } = wait;
    survey.prospects = survey.prospects.filter(({ busy }) => busy);
    Object.assign(kept, { ahead: Infinity, wait: { promises, ...(rest && { rest }) } });
  }

  private hasRoom(operator: FleetOperator, terms: LaneTerms): boolean {
    return !unable(operator, terms) && hasRoom(operator, terms, this.reservations);
  }

  /** Whether somebody has got room. */
  private isOpen({ follower, open }: Kept, terms: LaneTerms): boolean {
    const changed = follower.changed();
    // More has changed than is noted.
    if (!changed) return true;
    for (const operator of changed) open.add(operator);
    for (const operator of open)
      if (this.hasRoom(operator, terms)) return true;
      else open.delete(operator);
    return false;
  }
}
