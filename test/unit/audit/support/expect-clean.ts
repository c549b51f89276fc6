import { expect } from "chai";
import type { AuditReport } from "../../../../offchain/audit/report";
import { ALL_ACCOUNTED } from "../../../../offchain/audit/summaries";

/** Nothing was found, nothing is missing, and nothing that could be checked was left out. */
export function expectClean(report: AuditReport): void {
  expect(report.findings.filter(({ severity }) => severity !== "info")).to.deep.equal([]);
  expect(report.ok).to.equal(true);
  expect(report.verdict).to.equal(ALL_ACCOUNTED);
  expect(report.money.difference).to.equal("0");
  expect(report.checks.filter(({ skipped }) => skipped > 0)).to.deep.equal([]);
}

export const tasksOf = (report: AuditReport, id: number) =>
  report.workflows.find(({ workflow }) => workflow === id)!.tasks;
