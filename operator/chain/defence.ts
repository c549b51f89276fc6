/**
 * Who calls it: the chain loop, every turn. Answers what happens to results of this operator that somebody demands or
 * takes to a jury: reveals them in time, and takes pay and bond out of disputes that are over.
 */
import { encodeFunctionData, toHex, type Hex } from "viem";
import { DISPUTE_PHASE, marketAbi } from "../../protocol/abi";
import { attemptOfKey } from "../../protocol/dispute-key";
import { tasksOf, unpackTicket } from "../../protocol/ticket";
import type { ArtifactCache } from "../artifacts/cache";
import type { ArtifactTransfer } from "../artifacts/transfer";
import type { Journal } from "../journal/journal";
import type { Log } from "../log";
import type { MarketChain } from "./clients";
import { nextStep, type DisputeState, type DisputeStep } from "./disputes";
import type { SlotView } from "./slot-view";
import type { TransactionSender } from "./transaction-sender";

export interface Defence {
  /** Looks at all open disputes. @returns what is being done about them; each rejects by itself */
  turn(): Promise<Promise<void>[]>;
}

export interface DefenceDeps {
  chain: MarketChain;
  slotView: Pick<SlotView, "disputes" | "head">;
  sender: TransactionSender;
  journal: Pick<Journal, "findTask">;
  cache: Pick<ArtifactCache, "has" | "bytes">;
  /** Where a result comes from that is no longer in the cache. */
  transfer: Pick<ArtifactTransfer, "fetch">;
  log: Log;
  signal: AbortSignal;
  /** How long others get to close a dispute, seconds. */
  patienceSeconds: number;
  /** A result that was missing has arrived. */
  onNews(): void;
}

const ZERO_WORD: Hex = `0x${"00".repeat(32)}`;

export function createDefence(deps: DefenceDeps): Defence {
  const { chain, slotView, sender, journal, cache, transfer, log, signal } = deps;
  const { client, market } = chain;
  const read = { address: market, abi: marketAbi } as const;
  const abi = marketAbi;
  /** Results on their way here, by dispute. */
  const fetching = new Set<Hex>();
  /** Disputes that can't be answered: said once. */
  const lost = new Set<Hex>();

  async function stateOf(key: Hex): Promise<DisputeState & { maxReveal: number }> {
    const dispute = await client.readContract({ ...read, functionName: "disputeOf", args: [key] });
    const { phase, until, maxReveal, money } = dispute;
    const ticket = { money, scope: 0n, root: ZERO_WORD, judgeHash: ZERO_WORD };
    const { window } = unpackTicket(ticket);
    const jury =
      phase === DISPUTE_PHASE.drawing
        ? await client.readContract({ ...read, functionName: "juryOf", args: [key] })
        : undefined;
    return { phase, until, maxReveal, window, drawBlock: Number(jury?.drawBlock ?? 0n) };
  }

  /** A result that is not here is asked for without holding the loop up. */
  function fetch(key: Hex, result: string): void {
    if (fetching.has(key)) return;
    fetching.add(key);
    transfer
      .fetch(result, signal)
      .then(deps.onNews)
      .catch((err: unknown) => log.error({ err, key, result }, "a demanded result is nowhere"))
      .finally(() => fetching.delete(key));
  }

  function giveUp(key: Hex, code: string, message: string): void {
    if (lost.has(key)) return;
    lost.add(key);
    log.error({ key, ...attemptOfKey(key), code }, message);
  }

  async function reveal(key: Hex, maxReveal: number): Promise<void> {
    const { workflow, task, attempt } = attemptOfKey(key);
    const row = journal.findTask(workflow, task, attempt);
    if (!row?.result)
      return giveUp(key, "result_unknown", "a result is demanded that the journal does not know");
    if (!cache.has(row.result)) return fetch(key, row.result);
    const bytes = await cache.bytes(row.result);
    if (bytes.length > maxReveal)
      return giveUp(key, "result_too_large", "a result is demanded that is too large to reveal");
    const args = [key, row.root, toHex(bytes)] as const;
    const data = encodeFunctionData({ abi, functionName: "reveal", args });
    const purpose = `reveal the result of task ${task} of workflow ${workflow}`;
    log.warn(
      { workflow, task, attempt, bytes: bytes.length },
      "a result is demanded: revealing it",
    );
    await sender.send({ purpose, to: market, data });
  }

  async function close(key: Hex, functionName: Exclude<DisputeStep, "reveal">): Promise<void> {
    const data = encodeFunctionData({ abi, functionName, args: [key] });
    const { workflow, task } = attemptOfKey(key);
    const purpose = `${functionName} about task ${task} of workflow ${workflow}`;
    await sender.send({ purpose, to: market, data });
  }

  return {
    async turn() {
      const keys = [...slotView.disputes()];
      const states = await Promise.all(keys.map(stateOf));
      return keys.flatMap((key, i) => {
        const state = states[i]!;
        const step = nextStep(state, slotView.head(), deps.patienceSeconds);
        if (step === undefined) return [];
        return [step === "reveal" ? reveal(key, state.maxReveal) : close(key, step)];
      });
    },
  };
}

/**
 * Results that may be demanded: they must stay in the cache.
 * @returns digests of results of unmatured batches and of open disputes
 */
export function resultsAtStake(
  slotView: Pick<SlotView, "slots" | "disputes">,
  journal: Pick<Journal, "findTask">,
): string[] {
  const batches = [...slotView.slots().values()].filter((slot) => slot.state === "committed");
  const committed = batches.flatMap(({ claim: { workflow, attempt, word, mask } }) =>
    tasksOf(word, mask).map((task) => ({ workflow, task, attempt })),
  );
  const disputed = [...slotView.disputes()].map(attemptOfKey);
  return [...committed, ...disputed].flatMap(
    ({ workflow, task, attempt }) => journal.findTask(workflow, task, attempt)?.result ?? [],
  );
}
