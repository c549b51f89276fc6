import { cp } from "node:fs/promises";
import { join } from "node:path";
import { Cleanup } from "../../devnet/cleanup";
import type { AuditReport } from "../../offchain/audit/report";
import { holdersOf } from "../support/processes";
import { audit } from "./checks";
import { ChaosMarket } from "./market/market";
import { MANIFESTS } from "./market/workflow";
import { play, type Played } from "./play";
import type { Scenario } from "./scenario";

/** A market that scenarios share, one after another, until one of them breaks it. */
export class Lane {
  private market: { market: ChaosMarket; cleanup: Cleanup; last: AuditReport } | undefined;

  /**
   * @param cleanup of all lanes
   * @param logs folder that gets the processes' logs when a scenario fails
   */
  constructor(
    private readonly cleanup: Cleanup,
    private readonly logs: string | undefined,
  ) {}

  private async ready() {
    if (this.market) return this.market;
    const cleanup = new Cleanup();
    this.cleanup.add(() => cleanup.run());
    const market = await ChaosMarket.start(cleanup);
    this.market = { market, cleanup, last: await audit(market) };
    return this.market;
  }

  /** Plays a scenario, on the market that stands or on a new one, and what is left of it with further workflows. */
  async play(scenario: Scenario, seed: string): Promise<Played[]> {
    const played = await this.playOne(scenario, seed);
    const rest = played.faults.length === 0 ? scenario.rest?.() : undefined;
    return rest ? [played, ...(await this.play(rest, `${seed}+`))] : [played];
  }

  private async playOne(scenario: Scenario, seed: string): Promise<Played> {
    const ready = await this.ready();
    const { played, after } = await play(ready.market, scenario, seed, ready.last);
    const failed = played.faults.length > 0;
    if (after) ready.last = after;
    if (failed && this.logs) {
      const to = join(this.logs, played.seed.replace(/\W+/g, "-"));
      const { folder } = ready.market;
      // The logs first: of the rest some may vanish meanwhile, as its processes live on.
      for (const part of ["logs", "."])
        await cp(join(folder, part), join(to, part), { recursive: true }).catch(() => {});
    }
    if (failed) played.faults.push(...(await this.tearDown()));
    return played;
  }

  /**
   * Audits the market that stands once more, with validation programs, and ends it.
   * @returns what is wrong with its results, and what is left of it, which should be nothing
   */
  async end(): Promise<string[]> {
    if (!this.market) return [];
    const { ok, verdict } = await audit(this.market.market, MANIFESTS);
    return [...(ok ? [] : [`the audit says: ${verdict}`]), ...(await this.tearDown())];
  }

  private async tearDown(): Promise<string[]> {
    if (!this.market) return [];
    const { market, cleanup } = this.market;
    this.market = undefined;
    await cleanup.run();
    const left = holdersOf(market.folder);
    return left.length === 0 ? [] : [`processes ${left.join(", ")} outlived their market`];
  }
}
