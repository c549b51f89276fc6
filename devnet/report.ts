import Table from "cli-table3";
import pc from "picocolors";
import { clock } from "./view";

/** Everything that a run of the main job found out; `--json` writes it as it is. Amounts are ETH as decimal strings. */
export interface RunReport {
  ok: boolean;
  /** Why `ok` is false, one sentence each. */
  failures: string[];
  /** "real" or "dev" setup of the rollup's proof system; null when the rollup did not run. */
  setup: "real" | "dev" | null;
  workflows: WorkflowReport[];
  operators: OperatorReport[];
  membership: { verified: number; of: number } | null;
  rollup: { oldRoot: string; newRoot: string; recordedIn: string } | null;
  audit: { ok: boolean; verdict: string; findings: number };
  measures: Measures;
}

export interface WorkflowReport {
  pipeline: string;
  workflow: number;
  state: string;
  tasks: number;
  attempts: number;
  /** From opening to the last task's end, and to the last payment, milliseconds. */
  makespanMs: number;
  settledMs: number;
  /** Transaction in which the final proof was verified. */
  completionTx: string | null;
  gasByCall: Record<string, { calls: number; gas: number }>;
  paid: string;
  slashed: string;
  refunded: string;
}

export interface OperatorReport {
  name: string;
  address: string;
  tasks: number;
  earned: string;
  slashed: string;
  peakRssMb: number;
}

export interface Measures {
  /** What `npm ci` took, if this checkout's bootstrap ran it. */
  install: { seconds: number | null; megabytes: number | null };
  startupMs: number;
  totalMs: number;
  coordinatorPeakRssMb: number;
  operatorPeakRssMb: number;
  machine: { cores: number; memoryMb: number };
}

const head = (names: string[]) => ({
  head: names.map((name) => pc.bold(name)),
  style: { head: [], border: [], compact: true },
});

function workflowTable(report: RunReport): string {
  const table = new Table(
    head([
      "workflow",
      "tasks",
      "attempts",
      "makespan",
      "settled",
      "paid ETH",
      "slashed",
      "refunded",
      "proof verified in",
    ]),
  );
  for (const w of report.workflows)
    table.push([
      `#${w.workflow} ${w.pipeline}`,
      w.tasks,
      w.attempts,
      clock(w.makespanMs),
      clock(w.settledMs),
      w.paid,
      w.slashed,
      w.refunded,
      w.completionTx
        ? `${w.completionTx.slice(0, 18)}…`
        : report.membership
          ? "each by eth_call"
          : "-",
    ]);
  return table.toString();
}

function gasTable(report: RunReport): string {
  const table = new Table(head(["gas", "call", "calls", "gas used", "per task of the workflow"]));
  for (const w of report.workflows)
    for (const [call, { calls, gas }] of Object.entries(w.gasByCall))
      table.push([
        w.pipeline,
        call,
        calls,
        gas.toLocaleString("en"),
        Math.round(gas / Math.max(w.tasks, 1)).toLocaleString("en"),
      ]);
  return table.toString();
}

function operatorTable(report: RunReport): string {
  const table = new Table(
    head(["operator", "address", "tasks", "earned ETH", "slashed ETH", "memory MB"]),
  );
  for (const o of report.operators)
    table.push([
      o.slashed === "0" ? o.name : pc.red(o.name),
      `${o.address.slice(0, 10)}…`,
      o.tasks,
      o.earned,
      o.slashed === "0" ? "0" : pc.red(o.slashed),
      o.peakRssMb,
    ]);
  return table.toString();
}

function verdictLines(report: RunReport): string[] {
  const mark = (ok: boolean) => (ok ? pc.green("✓") : pc.red("✗"));
  const lines: string[] = [];
  if (report.rollup) {
    const recorded = `RollupState ${report.rollup.recordedIn}`;
    lines.push(
      `${mark(true)} rollup: ${recorded} moved from ${report.rollup.oldRoot.slice(0, 14)}… to ${report.rollup.newRoot.slice(0, 14)}…`,
    );
  }
  if (report.membership) {
    const { verified, of } = report.membership;
    lines.push(
      `${mark(verified === of)} membership: ${verified} of ${of} proofs pass Semaphore's verifier (eth_call)`,
    );
    const slashed = report.operators
      .filter((o) => o.slashed !== "0")
      .map((o) => `${o.name} lost ${o.slashed} ETH`);
    lines.push(`${mark(slashed.length > 0)} cheat: ${slashed.join(", ") || "nobody was slashed"}`);
  }
  lines.push(`${mark(report.audit.ok)} audit: ${report.audit.verdict}`);
  return lines;
}

/** Draws the end of a run for a person. */
export function renderReport(report: RunReport): string {
  const { measures } = report;
  return [
    "",
    workflowTable(report),
    gasTable(report),
    operatorTable(report),
    "",
    ...verdictLines(report),
    "",
    `${clock(measures.totalMs)} in all, ${clock(measures.startupMs)} of it start-up; coordinator ${measures.coordinatorPeakRssMb} MB, ` +
      `largest operator ${measures.operatorPeakRssMb} MB; ${measures.machine.cores} cores.`,
    ...(report.setup === "dev"
      ? [
          pc.yellow(
            "INSECURE dev setup: its secret is known, so anyone could forge the rollup's proofs. Local chains only.",
          ),
        ]
      : []),
    ...report.failures.map((failure) => pc.red(`failed: ${failure}`)),
    report.ok
      ? pc.green("Everything that was promised happened.")
      : pc.red("Not everything that was promised happened."),
    "",
    "Where to look next:",
    "  npm start -- --keep                leave the network running, then: npx froben status, npx froben audit",
    "  pipelines/membership/workflow.ts   a workflow in a page of TypeScript",
    "  docs/architecture.md               how the parts fit",
  ].join("\n");
}
