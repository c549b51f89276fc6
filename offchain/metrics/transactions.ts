import { Counter, Gauge, type Registry } from "prom-client";
import type { ManagedSender, TransactionMetrics } from "../chain/transactions";

/** @returns what the sender counts as it happens */
export function transactionMetrics(registry: Registry): TransactionMetrics {
  const registers = [registry];
  const sent = new Counter({
    name: "froben_transactions_sent_total",
    help: "Transactions that were signed and broadcast for the first time",
    registers,
  });
  const raised = new Counter({
    name: "froben_transactions_fee_raised_total",
    help: "Times that a slow transaction was replaced by one with a higher fee",
    registers,
  });
  const ended = new Counter({
    name: "froben_transactions_ended_total",
    help: "Transactions by what became of them: mined, reverted, or their nonce used by another",
    labelNames: ["outcome"],
    registers,
  });
  return {
    sent: () => sent.inc(),
    raised: () => raised.inc(),
    ended: (outcome) => ended.inc({ outcome }),
  };
}

/** Adds what is counted when somebody asks. */
export function watchTransactions(registry: Registry, sender: ManagedSender): void {
  const registers = [registry];
  new Gauge({
    name: "froben_transactions_under_way",
    help: "Transactions that are waited for",
    registers,
    collect() {
      this.set(sender.underWay().total);
    },
  });
  new Gauge({
    name: "froben_transactions_stuck",
    help: "Those of them that have waited so long that their fee was, or is to be, raised",
    registers,
    collect() {
      this.set(sender.underWay().stuck);
    },
  });
}
