import { z } from "zod";
import { sha256 } from "./digest";

/** Where a span belongs: version, trace, parent and flags of W3C Trace Context. */
export const traceparentSchema = z.string().regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);

/** One attempt, wherever in the world it is. */
export interface TracedAttempt {
  chainId: number;
  market: string;
  workflow: number;
  task: number;
  attempt: number;
}

/**
 * The trace of an attempt. It follows from what the attempt is, so that a restart in the middle goes on with it.
 * @returns trace id (16 bytes) and id of its first span (8 bytes), hex
 */
export function traceOf({ chainId, market, workflow, task, attempt }: TracedAttempt) {
  const hash = sha256(`${chainId}/${market.toLowerCase()}/${workflow}/${task}/${attempt}`);
  return { traceId: hash.slice(0, 32), spanId: hash.slice(32, 48) };
}

/** @returns what an attempt's assignment carries, so that its operator's spans join the trace */
export function traceparentOf(attempt: TracedAttempt): string {
  const { traceId, spanId } = traceOf(attempt);
  return `00-${traceId}-${spanId}-01`;
}
