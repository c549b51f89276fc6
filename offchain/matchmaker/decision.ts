import { digestOf, type Digest } from "../../protocol/digest";

/** Why an operator could not take a task; the first that applies. */
export type Rejection =
  | "offline"
  | "draining"
  | "program" // does not hold it
  | "offer" // the task needs more than the operator offers
  | "stake" // free stake does not cover the bond
  | "price" // asks for more than is offered for the task now
  | "failed_before" // failed this task, and another operator can take it
  | "concurrency" // works on as many tasks as it takes at once
  | "machine" // its machine has no room now
  | "in_use" // the machine has, but of what the operator offers of it too much is in use
  | "held" // its machine is kept for a task of higher priority
  | "too_slow" // expected to take longer than the run limit, and another operator is not
  | "no_standby" // takes no copies, and this is one
  | "apart" // has the task already, or shares its machine with who has it
  | "dear" // cheaper ones should do all that needs the same in time, which is what the requester prefers
  | "slower"; // has room, but one that is busy should finish the task sooner

/** Operators that a record names for one reason at most. */
export const MAX_REJECTED = 64;

/** One operator that could take the tasks now or when it has room, with what the score was made of. */
export interface Candidate {
  operator: string;
  /** Predicted milliseconds from now until it could start, after the tasks before this one that it should take; 0: now. */
  startMs: number;
  /** Predicted milliseconds from now until the task is finished. */
  finishMs: number;
  /** Of that, predicted milliseconds for fetching inputs that it has not got; left out if there are none worth counting. */
  fetchMs?: number;
  /** Units per task. */
  price: string;
  /** Share of its attempts at this program that failed, smoothed, 0 to 1. */
  failureRate: number;
  /** Millionths, at this program (docs/reputation.md), of one that has made few attempts here: what its failure rate rests on too. */
  reputation?: number;
  /** Finished attempts, at any program. */
  experience: number;
  /** When it was last given work, Unix milliseconds; 0: never. */
  lastAssignedAt: number;
  /** Lower is better. */
  score: number;
}

/** Everything that a choice depends on: from it, `choose` gives the same choice again. */
export interface DecisionRecord {
  version: 1;
  workflow: number;
  step: string;
  /** The task that the choice was made for. */
  head: number;
  /** It and those that go with it, with one attempt number. */
  tasks: number[];
  attempt: number;
  /** Unix time, milliseconds. */
  decidedAt: number;
  seed: string;
  /** By how much the longest remaining path of the workflow's ready tasks is longer than this task's, milliseconds. */
  slackMs: number;
  /** Those that could start now, and the best few of those that are busy; of many, those on whom the choice depends. */
  candidates: Candidate[];
  /** For each reason at most MAX_REJECTED, those first that were looked at. */
  rejections: Partial<Record<Rejection, string[]>>;
  /** How many more there are, by reason; `free`: they could start now too. Of many operators, as they were when last looked at. */
  unnamed: Partial<Record<Rejection | "free", number>>;
  /** Whether a newcomer was chosen to learn about it, against the score. */
  explored: boolean;
  choice: string;
}

/** @returns the digest that goes under the assignment's signed root */
export function decisionDigest(record: DecisionRecord): Digest {
  return digestOf(record);
}

export type RecordedOthers = Pick<DecisionRecord, "rejections" | "unnamed">;

/** Operators that were not looked at, of one reason: how many, and their addresses. */
export interface Others {
  readonly size: number;
  /** @param visit returns false to stop */
  each(visit: (address: string) => boolean): void;
}

/** All reasons, in the order of canonical JSON. */
export const REASONS = Object.keys({
  ...{ apart: 0, concurrency: 0, dear: 0, draining: 0, failed_before: 0, held: 0, in_use: 0 },
  ...{ machine: 0, no_standby: 0, offer: 0, offline: 0, price: 0, program: 0, slower: 0 },
  ...{ stake: 0, too_slow: 0 },
} satisfies Record<Rejection, 0>).sort() as Rejection[];

/** Puts names in order, if they are not. */
function sort(names: string[]): void {
  for (let i = 1; i < names.length; i++) if (names[i - 1]! > names[i]!) return void names.sort();
}

/**
 * Puts rejections as a record has them, in the order of canonical JSON.
 * @param looked who was rejected, by reason; their lists become the record's
 * @param free operators that could start now, and are not named
 * @param rest operators that were not looked at, by reason; those that were may be among them, and are left out by `isKnown`
 */
export function rejectionsOf(
  looked: ReadonlyMap<Rejection, string[]>,
  free = 0,
  rest?: { get(why: Rejection): Others | undefined },
  isKnown: (address: string) => boolean = () => false,
): RecordedOthers {
  const record: RecordedOthers = { rejections: {}, unnamed: {} };
  for (const why of REASONS) {
    // It is in order after what is before it, and before what comes.
    if (why === "held" && free > 0) record.unnamed.free = free;
    const others = rest?.get(why);
    const list = looked.get(why) ?? (others && []);
    if (!list) continue;
    sort(list);
    let left = Math.max(0, list.length - MAX_REJECTED);
    if (others) left += addOthers(list, others, isKnown);
    if (list.length > MAX_REJECTED) list.length = MAX_REJECTED;
    if (list.length > 0) record.rejections[why] = list;
    if (left > 0) record.unnamed[why] = left;
  }
  return record;
}

/** @returns how many are not looked through, as the list is full */
function addOthers(list: string[], others: Others, isKnown: (address: string) => boolean): number {
  let left = others.size;
  if (list.length < MAX_REJECTED)
    others.each((address) => {
      left--;
      if (!isKnown(address)) list.push(address);
      return list.length < MAX_REJECTED;
    });
  return left;
}
