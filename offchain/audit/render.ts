import Table from "cli-table3";
import pc from "picocolors";
import { formatEther } from "viem";
import type { AuditReport, CheckSummary, Finding } from "./report";

/** Findings printed; the JSON form has more. */
const FINDINGS_SHOWN = 40;

const short = (address: string) => `${address.slice(0, 6)}…${address.slice(-4)}`;
const ether = (wei: string | bigint) => `${formatEther(BigInt(wei))} ETH`;

function table(head: string[], numbers: number[], rows: string[][]): string {
  const made = new Table({
    head,
    colAligns: head.map((_, i) => (numbers.includes(i) ? "right" : "left")),
    style: { head: [], border: [] },
    // No lines between rows.
    chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
  });
  made.push(...rows);
  return made.toString();
}

function moneyTable({ money }: AuditReport): string {
  const rows: [string, string][] = [
    ["came in", money.in],
    ["went out", money.out],
    ["escrow", money.escrow],
    ["stake (bonds included)", money.stake],
    ["  of it bonds", money.bonds],
    ["owed", money.owed],
    ["burned", money.burned],
    ["contract holds", money.balance],
    ["forced in by others", money.forced],
    ["in - out - escrow - stake - owed - burned", money.difference],
  ];
  return table(
    ["money", "wei", "ETH"],
    [1, 2],
    rows.map(([what, wei]) => [what, wei, formatEther(BigInt(wei))]),
  );
}

function workflowTable(report: AuditReport): string {
  const amount = (units: string) => ether(BigInt(units) * BigInt(report.unit));
  return table(
    [
      "workflow",
      "status",
      "escrow",
      "paid",
      "reserved",
      "refunded",
      "fee",
      "settled",
      "struck",
      "other",
      "taken",
    ],
    [2, 3, 4, 5, 6, 7, 8, 9, 10],
    report.workflows.map((w) => [
      w.name ? `${w.workflow} ${w.name}` : String(w.workflow),
      w.status,
      ...[w.escrow, w.paid, w.reserved, w.refunded, w.fee].map(amount),
      String(w.tasks.settled),
      String(w.tasks.struck),
      String(
        Object.values(w.tasks).reduce((sum, count) => sum + count, 0) -
          w.tasks.settled -
          w.tasks.struck,
      ),
      w.reused === null ? "-" : String(w.reused),
    ]),
  );
}

function operatorTable(report: AuditReport): string {
  const amount = (units: string) => ether(BigInt(units) * BigInt(report.unit));
  return table(
    [
      "operator",
      "deposited",
      "free",
      "locked",
      "owed",
      "earned",
      "slashed",
      "late",
      "settled",
      "struck",
      "reputation",
    ],
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    report.operators.map((o) => [
      short(o.operator),
      ...[o.deposited, o.free, o.locked, o.owed, o.earned, o.slashed, o.penalties].map(amount),
      String(o.settledTasks),
      String(o.struckTasks),
      (o.reputation / 1_000_000).toFixed(3),
    ]),
  );
}

function checkRow({ name, checked, failed, skipped, notes }: CheckSummary): string[] {
  const state = failed > 0 ? pc.red("failed") : checked > 0 ? pc.green("ok") : pc.dim("-");
  const why = notes.map(({ text, count }) => `${text} (${count})`).join("; ");
  return [
    why ? `${name}\n${pc.dim(why)}` : name,
    String(checked),
    String(failed),
    String(skipped),
    state,
  ];
}

const COLOURS: Record<Finding["severity"], (text: string) => string> = {
  error: pc.red,
  warning: pc.yellow,
  info: pc.cyan,
};

function findingLines(findings: readonly Finding[]): string {
  const order = ["error", "warning", "info"];
  const sorted = [...findings].sort(
    (a, b) => order.indexOf(a.severity) - order.indexOf(b.severity),
  );
  const lines = sorted
    .slice(0, FINDINGS_SHOWN)
    .map(
      ({ severity, code, where, message }) =>
        `${COLOURS[severity](severity)} ${pc.bold(code)} at ${where}: ${message}`,
    );
  if (sorted.length > FINDINGS_SHOWN)
    lines.push(pc.dim(`and ${sorted.length - FINDINGS_SHOWN} more (--json lists them)`));
  return lines.join("\n");
}

/** @returns the report as tables for a terminal */
export function renderReport(report: AuditReport): string {
  const head = `Audit of market ${report.market} on chain ${report.chainId}, blocks ${report.fromBlock} to ${report.toBlock}: ${report.events} events in ${(report.milliseconds / 1000).toFixed(1)} s`;
  const parts = [pc.bold(head), moneyTable(report)];
  if (report.workflows.length > 0) parts.push(workflowTable(report));
  if (report.operators.length > 0) parts.push(operatorTable(report));
  parts.push(
    table(["check", "checked", "failed", "skipped", ""], [1, 2, 3], report.checks.map(checkRow)),
  );
  if (report.findings.length > 0) parts.push(findingLines(report.findings));
  parts.push((report.ok ? pc.green : pc.red)(pc.bold(`Verdict: ${report.verdict}`)));
  return parts.join("\n");
}
