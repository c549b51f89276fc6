import type { Lane, ReadyTask, Urgency } from "./lane";
import { Shares, type Sharing, type WeightOf } from "./shares";
import { keep, sortAgain } from "./sorted";

export { Lane, type Haul, type LaneTerms, type ReadyTask } from "./lane";

/**
 * Ready tasks of all workflows. Requesters share the operators by weight, see Shares: a requester's only workflow, with n - 1 others of
 * the same weight, is due 2 n times its longest path after it was opened. Lanes come by when their first task must start for that: those
 * of one workflow by the longest remaining path, small workflows before large ones, and large ones before small ones that come much later, so
 * that none waits for ever. Then by the workflow's deadline, then round-robin: the workflow that was served longest ago, then the oldest.
 */
export class ReadyQueue<T extends ReadyTask = ReadyTask> {
  private readonly workflows = new Map<number, { lanes: Set<Lane<T>>; sharing: Sharing }>();
  private readonly served = new Map<number, number>();
  private readonly shares: Shares;
  private turn = 0;
  /** Lanes with ready tasks as they were when they were last asked for, which was so many times: little has changed since. */
  private readonly order: Urgency<T>[] = [];
  private asked = 0;

  /** @param weightOf how many times another's share a requester has; above 0, 1 if not given */
  constructor(weightOf?: WeightOf) {
    this.shares = new Shares(weightOf);
  }

  open(lane: Lane<T>): void {
    const { workflow } = lane.terms;
    const known = this.workflows.get(workflow);
    if (known) {
      known.lanes.add(lane);
      return;
    }
    const lanes = new Set([lane]);
    const sharing = sharingOf(lane, lanes);
    this.workflows.set(workflow, { lanes, sharing });
    this.shares.add(sharing);
  }

  close(lane: Lane<T>): void {
    const { workflow } = lane.terms;
    const known = this.workflows.get(workflow);
    if (!known?.lanes.delete(lane) || known.lanes.size > 0) return;
    this.workflows.delete(workflow);
    this.shares.remove(known.sharing);
  }

  /**
   * A workflow has ended: its requester's next one has its turn.
   * @param lanes all of it, open or closed @param now Unix milliseconds
   */
  end(workflow: number, lanes: Iterable<Lane<T>>, now: number): void {
    const all = new Set(lanes);
    const [first] = all;
    if (first) this.shares.end(sharingOf(first, all), now);
    this.workflows.delete(workflow);
    this.forget(workflow);
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

  /** Lanes with ready tasks, the most urgent first, with the remaining path of their heads in milliseconds; until it is asked again. */
  urgent(): readonly Readonly<Pick<Urgency<T>, "lane" | "remaining">>[] {
    const { order } = this;
    const asOf = ++this.asked;
    const dueOf = this.shares.dues();
    let place = 0;
    for (const { lanes, sharing } of this.workflows.values()) {
      let due: number | undefined;
      const turn = this.served.get(sharing.workflow) ?? 0;
      for (const whole of lanes)
        for (const lane of whole.ready()) {
          due ??= dueOf(sharing);
          const isListed = lane.urgency?.asOf === asOf - 1;
          const urgency = (lane.urgency ??= urgencyOf(lane));
          urgency.remaining = lane.remainingMs(lane.level);
          urgency.startBy = due - urgency.remaining;
          urgency.deadline = lane.deadline();
          urgency.turn = turn;
          urgency.place = place++;
          urgency.asOf = asOf;
          if (!isListed) order.push(urgency);
        }
    }
    keep(order, (one) => one.asOf === asOf);
    sortAgain(order, isBefore);
    return order;
  }

  get size(): number {
    let size = 0;
    for (const { lanes } of this.workflows.values()) for (const lane of lanes) size += lane.size;
    return size;
  }
}

function urgencyOf<T extends ReadyTask>(lane: Lane<T>): Urgency<T> {
  return { lane, remaining: 0, startBy: 0, deadline: 0, turn: 0, place: 0, asOf: 0 };
}

function isBefore<T extends ReadyTask>(a: Urgency<T>, b: Urgency<T>): boolean {
  const rises =
    a.startBy - b.startBy ||
    a.deadline - b.deadline ||
    a.turn - b.turn ||
    a.lane.terms.workflow - b.lane.terms.workflow ||
    a.lane.terms.stepIndex - b.lane.terms.stepIndex ||
    a.place - b.place;
  return rises < 0;
}

/** @param lanes of the workflow, as they are opened and closed */
function sharingOf<T extends ReadyTask>(of: Lane<T>, lanes: ReadonlySet<Lane<T>>): Sharing {
  const { workflow, requester = `workflow ${workflow}` } = of.terms;
  return { workflow, requester, openedAt: of.openedAt(), pathMs: () => longestPath(lanes) };
}

/** Expected milliseconds from the first task of a workflow to the end of its last. */
function longestPath<T extends ReadyTask>(lanes: Iterable<Lane<T>>): number {
  let most = 0;
  for (const lane of lanes) most = Math.max(most, lane.remainingMs(0));
  return most;
}
