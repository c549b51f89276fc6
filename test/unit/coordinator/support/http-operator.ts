import { Registry } from "prom-client";
import type { LocalAccount } from "viem";
import type { ApiDeps } from "../../../../offchain/api/deps";
import { Lifecycle } from "../../../../offchain/api/lifecycle";
import { RequestNonces } from "../../../../offchain/api/nonces";
import { createApp, serve } from "../../../../offchain/api/server";
import { systemClock } from "../../../../offchain/runtime/clock";
import type { CanaryAnswer, CanaryOffer } from "../../../../protocol/canary";
import { marketDomain } from "../../../../protocol/eip712";
import type { SyncRequest, SyncResponse } from "../../../../protocol/http";
import { apiFetch } from "../../../../sdk/http";
import { silentLog } from "../../../support/silent-log";
import { CHAIN_ID, MARKET, type Market } from "./market";

/** Serves a test market's coordinator over HTTP, its own clock being the test's. Signatures go by the machine's clock. */
export async function serveMarket(market: Market) {
  const app = createApp({
    coordinator: market.coordinator,
    db: market.database,
    nonces: new RequestNonces(market.database),
    domain: marketDomain(CHAIN_ID, MARKET),
    market: { version: "test" },
    clock: systemClock,
    log: silentLog,
    metrics: { registry: new Registry() },
    lifecycle: new Lifecycle(),
  } as unknown as ApiDeps);
  return serve(app, "127.0.0.1", 0);
}

/** What an operator says over HTTP. */
export class HttpOperator {
  constructor(
    private readonly url: string,
    private readonly market: Market,
    private readonly account: LocalAccount,
  ) {}

  /** One heartbeat. @param canary the one that it holds @returns what is new for it */
  async sync(canary?: string, more: Partial<SyncRequest> = {}): Promise<SyncResponse> {
    const nothing = { running: [], draining: false, known: [], seenVerdicts: [], waitMs: 0 };
    return (await this.post("/v1/operators/sync", {
      ...nothing,
      ...(canary && { canary }),
      ...more,
    })) as SyncResponse;
  }

  /** Heartbeats, each a second after the other, until it is asked a canary, or for so long. */
  async awaitCanary(seconds: number): Promise<CanaryOffer | undefined> {
    for (let i = 0; i < seconds; i++) {
      const { canary } = await this.sync();
      if (canary) return canary;
      await this.market.pass(1_000);
    }
    return undefined;
  }

  async answer(answer: CanaryAnswer): Promise<void> {
    await this.post("/v1/canaries", answer);
    await this.market.settle();
  }

  /** Answers with a result that took so long. */
  computed(canary: string, result: string, wallMs = 1_000): Promise<void> {
    const usage = { wallMs, cpuMs: wallMs, maxRssMb: 1 };
    return this.answer({ canary, outcome: "computed", result, usage });
  }

  private async post(path: string, body: unknown): Promise<unknown> {
    const signer = { account: this.account, domain: marketDomain(CHAIN_ID, MARKET) };
    const response = await apiFetch(this.url, { method: "POST", path, body }, signer);
    return response.json();
  }
}
