import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { CoordinatorMetrics, CoordinatorViews } from "../coordinator/facade";

/** @returns what the coordinator counts as it happens */
export function workMetrics(registry: Registry): CoordinatorMetrics {
  const registers = [registry];
  const attempts = new Counter({
    name: "froben_attempts_total",
    help: "Attempts that have ended, by outcome",
    labelNames: ["outcome"],
    registers,
  });
  const decisions = new Histogram({
    name: "froben_assignment_decision_seconds",
    help: "Time to choose an operator for tasks and to book it",
    buckets: [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1],
    registers,
  });
  const reused = new Counter({
    name: "froben_tasks_reused_total",
    help: "Tasks that took another workflow's result instead of being run",
    registers,
  });
  const standbys = new Counter({
    name: "froben_standbys_total",
    help: "Standby copies of straggling attempts: started, won (took the place of the first attempt), lost",
    labelNames: ["event"],
    registers,
  });
  const wasted = new Counter({
    name: "froben_standby_wasted_seconds_total",
    help: "Computing time of attempts that were taken back because another one of the same task was faster",
    registers,
  });
  const canaries = new Counter({
    name: "froben_canaries_total",
    help: "Canaries that newcomers were asked: offered; and how they ended: right, wrong, failed (no result), late, void (nothing learned)",
    labelNames: ["event"],
    registers,
  });
  return {
    canary: (event) => canaries.inc({ event }),
    standby(event, wastedMs) {
      standbys.inc({ event });
      wasted.inc(wastedMs / 1000);
    },
    taskReused: () => reused.inc(),
    attemptEnded: (outcome) => attempts.inc({ outcome }),
    decided: (seconds) => decisions.observe(seconds),
  };
}

/** Adds what is counted when somebody asks. */
export function watchWork(registry: Registry, views: Pick<CoordinatorViews, "counts">): void {
  const registers = [registry];
  new Gauge({
    name: "froben_tasks",
    help: "Tasks of all workflows in memory, by state",
    labelNames: ["state"],
    registers,
    collect() {
      this.reset();
      for (const [state, count] of Object.entries(views.counts().tasks)) this.set({ state }, count);
    },
  });
  new Gauge({
    name: "froben_workflows",
    help: "Workflows that the coordinator knows",
    registers,
    collect() {
      this.set(views.counts().workflows);
    },
  });
  new Gauge({
    name: "froben_operators_online",
    help: "Operators that were heard of lately",
    registers,
    collect() {
      this.set(views.counts().operatorsOnline);
    },
  });
}
