import type { Address } from "viem";
import { dayOf, type EvidenceKind } from "../../protocol/reputation";
import { accountRow, lower, workflowRow } from "./balances";
import type { Batch } from "./batches";
import type { BlockRows } from "./block-rows";
import type { EventPlace } from "./handlers";

/** Counts how tasks of an operator ended, for its reputation. */
export function addEvidence(
  rows: BlockRows,
  { timestamp }: EventPlace,
  of: { operator: Address; workflow: number; step: number },
  kind: EvidenceKind,
  tasks: number,
): void {
  if (tasks === 0) return;
  const { specHash } = workflowRow(rows, of.workflow);
  const program = rows.find("programs", specHash)?.programs[of.step] ?? "";
  const row = { operator: lower(of.operator), program, kind, day: dayOf(timestamp) };
  const before = rows.find("evidence", row.operator, program, kind, row.day)?.tasks ?? 0;
  rows.put("evidence", { ...row, tasks: before + tasks });
}

/** The same of one task, of whatever claim. */
export function addTaskEvidence(
  rows: BlockRows,
  at: EventPlace,
  { operator, workflow, task }: { operator: Address; workflow: number; task: number },
  kind: EvidenceKind,
): void {
  const { step } = rows.find("tasks", workflow, task)!;
  addEvidence(rows, at, { operator, workflow, step }, kind, 1);
}

/** @returns what becomes of tasks of a claim that ran out */
export const lapseOf = (rows: BlockRows, { operator, block }: Batch): EvidenceKind =>
  (accountRow(rows, operator).heardBlock ?? 0) > block ? "late" : "silent";
