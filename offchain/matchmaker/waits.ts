import type { LaneTerms } from "../runtime/ready-queue";
import type { Reservations } from "../runtime/reservation";
import { firstScoreOf, levelOf } from "./ahead";
import { EQUAL_WITHIN, explores } from "./choose";
import type { Placing } from "./decide";
import { hasRoom, unable } from "./filter";
import type { Fleet, FleetOperator } from "./fleet";
import { Follower } from "./follower";
import { kindOf } from "./kind";
import type { Outlook } from "./outlook";
import type { Prospect, Prospects } from "./prospect";
import { aheadBeside, type Rest } from "./rest";
import type { Survey } from "./survey";
import { waitOf, type Wait } from "./wait";

/** What a survey of many operators found, for the runs that follow. */
export interface Found {
  /** Who is busy. */
  busy: Prospect[];
  rest: Rest;
  /** Who is passed over: it has room, and others are waited for. */
  idle: Set<FleetOperator>;
  /** The score that the best of those would reach. */
  level: number;
  /** Tasks of the kind that those who are busy should finish before. */
  ahead: number;
}

/** @param outlook what machines were promised to so far @returns nothing of few operators, who are all looked at each time */
export function foundOf(
  { prospects, rest }: Survey,
  outlook: Outlook,
  terms: LaneTerms,
): Found | undefined {
  if (!rest) return undefined;
  const busy = prospects.filter((p) => p.busy);
  const free = prospects.filter((p) => !p.busy);
  const level = levelOf(free);
  const ahead = aheadBeside(busy, rest, outlook, terms, level);
  return { busy, rest, idle: new Set(free.map(({ operator }) => operator)), level, ahead };
}

interface Kept extends Found {
  /** When the operators were looked at, Unix milliseconds. */
  at: number;
  until: number;
  wait: Wait;
  follower: Follower;
  /** Who has changed since, and had room when it was last looked at. */
  open: Set<FleetOperator>;
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
    private readonly seed: string,
  ) {}

  /** @param again when to look again at the latest, Unix milliseconds */
  keep(terms: LaneTerms, found: Found, wait: Wait, again: number, now: number): void {
    const { taskMs = 0 } = wait.promises[0] ?? {};
    const until = Math.min(again, now + Math.min(MOST_KEPT_MS, KEPT_SHARE * taskMs));
    const kind = kindOf(terms);
    this.kept.delete(kind);
    if (until <= now) return;
    const follower = new Follower(this.fleet, this.reservations);
    follower.changed();
    this.kept.set(kind, { ...found, wait, at: now, until, follower, open: new Set() });
    if (this.kept.size > MOST_KINDS) this.kept.delete(this.kept.keys().next().value!);
  }

  /**
   * @param outlook what machines were promised to so far
   * @returns what so many tasks wait for, and until when that is kept; nothing when operators have to be looked at
   */
  of(
    { terms, head, count }: Omit<Placing, "slackMs">,
    view: Prospects,
    outlook: Outlook,
  ): Readonly<Kept> | undefined {
    const kept = this.kept.get(kindOf(terms));
    if (!kept || view.now >= kept.until) return undefined;
    const { workflow, step } = terms;
    const decided = { seed: this.seed, workflow, step, attempt: head.nextAttempt };
    const mayExplore = () => explores({ ...decided, head: head.index });
    if (this.isOpen(kept, terms, count, view, outlook, mayExplore)) return undefined;
    this.lookAtIdle(kept, terms);
    if (kept.ahead < count) return undefined;
    const { busy, rest, wait, at } = kept;
    if (Math.abs(count - wait.count) > ALIKE * wait.count)
      kept.wait = waitOf(busy, rest, count, at);
    return kept;
  }

  /** When nobody is left who is passed over, all wait. */
  private lookAtIdle(kept: Kept, terms: LaneTerms): void {
    const { idle, rest } = kept;
    if (idle.size === 0) return;
    for (const operator of idle) if (!this.hasRoom(operator, terms)) idle.delete(operator);
    if (idle.size === 0 && rest.free === 0)
      Object.assign(kept, { level: Infinity, ahead: Infinity });
  }

  /** Whether somebody has got room who is not to be passed over as others are waited for. */
  private isOpen(
    kept: Kept,
    terms: LaneTerms,
    count: number,
    view: Prospects,
    outlook: Outlook,
    mayExplore: () => boolean,
  ): boolean {
    const { follower, open, idle } = kept;
    const changed = follower.changed();
    // More has changed than is noted.
    if (!changed) return true;
    for (const operator of changed) open.add(operator);
    for (const operator of open) {
      if (this.hasRoom(operator, terms)) {
        const prospect = view.of(operator, terms)!;
        // It is kept for others: now, or as long as this is kept.
        if (prospect.busy) continue;
        if (view.isNewcomer(operator) && mayExplore()) return true;
        const level = levelOf([prospect]);
        const ahead =
          level < kept.level
            ? aheadBeside(kept.busy, kept.rest, outlook, terms, level)
            : kept.ahead;
        if (ahead < count || isAsGood(level, kept.busy)) return true;
        Object.assign(kept, { level: Math.min(level, kept.level), ahead });
        idle.add(operator);
      }
      open.delete(operator);
    }
    return false;
  }

  private hasRoom(operator: FleetOperator, terms: LaneTerms): boolean {
    return !unable(operator, terms) && hasRoom(operator, terms, this.reservations);
  }
}

/** Whether one that has room is chosen at once, though others should be a bit sooner. */
function isAsGood(level: number, busy: Prospect[]): boolean {
  return busy.every((p) => level <= firstScoreOf(p) * (1 + EQUAL_WITHIN));
}
