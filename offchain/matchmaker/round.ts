import type { Lane, LaneTerms, ReadyTask } from "../runtime/ready-queue";
import { MAX_SKIPPED } from "./group";
import { kindOf, needOf } from "./kind";
import { isHeld } from "./locality";
import type { Match } from "./match";
import type { Outlook } from "./outlook";
import type { Prospects } from "./prospect";
import type { Rooms } from "./rooms";
import type { Survey } from "./survey";
import { Beside, hold, waitOf } from "./wait";
import { foundOf, type Waits } from "./waits";

/** When a task waits for a busy operator, things are looked at again after at least so long, milliseconds. */
const LOOK_AGAIN_MS = 1_000;
const WHOLE_BPS = 10_000;

/** What a run does for the head of a lane. */
interface Hooks<T extends ReadyTask> {
  survey(lane: Lane<T>): Survey;
  /** Takes tasks out of the lane, if somebody should have them now. @param slackMs what is not urgent about them, milliseconds */
  match(lane: Lane<T>, survey: Survey, slackMs: number): Match<T> | undefined;
  take(match: Match<T>): void;
}

/** One run of the matcher through the lanes: each task is matched, or waits. */
export class Round<T extends ReadyTask> {
  /** Lanes that wait although somebody has room, and until when; Unix milliseconds. */
  readonly passedOver = new Map<Lane<T>, number>();
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
   * @param urgent lanes with ready tasks, the most urgent first, with the remaining path of their heads, milliseconds
   * @returns when to run again, as a task waits although somebody has room; Unix milliseconds
   */
  run(urgent: Iterable<{ lane: Lane<T>; remaining: number }>): number | undefined {
    const longest = new Map<number, number>();
    for (const { lane, remaining } of urgent) {
      const { workflow } = lane.terms;
      if (!longest.has(workflow)) longest.set(workflow, remaining);
      const slackMs = longest.get(workflow)! - remaining;
      if (this.waitsBeside(lane)) continue;
      const skipped: T[] = [];
      while (lane.size > 0 && skipped.length < MAX_SKIPPED)
        if (!this.next(lane, slackMs, skipped)) break;
      for (const task of skipped) lane.add(task);
    }
    return this.again === Infinity ? undefined : this.again;
  }

  /**
   * Gives the head of a lane to somebody, or has it wait.
   * @param skipped takes in the head if it waits for itself
   * @returns whether the tasks behind it are still to be looked at
   */
  private next(lane: Lane<T>, slackMs: number, skipped: T[]): boolean {
    if (this.waitsAsBefore(lane)) return false;
    const survey = this.hooks.survey(lane);
    const match = this.hooks.match(lane, survey, slackMs);
    if (match) {
      this.hooks.take(match);
      this.view.touch(match.operator.registration.machine.id);
      return true;
    }
    if (!this.wait(lane, survey)) return false;
    skipped.push(lane.pop()!);
    return true;
  }

  /** @returns whether all of a lane waits without a look at any operator, as others of this run do that are alike */
  private waitsBeside(lane: Lane<T>): boolean {
    const { full, waiting } = this;
    const { terms } = lane;
    if (full.has(needOf(terms))) return true;
    const alike = waiting.get(kindOf(terms));
    if (!alike || !isUsual(lane)) return false;
    const takes = alike.takes(lane.size, this.outlook, terms);
    if (takes) this.notePassedOver(lane, alike);
    return takes;
  }

  /** The same as nobody has room, or in a run before nobody had who should do it. */
  private waitsAsBefore(lane: Lane<T>): boolean {
    if (!isUsual(lane)) return false;
    const { full, waiting, view } = this;
    const { terms, size } = lane;
    const kind = kindOf(terms);
    const alike = waiting.get(kind);
    if (alike) {
      if (this.rooms.hasRoom(terms)) return false;
      alike.add(size, this.outlook, terms);
      full.add(needOf(terms));
      return true;
    }
    const placing = { terms, head: lane.peek()!, count: size };
    const kept = this.waits.of(placing, view, this.outlook);
    if (!kept) return false;
    const { wait, ahead, level, until } = kept;
    const beside = new Beside(wait, ahead - size, level < Infinity);
    waiting.set(kind, beside);
    this.hold(lane, beside, until);
    this.noteFull(terms);
    return true;
  }

  /**
   * Has the head of a lane wait, and what is behind it if that is alike: keeps for them the machines that should do them, so that less urgent
   * ones may use those only if they are not in the way.
   * @returns whether others in the lane may have other operators
   */
  private wait(lane: Lane<T>, { prospects, rest }: Survey): boolean {
    const { waiting, view } = this;
    const { terms } = lane;
    const { now } = view;
    const head = lane.peek()!;
    // Than a task that failed, for which less is offered, or whose own inputs some have.
    const alone = prospects.length === 0 || head.avoid.size > 0 || isHeld(head);
    const count = alone ? 1 : lane.size;
    const busy = prospects.filter((p) => p.busy);
    const free = prospects.filter((p) => !p.busy);
    const found = rest && foundOf(busy, free, rest, this.outlook, terms);
    const wait = waitOf(busy, rest, count, now);
    const lookAgain = Math.max(now + LOOK_AGAIN_MS, wait.soonest);
    const beside = new Beside(wait, (found?.ahead ?? 0) - count, free.length > 0);
    this.hold(lane, beside, lookAgain);
    if (alone) return true;
    if (found && isUsual(lane)) {
      const kind = kindOf(terms);
      if (!waiting.has(kind)) this.waits.keep(terms, found, wait, lookAgain, now);
      waiting.set(kind, beside);
    }
    this.noteFull(terms);
    return false;
  }

  private noteFull(terms: LaneTerms): void {
    if (!this.rooms.hasRoom(terms)) this.full.add(needOf(terms));
  }

  /** @param lookAgain if somebody is passed over, Unix milliseconds */
  private hold(lane: Lane<T>, beside: Beside, lookAgain: number): void {
    hold(this.outlook, lane.terms, beside.wait);
    if (this.notePassedOver(lane, beside)) this.again = Math.min(this.again, lookAgain);
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
