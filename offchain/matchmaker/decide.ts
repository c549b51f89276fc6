import type { LaneTerms, ReadyTask } from "../runtime/ready-queue";
import { aheadOf, least, levelOf, split } from "./ahead";
import { choose, deciding, type Choice, type Question } from "./choose";
import { rejectionsOf, type DecisionRecord, type RecordedOthers } from "./decision";
import type { FleetOperator } from "./fleet";
import type { Outlook } from "./outlook";
import type { Prospects } from "./prospect";
import { aheadWithRest } from "./rest";
import type { Survey } from "./survey";

/** Busy operators that a decision's record names as candidates; the choice needs none but the best. */
const BUSY_CANDIDATES = 3;
/** So many are looked at for them, as their scores are rounded. */
const SOONER = 3 * BUSY_CANDIDATES;

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
  { prospects, rejections, rest }: Survey,
): Decided | undefined {
  const [free, busy] = split(prospects);
  if (free.length === 0) return undefined;
  const level = levelOf(free);
  // What the busy ones should finish before the best of the free ones would finish the head is theirs, as long as there is enough.
  const ahead = busy.map((p) => aheadOf(p, level));
  let looked = 0;
  for (const own of ahead) looked += own;
  const left = count - (rest ? aheadWithRest(looked, rest, outlook, terms, level, count) : looked);
  if (left <= 0) ahead.fill(0);
  const scores = busy.map(
    ({ startMs, taskMs, everyMs, weight }, i) => (startMs + ahead[i]! * everyMs + taskMs) * weight,
  );
  const later = least(scores, SOONER)
    .map((i) => view.candidate(busy[i]!, terms, ahead[i]!))
    .sort((a, b) => a.score - b.score || (a.operator < b.operator ? -1 : 1));
  later.length = Math.min(later.length, BUSY_CANDIDATES);
  const all = free.map((p) => view.candidate(p, terms, 0));
  all.push(...later);
  all.sort((a, b) => (a.operator < b.operator ? -1 : 1));
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
  const known = new Set<string>();
  for (const { operator } of all) known.add(operator);
  for (const { operator, busy: why } of busy)
    if (!known.has(operator.address)) rejections.set(operator.address, why!);
  const isKnown = (address: string) => known.has(address) || rejections.has(address);
  const unnamed = all.length - candidates.length + (rest?.free ?? 0);
  const written = rejectionsOf(rejections, unnamed, rest?.rejected, isKnown);
  const { operator, taskMs, price } = free.find((p) => p.operator.address === chosen.choice)!;
  const share = Math.max(1, Math.ceil(left / (free.length + (rest?.free ?? 0))));
  return { operator, price, taskMs, share, decision: recordOf(question, written, chosen) };
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
