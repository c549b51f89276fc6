import { sha256 } from "../../protocol/digest";
import type { Candidate, DecisionRecord } from "./decision";

/** Scores within this share of the best count as equal: among them work goes round. */
export const EQUAL_WITHIN = 0.02;
/** Share of decisions that try an operator of little experience, whatever its score. */
export const EXPLORATION = 0.05;
/** Attempts below which an operator is a newcomer. */
export const NEWCOMER_BELOW = 3;

/** Of a newcomer of which more attempts are expected to fail than this there is nothing to find out: it was wrong when it was asked. */
const HOPELESS_RATE = 0.5;

/** Candidates that a record names at most. */
export const MAX_CANDIDATES = 32;

/** What the choice is made from; the rest of the record follows from it, or says who else there was. */
export type Question = Omit<DecisionRecord, "explored" | "choice" | "rejections" | "unnamed">;

export type Choice = Pick<DecisionRecord, "explored" | "choice">;

/** Whether a newcomer is tried, if there is one: that follows from the seed and what is decided. */
export function explores(
  question: Pick<Question, "seed" | "workflow" | "step" | "attempt" | "head">,
): boolean {
  const { seed, workflow, step, attempt, head } = question;
  const digest = sha256([seed, workflow, step, attempt, head].join("/"));
  return parseInt(digest.slice(0, 12), 16) / 2 ** 48 < EXPLORATION;
}

/** Who waited longest for work; the address decides between strangers. @param candidates at least one */
function longestIdle(candidates: Candidate[]): Candidate {
  return candidates.reduce((a, b) =>
    b.lastAssignedAt < a.lastAssignedAt ||
    (b.lastAssignedAt === a.lastAssignedAt && b.operator < a.operator)
      ? b
      : a,
  );
}

/** Whether a newcomer may be worth a try. */
export const isPromising = ({ failureRate }: Pick<Candidate, "failureRate">) =>
  failureRate < HOPELESS_RATE;
const isExperienced = ({ experience }: Candidate) => experience >= NEWCOMER_BELOW;

/** Those that could start now, as far as one of them may be chosen: for its score, or to learn about it. */
function eligible({ candidates, slackMs }: Pick<Question, "candidates" | "slackMs">) {
  const free = candidates.filter((c) => c.startMs === 0);
  const best = candidates.reduce((least, { score }) => Math.min(least, score), Infinity);
  const equals = free.filter((c) => c.score <= best * (1 + EQUAL_WITHIN));
  // What an operator is like is found out with tasks that the workflow does not wait for.
  const newcomers = free.filter(
    (c) => !isExperienced(c) && isPromising(c) && c.finishMs <= slackMs,
  );
  return { equals, newcomers };
}

/**
 * Chooses an operator, from the record alone, so that anyone can repeat it.
 * @param question at least one candidate
 * @returns undefined when waiting for an operator that is busy should be better than any that could start now
 */
export function choose(question: Question): Choice | undefined {
  const { equals, newcomers } = eligible(question);
  if (newcomers.length > 0 && question.candidates.some(isExperienced))
    if (explores(question)) {
      const choice = longestIdle(newcomers);
      return { choice: choice.operator, explored: !equals.includes(choice) };
    }
  if (equals.length === 0) return undefined;
  return { choice: longestIdle(equals).operator, explored: false };
}

/**
 * Leaves out of a question whom the choice does not depend on, as soon as there are many: the record stays small however many operators
 * there are, and the choice is the same.
 * @param candidates of whom few are busy
 * @returns the best by score and whoever else decides, in the same order; at most MAX_CANDIDATES
 */
export function deciding(candidates: Candidate[], slackMs: number): Candidate[] {
  if (candidates.length <= MAX_CANDIDATES) return candidates;
  const named = new Set(candidates.filter((c) => c.startMs > 0));
  const { equals, newcomers } = eligible({ candidates, slackMs });
  for (const group of [equals, newcomers]) if (group.length > 0) named.add(longestIdle(group));
  const experienced = candidates.find(isExperienced);
  if (experienced) named.add(experienced);
  const byScore = [...candidates].sort(
    (a, b) => a.score - b.score || (a.operator < b.operator ? -1 : 1),
  );
  for (const candidate of byScore) {
    if (named.size >= MAX_CANDIDATES) break;
    named.add(candidate);
  }
  return candidates.filter((c) => named.has(c));
}
