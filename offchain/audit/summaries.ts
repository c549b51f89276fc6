import { reputationOf, type EvidenceKind } from "../../protocol/reputation";
import type { Served } from "./artifacts/check-artifacts";
import type { CheckSummary, OperatorSummary, WorkflowSummary } from "./report";
import { spentOf, type Account, type Ledger, type TaskState, type Workflow } from "./replay/ledger";

const STATUS = { 1: "open", 2: "completed", 3: "cancelled" } as const;

/** The verdict when no check failed. */
export const ALL_ACCOUNTED = "every wei accounted for";

/** @returns one sentence on what the checks found */
export function verdictOf(checks: readonly CheckSummary[]): string {
  const failed = checks.filter((check) => check.failed > 0);
  if (failed.length === 0) return ALL_ACCOUNTED;
  const findings = failed.reduce((sum, check) => sum + check.failed, 0);
  return `${findings} ${findings === 1 ? "error" : "errors"} in ${failed.length} of ${checks.length} checks; first: ${failed[0]!.findings[0]?.message ?? failed[0]!.name}`;
}

function countTasks(workflow: Workflow): WorkflowSummary["tasks"] {
  const counts: Record<TaskState, number> = {
    claimed: 0,
    committed: 0,
    disputed: 0,
    settled: 0,
    struck: 0,
    void: 0,
    expired: 0,
    conceded: 0,
    released: 0,
  };
  for (const { state } of workflow.tasks.values()) counts[state]++;
  return counts;
}

/** @param served what the coordinator says of them, where a spec was read */
export function summarizeWorkflows(
  ledger: Ledger,
  served: ReadonlyMap<number, Served> = new Map(),
): WorkflowSummary[] {
  return [...ledger.workflows.values()].map((workflow) => ({
    workflow: workflow.workflow,
    requester: workflow.requester,
    coordinator: workflow.coordinator,
    status: STATUS[workflow.status],
    name: served.get(workflow.workflow)?.name ?? null,
    escrow: String(workflow.escrow),
    paid: String(workflow.paid),
    reserved: String(spentOf(workflow) - workflow.paid),
    refunded: String(workflow.refunded),
    fee: String(workflow.fee),
    compensated: String(workflow.compensated),
    tasks: countTasks(workflow),
    reused: served.get(workflow.workflow)?.reused ?? null,
    claims: workflow.claims.length,
  }));
}

const ended = ({ evidence }: Account, as: EvidenceKind): number =>
  evidence.reduce((sum, { kind, tasks }) => (kind === as ? sum + tasks : sum), 0);

/**
 * @param now time of the audited block, Unix seconds
 * @param served what the coordinator says of workflows, where a spec was read: specs name the programs
 * @returns everyone who ever had stake
 */
export function summarizeOperators(
  ledger: Ledger,
  now: number,
  served: ReadonlyMap<number, Served> = new Map(),
): OperatorSummary[] {
  const programOf = (workflow: number, step: number) =>
    served.get(workflow)?.programs[step] ?? null;
  return [...ledger.accounts.values()]
    .filter((account) => account.deposited > 0n)
    .map((account) => ({
      operator: account.address,
      deposited: String(account.deposited),
      free: String(account.free),
      locked: String(account.locked),
      unbonding: String(account.unbonding),
      owed: String(account.owed),
      earned: String(account.earned),
      slashed: String(account.slashed),
      penalties: String(account.penalties),
      settledTasks: ended(account, "completed"),
      struckTasks: ended(account, "invalid"),
      expiredTasks: ended(account, "late") + ended(account, "silent"),
      silentTasks: ended(account, "silent"),
      ...reputationOf(
        account.evidence.map(({ workflow, step, ...one }) => ({
          ...one,
          program: programOf(workflow, step),
        })),
        now,
      ),
    }));
}
