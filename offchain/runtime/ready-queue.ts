import type { Lane, ReadyTask } from "./lane";
import { OpenWorkflow, sharerOf, type Ordered, type Turn } from "./open-workflow";
import { Shares, type WeightOf } from "./shares";
import { insert, keep, sortAgain } from "./sorted";

export { Lane, type Haul, type LaneTerms, type ReadyTask } from "./lane";
export type { Alike, Turn } from "./open-workflow";

/** Up to such a share of all, turns that have moved are put where they belong; of more, all are put in order again. */
const FEW = 1 / 8;

/**
 * Ready tasks of all workflows. Requesters share the operators by weight, see Shares: a requester's only workflow, with n - 1 others of
 * the same weight, is due 2 n times its longest path after it was opened. Lanes come by when their first task must start for that: those
 * of one workflow by the longest remaining path, small workflows before large ones, and large ones before small ones that come much later, so
 * that none waits for ever. Then by the workflow's deadline, then round-robin: the workflow that was served longest ago, then the oldest.
 */
export class ReadyQueue<T extends ReadyTask = ReadyTask> {
  private readonly workflows = new Map<number, OpenWorkflow<T>>();
  private readonly served = new Map<number, number>();
  private readonly shares: Shares;
  private turn = 0;
  /** Open workflows that prefer money to time. */
  private thrifty = 0;
  /** Lanes with ready tasks as they were when they were last asked for: little has changed since. */
  private readonly order: Ordered<T>[] = [];
  /** Those that may have another place than before. */
  private readonly moved: Ordered<T>[] = [];

  private asOf = 0;

  /**
   * @param weightOf how many times another's share a requester has; above 0, 1 if not given
   * @param durationsAsOf rises when remaining paths may be others than before, and when sizes come to matter, or cease to
   */
  constructor(
    weightOf?: WeightOf,
    private readonly durationsAsOf: () => number = () => 0,
  ) {
    this.shares = new Shares(weightOf);
  }

  open(lane: Lane<T>): void {
    const { workflow } = lane.terms;
    let open = this.workflows.get(workflow);
    if (!open) {
      open = new OpenWorkflow(lane, this.shares);
      this.workflows.set(workflow, open);
      if (open.isThrifty) this.thrifty++;
    }
    open.add(lane);
  }

  close(lane: Lane<T>): void {
    const { workflow } = lane.terms;
    const open = this.workflows.get(workflow);
    if (open?.remove(lane) && open.lanes.size === 0) this.leave(workflow);
  }

  /**
   * A workflow has ended: its requester's next one has its turn.
   * @param lanes all of it, open or closed @param now Unix milliseconds
   */
  end(workflow: number, lanes: Iterable<Lane<T>>, now: number): void {
    this.leave(workflow);
    const [first] = lanes;
    if (first) this.shares.end(sharerOf(first), now);
    this.forget(workflow);
  }

  /** What the lanes of a workflow say of it may be something else than before: its deadline, or paths as a step has unfolded. */
  touch(workflow: number): void {
    this.workflows.get(workflow)?.touch();
  }

  /** A requester had a workflow that ended then, Unix milliseconds: what it opened before has no earlier turn. */
  endedAt(requester: string, at: number): void {
    this.shares.endedAt(requester, at);
  }

  /** @returns all lanes of a workflow, ready tasks or not */
  lanesOf(workflow: number): Iterable<Lane<T>> {
    return this.workflows.get(workflow)?.lanes ?? [];
  }

  /** Notes that a workflow got its turn. */
  serve(workflow: number): void {
    this.served.set(workflow, ++this.turn);
  }

  forget(workflow: number): void {
    this.served.delete(workflow);
  }

  /** @returns lanes with ready tasks, the most urgent first; until it is asked again */
  urgent(): readonly Turn<T>[] {
    const { order, moved, workflows, served } = this;
    const asOf = this.durationsAsOf();
    if (asOf !== this.asOf) for (const open of workflows.values()) open.touch();
    this.asOf = asOf;
    const dueOf = this.shares.dues();
    moved.length = 0;
    for (const [workflow, open] of workflows) open.workOut(dueOf, served.get(workflow) ?? 0, moved);
    const areFew = moved.length <= FEW * order.length;
    if (areFew) for (const turn of moved) turn.stays = false;
    keep(order, ({ stays }) => stays);
    if (areFew) insert(order, moved, compare);
    else {
      for (const turn of moved) if (!turn.isIn) order.push(turn);
      sortAgain(order, isBefore);
    }
    for (const turn of moved) turn.isIn = turn.stays = true;
    return order;
  }

  /** @returns a lane's turn as of when they were last asked for, if it had ready tasks then */
  turnOf(lane: Lane<T>): Turn<T> | undefined {
    return this.workflows.get(lane.terms.workflow)?.turnOf(lane);
  }

  /** Whether any open workflow prefers money to time. */
  get isThrifty(): boolean {
    return this.thrifty > 0;
  }

  get size(): number {
    let size = 0;
    for (const { lanes } of this.workflows.values()) for (const lane of lanes) size += lane.size;
    return size;
  }

  private leave(workflow: number): void {
    const open = this.workflows.get(workflow);
    if (!open) return;
    open.leave();
    this.workflows.delete(workflow);
    if (open.isThrifty) this.thrifty--;
  }
}

/** @returns below 0: the first is more urgent */
function compare<T extends ReadyTask>(a: Ordered<T>, b: Ordered<T>): number {
  return (
    a.startBy - b.startBy ||
    a.of.deadline - b.of.deadline ||
    a.of.served - b.of.served ||
    a.lane.terms.workflow - b.lane.terms.workflow ||
    a.lane.terms.stepIndex - b.lane.terms.stepIndex ||
    a.place - b.place
  );
}

const isBefore = <T extends ReadyTask>(a: Ordered<T>, b: Ordered<T>) => compare(a, b) < 0;
