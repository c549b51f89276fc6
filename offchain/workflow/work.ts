import { digestOf, type Digest } from "../../protocol/digest";
import type { Origin } from "../../protocol/http";
import type { Step } from "../../protocol/spec";

/** What a task took instead of being run: whose result, and the digest of the work that both are. */
export interface Reused extends Origin {
  work: Digest;
}

/**
 * Names a piece of work: two tasks with one digest are the same work, and what is a valid result of one is a valid result of the other.
 * @param inputs by the name of the port
 */
export function workDigest(step: Step, inputs: Record<string, { digest: Digest }>): Digest {
  const { program, params, outputs, statement, rule } = step;
  const digests = Object.fromEntries(
    Object.entries(inputs).map(([name, { digest }]) => [name, digest]),
  );
  return digestOf({ program, params, inputs: digests, outputs, statement, rule });
}
