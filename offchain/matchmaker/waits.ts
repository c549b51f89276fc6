import type { LaneTerms } from "../runtime/ready-queue";
import type { Reservations } from "../runtime/reservation";
import { firstScoreOf, levelOf, type Timing } from "./ahead";
import { EQUAL_WITHIN, explores } from "./choose";
import type { Placing } from "./decide";
import { hasRoom, unable } from "./filter";
import type { Fleet, FleetOperator } from "./fleet";
import { Follower } from "./follower";
import type { Outlook } from "./outlook";
import type { Prospect, Prospects } from "./prospect";
import { aheadBeside, type Rest } from "./rest";
import { waitOf, type Awaited, type Wait } from "./wait";

/** What a survey of many operators found, for the runs that follow. */
export interface Found {
  /** Who is busy. */
  busy: readonly Awaited[];
  rest: Rest;
  /** Who is passed over: it has room, and others are waited for. */
  idle: Set<FleetOperator>;
  /** The score that the best of those would reach. */
  level: number;
  /** Tasks of the kind that those who are busy should finish before. */
  ahead: number;
}

/**
 * @param free who could start now
 * @param outlook what machines were promised to so far
 */
export function foundOf(
  busy: readonly Awaited[],
  free: readonly Prospect[],
  rest: Rest,
  outlook: Outlook,
  terms: LaneTerms,
): Found {
  const level = levelOf(free);
  const ahead = aheadBeside(busy, rest, outlook, terms, level);
  return { busy, rest, idle: new Set(free.map(({ operator }) => operator)), level, ahead };
}

/** Addresses of the operators that suffice for a workflow that prefers money to time; a new set whenever that is planned anew. */
export type Allowed = ReadonlySet<string> | undefined;

/** The head of a lane, and how many tasks wait with it. */
type Waiting = Omit<Placing, "slackMs">;

interface Kept extends Found {
  /** Who may have such tasks, if others are too dear. */
  readonly allowed: Allowed;
  /** As it was when operators were looked at. */
  readonly busy: Awaited[];
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

  /**
   * @param kind of the lane
   * @param again when to look again at the latest, Unix milliseconds
   */
  keep(kind: string, found: Found, wait: Wait, allowed: Allowed, again: number, now: number): void {
    const { taskMs = 0 } = wait.promises[0] ?? {};
    const until = Math.min(again, now + Math.min(MOST_KEPT_MS, KEPT_SHARE * taskMs));
    const before = this.kept.get(kind);
    this.kept.delete(kind);
    if (until <= now) return;
    const follower = before?.follower ?? new Follower(this.fleet, this.reservations);
    follower.catchUp();
    const busy = copied(found.busy, before?.busy);
    const open = new Set<FleetOperator>();
    this.kept.set(kind, { ...found, busy, wait, allowed, at: now, until, follower, open });
    if (this.kept.size > MOST_KINDS) this.kept.delete(this.kept.keys().next().value!);
  }

  /**
   * @param kind of the lane
   * @param allowed who may have the tasks now
   * @param outlook what machines were promised to so far
   * @returns what so many tasks wait for, and until when that is kept; nothing when operators have to be looked at
   */
  of(
    kind: string,
    placing: Waiting,
    allowed: Allowed,
    view: Prospects,
    outlook: Outlook,
  ): Readonly<Kept> | undefined {
    const { count } = placing;
    const kept = this.kept.get(kind);
    if (!kept || view.now >= kept.until || kept.allowed !== allowed) return undefined;
    if (this.isOpen(kept, placing, view, outlook)) return undefined;
    // When nobody is left who is passed over, all wait.
    if (kept.idle.size === 0 && kept.rest.free === 0)
      Object.assign(kept, { level: Infinity, ahead: Infinity });
    if (kept.ahead < count) return undefined;
    const { busy, rest, wait, at } = kept;
    if (Math.abs(count - wait.count) > ALIKE * wait.count)
      kept.wait = waitOf(busy, rest, count, at);
    return kept;
  }

  /** Whether somebody has got room who is not to be passed over as others are waited for. */
  private isOpen(kept: Kept, placing: Waiting, view: Prospects, outlook: Outlook): boolean {
    const { terms, count } = placing;
    const { follower, open, idle, allowed } = kept;
    const note = (operator: FleetOperator) => {
      if (allowed?.has(operator.address) ?? true) open.add(operator);
    };
    // More has changed than is noted.
    if (!follower.changed(note)) return true;
    for (const operator of open) {
      if (this.hasRoom(operator, terms)) {
        // It is kept for tasks that are more urgent; perhaps no longer in the next run.
        if (view.isHeld(operator, terms)) continue;
        const prospect = view.of(operator, terms)!;
        if (view.isNewcomer(operator) && this.explores(placing)) return true;
        const level = firstScoreOf(prospect);
        const ahead =
          level < kept.level
            ? aheadBeside(kept.busy, kept.rest, outlook, terms, level)
            : kept.ahead;
        if (ahead < count || isAsGood(level, kept.busy)) return true;
        Object.assign(kept, { level: Math.min(level, kept.level), ahead });
        idle.add(operator);
      } else idle.delete(operator);
      open.delete(operator);
    }
    return false;
  }

  private explores({ terms: { workflow, step }, head }: Waiting): boolean {
    const { seed } = this;
    return explores({ seed, workflow, step, attempt: head.nextAttempt, head: head.index });
  }

  private hasRoom(operator: FleetOperator, terms: LaneTerms): boolean {
    return !unable(operator, terms) && hasRoom(operator, terms, this.reservations);
  }
}

/** @param into what is written over */
function copied(busy: readonly Awaited[], into: Awaited[] = []): Awaited[] {
  for (const [i, { machine, startMs, taskMs, everyMs, weight }] of busy.entries()) {
    const one = (into[i] ??= { machine, startMs, taskMs, everyMs, weight });
    one.machine = machine;
    one.startMs = startMs;
    one.taskMs = taskMs;
    one.everyMs = everyMs;
    one.weight = weight;
  }
  into.length = busy.length;
  return into;
}

/** Whether one that has room is chosen at once, though others should be a bit sooner. */
function isAsGood(level: number, busy: readonly Timing[]): boolean {
  return busy.every((p) => level <= firstScoreOf(p) * (1 + EQUAL_WITHIN));
}
