import { readFileSync } from "node:fs";
import { join } from "node:path";
import Table from "cli-table3";
import type { Accepted } from "./accepted";
import { root } from "./paths";
import { percent, type Report, type Shares } from "./report";

/** @returns a table of files */
export function tableOf(report: Report): string {
  const table = new Table({
    head: ["file", "lines", "branches", "functions"],
    colAligns: ["left", "right", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  const row = (name: string, { lines, branches, functions }: Shares) =>
    table.push([
      name,
      ...[lines, branches, functions].map((share) =>
        share.total === 0 ? "-" : `${share.reached}/${share.total} ${percent(share).toFixed(2)}%`,
      ),
    ]);
  for (const [file, shares] of Object.entries(report.files).toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  ))
    row(file, shares);
  row("all", report.total);
  return table.toString();
}

/** @returns the uncovered branches with their source lines, the functions that never ran, and why some branches are accepted */
export function listOf(report: Report, accepted: Accepted): string {
  const reasons = new Map(accepted.branches.map(({ branch, reason }) => [branch, reason]));
  const lines: string[] = [];
  for (const [file, { missedFunctions }] of Object.entries(report.files))
    for (const name of missedFunctions) lines.push(`${file}: ${name} never ran`);
  for (const { name, file, line } of report.missed) {
    const source = readFileSync(join(root, file), "utf8").split("\n")[line - 1]!;
    const reason = reasons.get(name);
    lines.push(`${file}:${line}  ${source.trim()}`, `    ${name}`);
    if (reason) lines.push(`    accepted: ${reason}`);
  }
  return lines.join("\n");
}
