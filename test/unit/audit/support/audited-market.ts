import type { Spec } from "../../../../protocol/spec";
import { parseSpec } from "../../../../protocol/validate-spec";
import { loadPrograms } from "../../../../offchain/audit/artifacts/programs";
import type { AuditReport } from "../../../../offchain/audit/report";
import { runAudit, type AuditOptions } from "../../../../offchain/audit/run";
import { sampleSpec, SampleRun, VALIDATION_MANIFEST } from "./sample-workflow";
import { enterTestChain, type TestChain } from "./test-chain";
import { TestMarket, type Opened } from "./test-market";

export const STAKE = 1_000_000_000n;

/** A market with three staked operators, and the audit of it. */
export class AuditedMarket {
  private constructor(
    readonly env: TestChain,
    readonly market: TestMarket,
    readonly validation: string,
  ) {}

  static async enter(options: Parameters<typeof enterTestChain>[0] = {}): Promise<AuditedMarket> {
    const env = await enterTestChain(options);
    const market = new TestMarket(env);
    for (const i of [0, 1, 2]) await market.deposit(market.operator(i), STAKE);
    const [validation] = [...(await loadPrograms([VALIDATION_MANIFEST])).keys()];
    return new AuditedMarket(env, market, validation!);
  }

  get spec() {
    return sampleSpec(this.env.verifier, this.validation);
  }

  open(options: Parameters<TestMarket["open"]>[1] = {}): Promise<Opened> {
    return this.market.open(this.spec, options);
  }

  async start(options: Parameters<TestMarket["open"]>[1] = {}): Promise<SampleRun> {
    return new SampleRun(this.market, await this.open(options));
  }

  /** As `start`, of a spec with changes. */
  async startWith(changes: Partial<Spec>): Promise<SampleRun> {
    const spec = parseSpec({ ...this.spec, ...changes });
    return new SampleRun(this.market, await this.market.open(spec));
  }

  audit(more: Partial<AuditOptions> = {}): Promise<AuditReport> {
    const { market, fromBlock, transport } = this.env;
    return runAudit({ rpcUrl: "", transport, market, fromBlock, ...more });
  }
}

/** @returns the codes of an audit's errors, without doubles */
export function errorCodes(report: AuditReport): string[] {
  const errors = report.findings.filter(({ severity }) => severity === "error");
  return [...new Set(errors.map(({ code }) => code))];
}
