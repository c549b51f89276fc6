/** A workflow, and whose it is. */
export interface Sharer {
  readonly workflow: number;
  /** Who pays for it. */
  readonly requester: string;
  /** Unix milliseconds. */
  readonly openedAt: number;
}

/** The same, as far as its requester's share goes. */
export interface Sharing extends Sharer {
  /** Expected milliseconds from its first task's start to its last one's end, if it has what it needs. */
  readonly pathMs: () => number;
}

/** What an open workflow has of all. Unix milliseconds. */
export interface Share {
  readonly sharing: Sharing;
  readonly own: Own;
  /** From when on it may have its turn. */
  since: number;
  /** When it was due, when that was last asked. */
  due: number;
}

/** Of one requester. */
interface Own {
  readonly weight: number;
  /** The oldest first. */
  list: Share[];
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
  /** Sum of the weights of all requesters with open workflows. */
  private weights = 0;
  private asked = 0;
  /** When a requester's last workflow ended, Unix milliseconds; the last ones last. */
  private readonly ends = new Map<string, number>();

  /** @param weightOf above 0, always the same for one requester */
  constructor(private readonly weightOf: WeightOf = () => 1) {}

  /** A workflow has something to be done, now or later. */
  add(sharing: Sharing): Share {
    const { requester, openedAt } = sharing;
    const known = this.open.get(requester);
    const own = known ?? { weight: this.weightOf(requester), list: [], asOf: 0 };
    const before = own.list.findLastIndex((other) => isOlder(other.sharing, sharing));
    const since = Math.max(openedAt, this.ends.get(requester) ?? openedAt);
    const share = { sharing, own, since, due: 0 };
    own.list.splice(before + 1, 0, share);
    if (!known) {
      this.open.set(requester, own);
      this.weigh();
    }
    return share;
  }

  /** It has not, for some time or for ever. */
  remove({ requester, workflow }: Sharer): void {
    const own = this.open.get(requester);
    if (!own) return;
    own.list = own.list.filter(({ sharing }) => sharing.workflow !== workflow);
    if (own.list.length > 0) return;
    this.open.delete(requester);
    this.weigh();
  }

  /**
   * A workflow has ended.
   * @param sharer need not have been added: it may be paused
   * @param now Unix milliseconds
   */
  end(sharer: Sharer, now: number): void {
    this.remove(sharer);
    for (const other of this.open.get(sharer.requester)?.list ?? [])
      if (isOlder(sharer, other.sharing)) other.since = Math.max(other.since, now);
    this.endedAt(sharer.requester, now);
  }

  /** A requester had a workflow that ended then, Unix milliseconds: what is added from now on has no earlier turn. */
  endedAt(requester: string, at: number): void {
    const last = Math.max(at, this.ends.get(requester) ?? at);
    this.ends.delete(requester);
    this.ends.set(requester, last);
    if (this.ends.size > MAX_ENDS) this.ends.delete(this.ends.keys().next().value!);
  }

  /** @returns of an open workflow, when it is due, Unix milliseconds; as things stand when `dues` is called */
  dues(): (share: Share) => number {
    const { weights } = this;
    const asOf = ++this.asked;
    return (share) => {
      const { own } = share;
      if (own.asOf !== asOf) this.workOut(own, weights / own.weight);
      own.asOf = asOf;
      return share.due;
    };
  }

  /** Requesters have come or gone. */
  private weigh(): void {
    this.weights = 0;
    for (const { weight } of this.open.values()) this.weights += weight;
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

const isOlder = (a: Sharer, b: Sharer) =>
  a.openedAt < b.openedAt || (a.openedAt === b.openedAt && a.workflow < b.workflow);
