/** Who calls it: operator.ts, when a port for it is configured. What an operator counts, in Prometheus' text format. */
import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import type { CanaryAnswer } from "../../protocol/canary";
import type { TransactionMetrics } from "../chain/transaction-sender";
import { PHASES, type Holding } from "../holdings/phase";

/** Labels are phases and outcomes: never a workflow or a task. */
export interface OperatorMetrics {
  registry: Registry;
  transactions: TransactionMetrics;
  runEnded(outcome: "computed" | "failed" | "cancelled"): void;
  canaryEnded(outcome: CanaryAnswer["outcome"]): void;
  /** Adds what is read when somebody asks. */
  watch(sources: { holdings(): Holding[]; block(): number }): void;
}

export function createMetrics(): OperatorMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const runs = new Counter({
    name: "froben_operator_runs_total",
    help: "Runs of programs that have ended, by outcome",
    labelNames: ["outcome"],
    registers,
  });
  const canaries = new Counter({
    name: "froben_operator_canaries_total",
    help: "Canaries by what was answered: computed, failed, given_back",
    labelNames: ["outcome"],
    registers,
  });
  const sent = new Counter({
    name: "froben_operator_transactions_sent_total",
    help: "Transactions that were signed and broadcast for the first time",
    registers,
  });
  const raised = new Counter({
    name: "froben_operator_transactions_fee_raised_total",
    help: "Times that a slow transaction was replaced by one with a higher fee",
    registers,
  });
  const ended = new Counter({
    name: "froben_operator_transactions_ended_total",
    help: "Transactions by what became of them: included, reverted, or their nonce used by another",
    labelNames: ["outcome"],
    registers,
  });
  return {
    registry,
    transactions: {
      sent: () => sent.inc(),
      raised: () => raised.inc(),
      ended: (outcome) => ended.inc({ outcome }),
    },
    canaryEnded: (outcome) => canaries.inc({ outcome }),
    runEnded: (outcome) => runs.inc({ outcome }),
    watch({ holdings, block }) {
      new Gauge({
        name: "froben_operator_tasks",
        help: "Tasks that the operator holds, by phase",
        labelNames: ["phase"],
        registers,
        collect() {
          const tasks = holdings().flatMap((holding) => holding.tasks);
          for (const phase of PHASES)
            this.set({ phase }, tasks.filter((task) => task.phase === phase).length);
        },
      });
      new Gauge({
        name: "froben_operator_block",
        help: "Block up to which the operator has read its own events",
        registers,
        collect() {
          this.set(block());
        },
      });
    },
  };
}
