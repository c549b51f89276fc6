import { collectDefaultMetrics, Registry } from "prom-client";
import type { TransactionMetrics } from "../chain/transactions";
import type { CoordinatorMetrics } from "../coordinator/facade";
import { artifactMetrics } from "./artifacts";
import { reorganisations } from "./chain";
import { transactionMetrics } from "./transactions";
import { workMetrics } from "./work";

/** What a coordinator counts, for `GET /metrics`. Labels are states, outcomes and routes: never a workflow, task or operator. */
export interface Metrics {
  registry: Registry;
  work: CoordinatorMetrics;
  transactions: TransactionMetrics;
  artifacts: { freed(bytes: number): void };
  reorganised(): void;
}

/** @returns counters of one coordinator, at zero, and gauges of its process */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    work: workMetrics(registry),
    transactions: transactionMetrics(registry),
    artifacts: artifactMetrics(registry),
    reorganised: reorganisations(registry),
  };
}
