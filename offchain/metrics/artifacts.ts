import { Counter, type Registry } from "prom-client";

/** @returns what the collector counts as it happens */
export function artifactMetrics(registry: Registry): { freed(bytes: number): void } {
  const registers = [registry];
  const freed = new Counter({
    name: "froben_artifacts_freed_total",
    help: "Artifacts that were removed because their time was over",
    registers,
  });
  const freedBytes = new Counter({
    name: "froben_artifacts_freed_bytes_total",
    help: "Bytes of those artifacts",
    registers,
  });
  return {
    freed(bytes) {
      freed.inc();
      freedBytes.inc(bytes);
    },
  };
}
