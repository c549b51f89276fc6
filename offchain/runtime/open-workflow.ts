import type { Lane, ReadyTask, Watcher } from "./lane";
import type { Share, Sharer, Shares } from "./shares";

/** Names of what tasks have in common that are the same to an operator, or need the same of a machine. */
export interface Alike {
  readonly kind: string;
  readonly need: string;
}

/** A lane with ready tasks, in its turn. What runs of the matcher ask of every lane is here, so that they need not look at all of them. */
export interface Turn<T extends ReadyTask = ReadyTask> {
  readonly lane: Lane<T>;
  /** Expected path of its first task, milliseconds. */
  remaining: number;
  /** By how much the path of its workflow's most urgent task is longer, milliseconds. */
  slack: number;
  /** Tasks of the lane. */
  size: number;
  /** The lane's `isPlain`, if that held. */
  isPlain: boolean;
  /** What tasks of other lanes may have in common with the lane's, once the matchmaker has asked (matchmaker/kind.ts). */
  alike: Alike | undefined;
  /** Of a lane that waits although somebody has room: when the first of those should have room that it waits for, Unix milliseconds. Said by the matchmaker. */
  waitsFor: { readonly soonest: number } | undefined;
}

/** The same as the queue orders it. */
export interface Ordered<T extends ReadyTask> extends Turn<T> {
  readonly of: OpenWorkflow<T>;
  /** Unix milliseconds. */
  startBy: number;
  /** Of lanes that are alike in all else, parts of one, the first that was made comes first. */
  place: number;
  /** When the workflow's turns were last worked out with this among them. */
  asOf: number;
  /** Whether it is in the order of all, and whether it is still right there. */
  isIn: boolean;
  stays: boolean;
}

/** @returns whose workflow a lane is of */
export function sharerOf<T extends ReadyTask>({ terms, openedAt }: Lane<T>): Sharer {
  const { workflow, requester = `workflow ${workflow}` } = terms;
  return { workflow, requester, openedAt };
}

/** A workflow with something to be done, now or later, and the turns of its lanes. They are worked out anew when anything about it has changed. */
export class OpenWorkflow<T extends ReadyTask> implements Watcher {
  readonly lanes = new Set<Lane<T>>();
  isStale = true;
  /** When it is to be done, Unix seconds; and which turn of all it was served in last. */
  deadline = 0;
  served = 0;
  private readonly share: Share;
  private readonly turns = new Map<Lane<T>, Ordered<T>>();
  private workedOut = 0;
  private due = 0;
  /** Whether larger inputs take longer: how much longer is learned with each of them. */
  private isSized = false;
  /** Expected milliseconds from its first task to the end of its last; nothing: it may be another than before. */
  private path: number | undefined;

  /**
   * @param first one of its lanes: whatever is the workflow's all of them say
   * @param shares in which it has its own from now on
   */
  constructor(
    private readonly first: Lane<T>,
    private readonly shares: Shares,
  ) {
    this.share = shares.add({ ...sharerOf(first), pathMs: () => this.pathMs() });
  }

  /** Whether it prefers money to time. */
  get isThrifty(): boolean {
    return this.first.terms.withinSeconds !== undefined;
  }

  add(lane: Lane<T>): void {
    if (this.lanes.has(lane)) return;
    this.lanes.add(lane);
    lane.watch(this);
    this.touch();
  }

  /** @returns whether it had that lane */
  remove(lane: Lane<T>): boolean {
    if (!this.lanes.delete(lane)) return false;
    lane.unwatch(this);
    this.touch();
    return true;
  }

  /** What its lanes say of it may be something else than before. */
  touch(): void {
    this.path = undefined;
    this.isStale = true;
  }

  /** It is no longer open. */
  leave(): void {
    this.shares.remove(this.share.sharing);
    for (const lane of this.lanes) lane.unwatch(this);
    this.takeOut();
  }

  turnOf(lane: Lane<T>): Turn<T> | undefined {
    return this.turns.get(lane);
  }

  /**
   * Brings the turns of its lanes up to date.
   * @param dueOf when a workflow is due, Unix milliseconds
   * @param served which turn of all it was served in last
   * @param moved takes those that may have another place in the order of all than before
   */
  workOut(dueOf: (share: Share) => number, served: number, moved: Ordered<T>[]): void {
    const { turns } = this;
    if (!this.hasReady()) return this.takeOut();
    const due = dueOf(this.share);
    if (this.due === due && this.served === served && !this.isStale && !this.isSized) return;
    const { deadline } = this.first;
    const isTied = this.served === served && this.deadline === deadline;
    this.due = due;
    this.served = served;
    this.deadline = deadline;
    this.isStale = false;
    this.isSized = false;
    this.workedOut++;
    let most = 0;
    let place = 0;
    for (const whole of this.lanes) {
      for (const lane of whole.ready()) {
        const turn = turns.get(lane) ?? this.list(lane);
        const { startBy, place: before } = turn;
        turn.remaining = lane.remainingMs(lane.level);
        turn.startBy = due - turn.remaining;
        turn.size = lane.size;
        turn.isPlain = lane.isPlain;
        turn.place = place++;
        turn.asOf = this.workedOut;
        if (!isTied || turn.startBy !== startBy || turn.place !== before) moved.push(turn);
        most = Math.max(most, turn.remaining);
      }
      this.isSized ||= whole.isSized;
    }
    for (const [lane, turn] of turns) {
      turn.slack = most - turn.remaining;
      if (turn.asOf === this.workedOut) continue;
      turn.stays = false;
      turns.delete(lane);
    }
  }

  private pathMs(): number {
    if (this.path !== undefined) return this.path;
    let most = 0;
    for (const lane of this.lanes) most = Math.max(most, lane.remainingMs(0));
    return (this.path = most);
  }

  private hasReady(): boolean {
    if (!this.isStale) return this.turns.size > 0;
    for (const lane of this.lanes) if (lane.size > 0) return true;
    return false;
  }

  /** @returns a new turn of a lane, to be worked out */
  private list(lane: Lane<T>): Ordered<T> {
    const turn: Ordered<T> = {
      ...{ lane, of: this, size: 0, isPlain: false, alike: undefined, waitsFor: undefined },
      ...{ remaining: 0, slack: 0, startBy: NaN, place: 0, asOf: 0, isIn: false, stays: true },
    };
    this.turns.set(lane, turn);
    return turn;
  }

  /** None of its lanes has its turn. */
  private takeOut(): void {
    for (const turn of this.turns.values()) turn.stays = false;
    this.turns.clear();
  }
}
