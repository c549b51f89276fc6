import { decisionDigest, type DecisionRecord } from "../../matchmaker/decision";

/** @returns a decision as one line of a file that `readDecisions` reads */
export function decisionLine(record: DecisionRecord): string {
  return `${JSON.stringify({ ...record, digest: decisionDigest(record) })}\n`;
}
