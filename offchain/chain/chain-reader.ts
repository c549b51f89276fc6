import { and, eq, inArray } from "drizzle-orm";
import type {
  ChainAccount,
  ChainBatch,
  ChainReader,
  ChainTask,
  ChainWorkflow,
} from "../coordinator/facade";
import type { Db } from "../db/client";
import { chainAccounts, chainBatches, chainTasks, chainWorkflows } from "../db/schema/chain";
import { lower } from "./apply-money";
import type { Ledger } from "./ledger";

type TaskRow = typeof chainTasks.$inferSelect;

const toTask = (row: TaskRow): ChainTask => ({
  task: row.task,
  operator: row.operator,
  slot: BigInt(row.slot),
  attempt: row.attempt,
  pay: row.pay,
  root: row.root,
  deadline: row.deadline,
});

const toWorkflow = (row: typeof chainWorkflows.$inferSelect): ChainWorkflow => ({
  ...row,
  steps: row.steps.map((step) => ({
    ...step,
    ceiling: BigInt(step.ceiling),
    bond: BigInt(step.bond),
  })),
});

const toBatch = (row: typeof chainBatches.$inferSelect): ChainBatch => ({
  ...row,
  slot: BigInt(row.slot),
});

/** The chain tables as the coordinator's mind reads them. */
export function createChainReader(db: Db, ledger: Ledger): ChainReader {
  return {
    head() {
      const tip = ledger.tip();
      return { block: tip?.number ?? 0, timestamp: tip?.timestamp ?? 0 };
    },
    workflow(id) {
      const row = db.select().from(chainWorkflows).where(eq(chainWorkflows.workflow, id)).get();
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
      const row = db
        .select()
        .from(chainTasks)
        .where(and(eq(chainTasks.workflow, workflow), eq(chainTasks.task, task)))
        .get();
      return row && toTask(row);
    },
    batch(operator, slot) {
      const row = db
        .select()
        .from(chainBatches)
        .where(
          and(eq(chainBatches.operator, lower(operator)), eq(chainBatches.slot, slot.toString())),
        )
        .get();
      return row && toBatch(row);
    },
    account(address): ChainAccount {
      const row = db
        .select()
        .from(chainAccounts)
        .where(eq(chainAccounts.address, lower(address)))
        .get();
      return row ?? { free: 0n, locked: 0n, owed: 0n };
    },
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
  };
}
