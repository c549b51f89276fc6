import type { LaneTerms, ReadyTask } from "../runtime/ready-queue";
import { aheadOf, least, levelOf } from "./ahead";
import { choose, deciding, type Choice, type Question } from "./choose";
import { rejectionsOf, type DecisionRecord, type RecordedOthers } from "./decision";
import type { FleetOperator } from "./fleet";
import type { Outlook } from "./outlook";
import type { Prospect, Prospects } from "./prospect";
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
  const free: Prospect[] = [];
  const busy: Prospect[] = [];
  for (const p of prospects) (p.busy ? busy : free).push(p);
  if (free.length === 0) return undefined;
  const level = levelOf(free);
  // What the busy ones should finish before the best of the free ones would finish the head is theirs, as long as there is enough.
  const ahead = busy.map((p) => aheadOf(p, level));
  const looked = ahead.reduce((a, b) => a + b, 0);
  const left = count - (rest ? aheadWithRest(looked, rest, outlook, terms, level, count) : looked);
  const after = (i: number) => (left > 0 ? ahead[i]! : 0);
  const sooner = least([...busy.keys()], SOONER, (i) => {
    const { startMs, taskMs, everyMs, weight } = busy[i]!;
    return (startMs + after(i) * everyMs + taskMs) * weight;
  });
  const later = sooner
    .map((i) => view.candidate(busy[i]!, terms, after(i)))
    .sort((a, b) => a.score - b.score || (a.operator < b.operator ? -1 : 1));
  const all = [
    ...free.map((p) => view.candidate(p, terms, 0)),
    ...later.slice(0, BUSY_CANDIDATES),
  ].sort((a, b) => (a.operator < b.operator ? -1 : 1));
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
  const known = new Set(all.map(({ operator }) => operator));
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
  const { attempt, candidates, decidedAt, head, seed, slackMs } = question;
  const { step, tasks, version, workflow } = question;
  const { rejections, unnamed } = others;
  const { choice, explored } = chosen;
  return {
    ...{ attempt, candidates, choice, decidedAt, explored, head },
    ...{ rejections, seed, slackMs, step, tasks, unnamed, version, workflow },
  };
}
