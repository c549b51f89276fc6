import { Counter, Gauge, type Registry } from "prom-client";
import type { Health } from "../api/deps";

/** @returns what is called at each reorganisation */
export function reorganisations(registry: Registry): () => void {
  const counter = new Counter({
    name: "froben_chain_reorganisations_total",
    help: "Times that applied blocks were taken back",
    registers: [registry],
  });
  return () => counter.inc();
}

const GAUGES: Record<string, { help: string; read: (health: Health) => number | null }> = {
  froben_chain_head_block: {
    help: "Newest block of the chain at the last look",
    read: ({ head }) => head,
  },
  froben_chain_applied_block: {
    help: "Block that the coordinator's state stands for",
    read: ({ block }) => block,
  },
  froben_chain_lag_blocks: {
    help: "Blocks of the chain that are not applied yet",
    read: ({ head, block }) => (head === null || block === null ? null : Math.max(0, head - block)),
  },
  froben_chain_failed_looks: {
    help: "Looks at the chain that failed since the last that did not",
    read: ({ failures }) => failures,
  },
};

/** Adds what is read when somebody asks; what is not known yet is left out. */
export function watchChain(registry: Registry, health: () => Health): void {
  for (const [name, { help, read }] of Object.entries(GAUGES))
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        const value = read(health());
        if (value === null) this.remove();
        else this.set(value);
      },
    });
}
