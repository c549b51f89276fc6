import type { Lane, ReadyTask, Turn } from "../runtime/ready-queue";
import { MAX_SKIPPED } from "./group";
import { alikeOf } from "./kind";
import { isHeld } from "./locality";
import type { Match } from "./match";
import type { Outlook } from "./outlook";
import type { Prospects } from "./prospect";
import type { Rooms } from "./rooms";
import type { Survey } from "./survey";
import { Beside, hold, waitOf } from "./wait";
import { foundOf, type Allowed, type Waits } from "./waits";

/** When a task waits for a busy operator, things are looked at again after at least so long, milliseconds. */
const LOOK_AGAIN_MS = 1_000;

/** What a run does for the head of a lane. */
interface Hooks<T extends ReadyTask> {
  /** @returns who may have a lane's tasks, if others are too dear */
  allowed(lane: Lane<T>): Allowed;
  survey(lane: Lane<T>): Survey;
  /** Takes tasks out of the lane, if somebody should have them now. @param slackMs what is not urgent about them, milliseconds */
  match(lane: Lane<T>, survey: Survey, slackMs: number): Match<T> | undefined;
  take(match: Match<T>): void;
}

/** One run of the matcher through the lanes: each task is matched, or waits. */
export class Round<T extends ReadyTask> {
  /** Needs for which nobody has room. */
  private readonly full = new Set<string>();
  /** By kind: tasks that wait. */
  private readonly waiting = new Map<string, Beside>();
  private again = Infinity;

  constructor(
    private readonly view: Prospects,
    private readonly outlook: Outlook,
    private readonly rooms: Rooms,
    private readonly waits: Waits,
    private readonly hooks: Hooks<T>,
  ) {}

  /**
   * @param urgent lanes with ready tasks, the most urgent first; says of each what it waits for, if somebody is passed over
   * @param scouts by lane, those of which one task is to be started before, and none is to wait
   * @returns when to run again, as a task waits although somebody has room; Unix milliseconds
   */
  run(
    urgent: readonly Turn<T>[],
    scouts: ReadonlyMap<Lane<T>, readonly Lane<T>[]>,
  ): number | undefined {
    for (const turn of urgent) {
      const { lane } = turn;
      if (scouts.size > 0)
        for (const scout of scouts.get(lane) ?? []) this.give(scout, this.hooks.survey(scout), 0);
      turn.waitsFor = undefined;
      if (this.waitsBeside(turn)) continue;
      const skipped: T[] = [];
      while (lane.size > 0 && skipped.length < MAX_SKIPPED) if (!this.next(turn, skipped)) break;
      for (const task of skipped) lane.add(task);
    }
    return this.again === Infinity ? undefined : this.again;
  }

  /**
   * Gives the head of a lane to somebody, or has it wait.
   * @param skipped takes in the head if it waits for itself
   * @returns whether the tasks behind it are still to be looked at
   */
  private next(turn: Turn<T>, skipped: T[]): boolean {
    const { lane, slack } = turn;
    if (this.waitsAsBefore(turn)) return false;
    const survey = this.hooks.survey(lane);
    if (this.give(lane, survey, slack)) return true;
    if (!this.wait(turn, survey)) return false;
    skipped.push(lane.pop()!);
    return true;
  }

  /** @returns whether somebody got tasks of a lane */
  private give(lane: Lane<T>, survey: Survey, slackMs: number): boolean {
    const match = this.hooks.match(lane, survey, slackMs);
    if (!match) return false;
    this.hooks.take(match);
    this.view.touch(match.operator.registration.machine.id);
    return true;
  }

  /** @returns whether all of a lane waits without a look at any operator, as others of this run do that are alike */
  private waitsBeside(turn: Turn<T>): boolean {
    const { full, waiting } = this;
    const { kind, need } = alikeOf(turn);
    if (full.has(need)) return true;
    const alike = waiting.get(kind);
    if (!alike || !(turn.isPlain ||= turn.lane.isPlain)) return false;
    const takes = alike.takes(turn.size, this.outlook);
    if (takes) passOver(turn, alike);
    return takes;
  }

  /** The same as nobody has room, or in a run before nobody had who should do it. */
  private waitsAsBefore(turn: Turn<T>): boolean {
    const { lane } = turn;
    if (!lane.isPlain) return false;
    const { full, waiting, view } = this;
    const { terms, size } = lane;
    const { kind, need } = alikeOf(turn);
    const alike = waiting.get(kind);
    if (alike) {
      if (this.rooms.hasRoom(terms)) return false;
      alike.add(size, this.outlook);
      full.add(need);
      return true;
    }
    const placing = { terms, head: lane.peek()!, count: size };
    const kept = this.waits.of(kind, placing, this.hooks.allowed(lane), view, this.outlook);
    if (!kept) return false;
    const { wait, ahead, level, until } = kept;
    const beside = new Beside(terms.resources, wait, ahead - size, level < Infinity);
    waiting.set(kind, beside);
    this.hold(turn, beside, until);
    this.noteFull(turn);
    return true;
  }

  /**
   * Has the head of a lane wait, and what is behind it if that is alike: keeps for them the machines that should do them, so that less urgent
   * ones may use those only if they are not in the way.
   * @returns whether others in the lane may have other operators
   */
  private wait(turn: Turn<T>, { free, busy, rest }: Survey): boolean {
    const { waiting, view } = this;
    const { lane } = turn;
    const { terms } = lane;
    const { now } = view;
    const head = lane.peek()!;
    // Than a task that failed, for which less is offered, or whose own inputs some have.
    const alone = free.length + busy.length === 0 || head.avoid.size > 0 || isHeld(head);
    const count = alone ? 1 : lane.size;
    const found = rest && foundOf(busy, free, rest, this.outlook, terms);
    const wait = waitOf(busy, rest, count, now);
    const lookAgain = Math.max(now + LOOK_AGAIN_MS, wait.soonest);
    const left = (found?.ahead ?? 0) - count;
    const beside = new Beside(terms.resources, wait, left, free.length > 0);
    this.hold(turn, beside, lookAgain);
    if (alone) return true;
    if (found && lane.isPlain) {
      const { kind } = alikeOf(turn);
      const allowed = this.hooks.allowed(lane);
      if (!waiting.has(kind)) this.waits.keep(kind, found, wait, allowed, lookAgain, now);
      waiting.set(kind, beside);
    }
    this.noteFull(turn);
    return false;
  }

  private noteFull(turn: Turn<T>): void {
    if (!this.rooms.hasRoom(turn.lane.terms)) this.full.add(alikeOf(turn).need);
  }

  /** @param lookAgain if somebody is passed over, Unix milliseconds */
  private hold(turn: Turn<T>, beside: Beside, lookAgain: number): void {
    hold(this.outlook, turn.lane.terms, beside.wait);
    if (passOver(turn, beside)) this.again = Math.min(this.again, lookAgain);
  }
}

/** @returns whether somebody is passed over, as a lane waits for others */
function passOver<T extends ReadyTask>(turn: Turn<T>, { passesOver, wait }: Beside): boolean {
  if (!passesOver || wait.soonest === Infinity) return false;
  turn.waitsFor = wait;
  return true;
}
