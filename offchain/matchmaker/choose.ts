import { sha256 } from "../../protocol/digest";
import type { Candidate, DecisionRecord } from "./decision";

/** Scores within this share of the best count as equal: among them work goes round. */
export const EQUAL_WITHIN = 0.02;
/** Share of decisions that try an operator of little experience, whatever its score. */
export const EXPLORATION = 0.05;
/** Attempts below which an operator is a newcomer. */
export const NEWCOMER_BELOW = 3;

/** What the choice is made from; the rest of the record follows from it. */
export type Question = Omit<DecisionRecord, "explored" | "choice">;

/** A number in [0, 1) that follows from the seed and what is decided. */
function chance(question: Question): number {
  const { seed, workflow, step, attempt, head } = question;
  const digest = sha256([seed, workflow, step, attempt, head].join("/"));
  return parseInt(digest.slice(0, 12), 16) / 2 ** 48;
}

/** Who waited longest for work; the address decides between strangers. */
function longestIdle(candidates: Candidate[]): Candidate {
  return candidates.reduce((a, b) =>
    b.lastAssignedAt < a.lastAssignedAt ||
    (b.lastAssignedAt === a.lastAssignedAt && b.operator < a.operator)
      ? b
      : a,
  );
}

/**
 * Chooses an operator, from the record alone, so that anyone can repeat it.
 * @param question at least one candidate
 * @returns undefined when waiting for an operator that is busy should be better than any that could start now
 */
export function choose(question: Question): { choice: string; explored: boolean } | undefined {
  const { candidates, slackMs } = question;
  const free = candidates.filter((c) => c.startMs === 0);
  const best = Math.min(...candidates.map((c) => c.score));
  const equals = free.filter((c) => c.score <= best * (1 + EQUAL_WITHIN));
  // What an operator is like is found out with tasks that the workflow does not wait for.
  const newcomers = free.filter((c) => c.experience < NEWCOMER_BELOW && c.finishMs <= slackMs);
  if (newcomers.length > 0 && candidates.some((c) => c.experience >= NEWCOMER_BELOW))
    if (chance(question) < EXPLORATION) {
      const choice = longestIdle(newcomers);
      return { choice: choice.operator, explored: !equals.includes(choice) };
    }
  if (equals.length === 0) return undefined;
  return { choice: longestIdle(equals).operator, explored: false };
}
