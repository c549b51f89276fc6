/** Who calls it: the chain loop. The coordinator's signatures over commits, kept for those that did not get through. */
import { toHex, type Hex } from "viem";
import { commitmentsRoot } from "../../protocol/commitment";
import { unpackTicket } from "../../protocol/ticket";
import type { CoordinatorClient } from "../coordinator-client/client";
import type { Log } from "../log";
import type { PlannedCommit } from "../plan/plan-types";

/** Signatures that are kept. */
const MAX_KEPT = 256;

/** @returns asks for the signature over a commit: undefined when the coordinator does not give it now, "0x" when none is needed */
export function createAcceptances(
  coordinator: Pick<CoordinatorClient, "acceptance">,
  log: Log,
): (commit: PlannedCommit) => Promise<Hex | undefined> {
  const kept = new Map<string, Hex>();
  return async (commit) => {
    if (!commit.needsAcceptance) return "0x";
    const { workflow, step, attempt, word, root } = unpackTicket(commit.ticket);
    const mask = toHex(commit.mask, { size: 24 });
    const key = `${workflow}:${root}:${mask}:${commitmentsRoot(commit.commitments)}`;
    const known = kept.get(key);
    if (known) return known;
    try {
      const { commitments } = commit;
      const body = { workflow, step, attempt, word, mask, root, commitments };
      const signature = await coordinator.acceptance(body);
      if (kept.size >= MAX_KEPT) kept.clear(); // they can be asked for again
      kept.set(key, signature);
      return signature;
    } catch (error) {
      log.warn({ workflow, step, attempt, err: error }, "no acceptance yet");
      return undefined;
    }
  };
}
