import type { LaneTerms, ReadyTask } from "../runtime/ready-queue";
import { sortAgain } from "../runtime/sorted";
import { aheadOf, aheadOfAll, firstFew, lastScoreOf, levelOf } from "./ahead";
import { choose, deciding, type Choice, type Question } from "./choose";
import {
  rejectionsOf,
  type Candidate,
  type DecisionRecord,
  type RecordedOthers,
  type Rejection,
} from "./decision";
import type { FleetOperator } from "./fleet";
import type { Outlook } from "./outlook";
import { Names } from "./names";
import { scoreAfter, type Prospect, type Prospects } from "./prospect";
import { aheadWithRest } from "./rest";
import type { Survey } from "./survey";

/** Busy operators that a decision's record names as candidates; the choice needs none but the best. */
const BUSY_CANDIDATES = 3;
/** So many are looked at for them, as their scores are rounded. */
const SOONER = 3 * BUSY_CANDIDATES;

/** Who has a place in the record that is made now. */
const known = new Names();

/** The task that is to be placed. */
export interface Placing {
  terms: LaneTerms;
  head: ReadyTask;
  /** Tasks of its lane that are ready. */
  count: number;
  /** By how much the longest path of the workflow's ready tasks is longer than its, milliseconds. */
  slackMs: number;
}

/** Who gets a task, and how many of the lane at most. */
export interface Decided {
  operator: FleetOperator;
  price: bigint;
  taskMs: number;
  share: number;
  decision: DecisionRecord;
}

/**
 * Decides who gets a task.
 * @param outlook what machines were promised to in this run
 * @param survey who can take it; named as rejected are those who are busy, too
 * @returns nothing when nobody can start it now, or should
 */
export function decide(
  view: Prospects,
  outlook: Outlook,
  seed: string,
  { terms, head, count, slackMs }: Placing,
  { free, busy, rejections, rest }: Survey,
): Decided | undefined {
  if (free.length === 0) return undefined;
  const level = levelOf(free);
  // What the busy ones should finish before the best of the free ones would finish the head is theirs, as long as there is enough.
  const looked = aheadOfAll(busy, level);
  const left = count - (rest ? aheadWithRest(looked, rest, outlook, terms, level, count) : looked);
  const all = soonest(busy, left > 0 ? level : 0, view, terms);
  for (const prospect of free) all.push(view.candidate(prospect, terms, 0));
  sortAgain(all, byOperator);
  const slack = Math.round(slackMs);
  const candidates = deciding(all, slack);
  // The choice looks at the head alone; how many follow it depends on who was chosen.
  const question: Question = {
    attempt: head.nextAttempt,
    candidates,
    decidedAt: view.now,
    head: head.index,
    seed,
    slackMs: slack,
    step: terms.step,
    tasks: [head.index],
    version: 1,
    workflow: terms.workflow,
  };
  const chosen = choose(question);
  if (!chosen) return undefined;
  const unnamed = all.length - candidates.length + (rest?.free ?? 0);
  const named = nameOthers(all, busy, rejections);
  const written = rejectionsOf(named, unnamed, rest?.rejected, (address) => known.has(address));
  const { operator, taskMs, price } = free.find((p) => p.operator.address === chosen.choice)!;
  const share = Math.max(1, Math.ceil(left / (free.length + (rest?.free ?? 0))));
  return { operator, price, taskMs, share, decision: recordOf(question, written, chosen) };
}

const byOperator = (a: Candidate, b: Candidate) => a.operator < b.operator;

/** @returns those who are busy that would score best, each after the tasks that it should finish before a score is reached */
function soonest(
  busy: readonly Prospect[],
  level: number,
  view: Prospects,
  terms: LaneTerms,
): Candidate[] {
  const sooner = firstFew(busy, SOONER, (a, b) => lastScoreOf(a, level) < lastScoreOf(b, level));
  const scoreOf = (one: Prospect) => scoreAfter(one, aheadOf(one, level), terms);
  const first = firstFew(sooner, BUSY_CANDIDATES, (a, b) => {
    const less = scoreOf(a) - scoreOf(b);
    return less < 0 || (less === 0 && a.operator.address < b.operator.address);
  });
  return first.map((prospect) => view.candidate(prospect, terms, aheadOf(prospect, level)));
}

/** @returns by reason, those who could not take the task, or could later, and are no candidates; they are known then, and so are those */
function nameOthers(
  candidates: readonly Candidate[],
  busy: readonly Prospect[],
  rejections: ReadonlyMap<string, Rejection>,
): Map<Rejection, string[]> {
  const named = new Map<Rejection, string[]>();
  const name = (why: Rejection, address: string) => {
    if (known.has(address)) return;
    known.add(address);
    const list = named.get(why);
    if (list) list.push(address);
    else named.set(why, [address]);
  };
  known.clear();
  for (const { operator } of candidates) known.add(operator);
  rejections.forEach(name);
  for (const { operator, busy: why } of busy) name(why!, operator.address);
  return named;
}

/** @returns a decision's record, in the order of canonical JSON, so that its digest is made quickly */
function recordOf(question: Question, others: RecordedOthers, chosen: Choice): DecisionRecord {
  return {
    attempt: question.attempt,
    candidates: question.candidates,
    choice: chosen.choice,
    decidedAt: question.decidedAt,
    explored: chosen.explored,
    head: question.head,
    rejections: others.rejections,
    seed: question.seed,
    slackMs: question.slackMs,
    step: question.step,
    tasks: question.tasks,
    unnamed: others.unnamed,
    version: question.version,
    workflow: question.workflow,
  };
}
