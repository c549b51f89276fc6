/** A workflow, as far as its requester's share goes. */
export interface Sharing {
  readonly workflow: number;
  /** Who pays for it. */
  readonly requester: string;
  /** Unix milliseconds. */
  readonly openedAt: number;
  /** Expected milliseconds from its first task's start to its last one's end, if it has what it needs. */
  readonly pathMs: () => number;
}

/** An open workflow. Unix milliseconds. */
interface Open {
  readonly sharing: Sharing;
  /** From when on it may have its turn. */
  since: number;
  /** When it was due, when that was last asked. */
  due: number;
}

/** Of one requester. */
interface Own {
  /** The oldest first. */
  list: Open[];
  readonly byWorkflow: Map<number, Open>;
  /** When `due` of all was last worked out. */
  asOf: number;
}

/** How many times another's share a requester has. */
export type WeightOf = (requester: string) => number;

/**
 * A workflow is due when so many times the time has passed since its turn that it would take with its requester's share. With less, large
 * ones that are late keep small ones that come later from even their share.
 */
const PATIENCE = 2;

/** Requesters whose last end is remembered. */
const MAX_ENDS = 10_000;

/**
 * When workflows are due if all requesters with open workflows share the operators by their weights, however many workflows each has.
 * It is start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996) with start tags in real time, and the longest path for what a workflow
 * costs: each of a requester's workflows has its turn when it was opened, or when the one that was opened before it should be done with
 * the share, whichever is later. Once that one has ended, its end counts: who waited long with many workflows is not ahead with all of them.
 */
export class Shares {
  /** By requester. */
  private readonly open = new Map<string, Own>();
  private asked = 0;
  /** When a requester's last workflow ended, Unix milliseconds; the last ones last. */
  private readonly ends = new Map<string, number>();

  /** @param weightOf above 0, always the same for one requester */
  constructor(private readonly weightOf: WeightOf = () => 1) {}

  /** A workflow has something to be done, now or later. */
  add(sharing: Sharing): void {
    const { requester, openedAt } = sharing;
    const own = this.open.get(requester) ?? { list: [], byWorkflow: new Map(), asOf: 0 };
    const before = own.list.findLastIndex((other) => isOlder(other.sharing, sharing));
    const since = Math.max(openedAt, this.ends.get(requester) ?? openedAt);
    const one = { sharing, since, due: 0 };
    own.list.splice(before + 1, 0, one);
    own.byWorkflow.set(sharing.workflow, one);
    this.open.set(requester, own);
  }

  /** It has not, for some time or for ever. */
  remove({ requester, workflow }: Pick<Sharing, "requester" | "workflow">): void {
    const own = this.open.get(requester);
    if (!own) return;
    own.list = own.list.filter(({ sharing }) => sharing.workflow !== workflow);
    own.byWorkflow.delete(workflow);
    if (own.list.length === 0) this.open.delete(requester);
  }

  /**
   * A workflow has ended.
   * @param sharing need not have been added: it may be paused
   * @param now Unix milliseconds
   */
  end(sharing: Sharing, now: number): void {
    this.remove(sharing);
    for (const other of this.open.get(sharing.requester)?.list ?? [])
      if (isOlder(sharing, other.sharing)) other.since = Math.max(other.since, now);
    this.endedAt(sharing.requester, now);
  }

  /** A requester had a workflow that ended then, Unix milliseconds: what is added from now on has no earlier turn. */
  endedAt(requester: string, at: number): void {
    const last = Math.max(at, this.ends.get(requester) ?? at);
    this.ends.delete(requester);
    this.ends.set(requester, last);
    if (this.ends.size > MAX_ENDS) this.ends.delete(this.ends.keys().next().value!);
  }

  /** @returns of an open workflow, when it is due, Unix milliseconds; as things stand when `dues` is called */
  dues(): (sharing: Pick<Sharing, "requester" | "workflow">) => number {
    let weights = 0;
    for (const requester of this.open.keys()) weights += this.weightOf(requester);
    const asOf = ++this.asked;
    return ({ requester, workflow }) => {
      const own = this.open.get(requester)!;
      if (own.asOf !== asOf) this.workOut(own, weights / this.weightOf(requester));
      own.asOf = asOf;
      return own.byWorkflow.get(workflow)!.due;
    };
  }

  /** @param timesAlone how many times as long a requester's workflow takes with its share as it does alone */
  private workOut({ list }: Own, timesAlone: number): void {
    let turn = -Infinity;
    for (const one of list) {
      turn = Math.max(turn, one.since);
      const shared = timesAlone * one.sharing.pathMs();
      one.due = turn + PATIENCE * shared;
      turn += shared;
    }
  }
}

const isOlder = (a: Sharing, b: Sharing) =>
  a.openedAt < b.openedAt || (a.openedAt === b.openedAt && a.workflow < b.workflow);
