/** Who calls it: the reporter. Results that are ready at the same time travel in one request, under one signature. */
import type { Address, Hex, LocalAccount } from "viem";
import { marketDomain } from "../../protocol/eip712";
import { FrobenError } from "../../protocol/errors";
import type { ResultReport } from "../../protocol/http";
import { LIMITS } from "../../protocol/limits";
import { receiptsToSign, resultCommitments } from "../../protocol/receipts";
import { signTyped } from "../../protocol/typed-hash";
import type { MarketChain } from "../chain/clients";
import type { CoordinatorClient } from "../coordinator-client/client";
import type { Journal } from "../journal/journal";

export interface ResultOutbox {
  /**
   * Signs and reports a result, together with those that wait.
   * @returns once the coordinator has it
   * @throws FrobenError why it was not taken; `receipt_conflict` when another result was signed for the attempt before
   */
  send(report: ResultReport): Promise<void>;
}

export interface ResultOutboxDeps {
  chain: Pick<MarketChain, "chainId" | "market">;
  account: LocalAccount;
  /** For whom the account signs. */
  operator: Address;
  journal: Pick<Journal, "fixResults">;
  coordinator: Pick<CoordinatorClient, "results">;
  signal: AbortSignal;
}

interface Letter {
  report: ResultReport;
  taken(): void;
  refused(error: unknown): void;
}

const conflictOf = ({ result }: ResultReport) =>
  new FrobenError("receipt_conflict", "another result was signed for this attempt", {
    field: "result",
    value: result,
  });

export function createResultOutbox(deps: ResultOutboxDeps): ResultOutbox {
  const { chain, account, operator, journal, coordinator, signal } = deps;
  const { chainId, market } = chain;
  const domain = marketDomain(chainId, market);
  let waiting: Letter[] = [];
  let sending = false;

  /** Signs one result for each attempt, once and for all: a second digest would cost the bond. */
  async function sign(reports: ResultReport[]): Promise<Hex> {
    const commitments = resultCommitments({ chainId, market, operator }, reports);
    return signTyped(account, receiptsToSign(domain, commitments));
  }

  async function deliver(letters: Letter[]): Promise<void> {
    const fixed = journal.fixResults(
      { chainId, market },
      letters.map(({ report }) => report),
    );
    const conflicts = letters.filter((_, i) => !fixed[i]);
    for (const { report, refused } of conflicts) refused(conflictOf(report));
    const batch = letters.filter((_, i) => fixed[i]);
    if (batch.length === 0) return;
    const results = batch.map(({ report }) => report);
    const outcomes = await coordinator.results({ results, receipts: await sign(results) }, signal);
    for (const [i, { taken, refused }] of batch.entries()) {
      const error = outcomes[i];
      if (error) refused(new FrobenError(error.code, error.message, error));
      else taken();
    }
  }

  /** While one request is on its way, what becomes ready waits for the next. */
  async function drain(): Promise<void> {
    if (sending) return;
    sending = true;
    while (waiting.length > 0) {
      const letters = waiting.slice(0, LIMITS.maxBatch);
      waiting = waiting.slice(LIMITS.maxBatch);
      await deliver(letters).catch((error: unknown) => {
        for (const { refused } of letters) refused(error);
      });
    }
    sending = false;
  }

  return {
    send(report) {
      return new Promise((resolve, reject) => {
        waiting.push({ report, taken: resolve, refused: reject });
        setImmediate(() => void drain());
      });
    },
  };
}
