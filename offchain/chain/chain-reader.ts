import { and, eq, inArray, ne } from "drizzle-orm";
import type {
  ChainAccount,
  ChainBatch,
  ChainDispute,
  ChainReader,
  ChainTask,
  ChainWorkflow,
} from "../coordinator/facade";
import type { Db } from "../db/client";
import { chainBatches, chainDisputes, chainTasks, chainWorkflows } from "../db/schema/chain";
import { chainEvidence } from "../db/schema/evidence";
import { lower } from "./balances";
import type { KeyPart, RowOf, TableName } from "./chain-statements";
import type { Ledger } from "./ledger";

type TaskRow = typeof chainTasks.$inferSelect;

const toTask = (row: TaskRow): ChainTask => ({
  task: row.task,
  operator: row.operator,
  slot: row.slot,
  attempt: row.attempt,
  pay: row.pay,
  root: row.root,
  deadline: row.deadline,
  commitment: row.commitment,
});

const toWorkflow = (row: typeof chainWorkflows.$inferSelect): ChainWorkflow => ({
  ...row,
  steps: row.steps.map((step) => ({
    ...step,
    ceiling: BigInt(step.ceiling),
    bond: BigInt(step.bond),
    judge: { ...step.judge, jurorFee: BigInt(step.judge.jurorFee) },
  })),
});

const toBatch = (row: typeof chainBatches.$inferSelect): ChainBatch => {
  const { operator, slot, workflow, state, deadline, commitments } = row;
  const { money, scope, root, judgeHash } = row;
  const ticket = { money, scope, root, judgeHash };
  return { operator, slot, workflow, state, ticket, deadline, commitments };
};

const toDispute = (row: typeof chainDisputes.$inferSelect): ChainDispute => {
  const { key, task, attempt, phase, closesAt, drawBlock } = row;
  return { key, task, attempt, phase, closesAt, drawBlock };
};

/** The chain tables as the coordinator's mind reads them. */
export function createChainReader(db: Db, ledger: Ledger): ChainReader {
  const { rows } = ledger.statements;
  /** One row by its key: asked for every task, several times. */
  const find = <N extends TableName>(table: N, ...key: KeyPart[]) =>
    rows[table].find(key).row as RowOf<N> | undefined;
  return {
    madeAt: ledger.madeAt,
    minStake: ledger.minStake,
    head() {
      const tip = ledger.tip();
      return { block: tip?.number ?? 0, timestamp: tip?.timestamp ?? 0 };
    },
    workflow(id) {
      const row = find("workflows", id);
      return row && toWorkflow(row);
    },
    workflowsOf: (coordinator) =>
      db
        .select({ workflow: chainWorkflows.workflow })
        .from(chainWorkflows)
        .where(eq(chainWorkflows.coordinator, lower(coordinator)))
        .orderBy(chainWorkflows.workflow)
        .all()
        .map((row) => row.workflow),
    tasks: (workflow) =>
      db.select().from(chainTasks).where(eq(chainTasks.workflow, workflow)).all().map(toTask),
    task(workflow, task) {
      const row = find("tasks", workflow, task);
      return row && toTask(row);
    },
    batch(operator, slot) {
      const row = find("batches", lower(operator), slot);
      return row && toBatch(row);
    },
    account: (address): ChainAccount =>
      find("accounts", lower(address)) ?? { free: 0n, locked: 0n, owed: 0n },
    evidence: (operator) =>
      db
        .select()
        .from(chainEvidence)
        .where(eq(chainEvidence.operator, lower(operator)))
        .all()
        .map(({ kind, day, tasks, program }) => ({
          ...{ kind, at: day, tasks },
          program: program === "" ? null : program,
        })),
    liveBatches: (workflow) =>
      db
        .select()
        .from(chainBatches)
        .where(
          and(
            eq(chainBatches.workflow, workflow),
            inArray(chainBatches.state, ["claimed", "committed"]),
          ),
        )
        .all()
        .map(toBatch),
    openDisputes: (workflow) =>
      db
        .select()
        .from(chainDisputes)
        .where(and(eq(chainDisputes.workflow, workflow), ne(chainDisputes.phase, "closed")))
        .all()
        .map(toDispute),
  };
}
