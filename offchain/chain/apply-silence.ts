import { credit, lock, lower, patchWorkflow, unlock, workflowRow } from "./balances";
import type { Handlers } from "./handlers";

/** Coordinators that were declared silent. */
export const SILENCE = {
  SilenceDeclared(rows, at, { workflow, by, bond }) {
    lock(rows, by, bond);
    patchWorkflow(rows, workflow, () => ({ silentAt: at.timestamp, silentBy: lower(by) }));
  },
  SilenceAnswered(rows, _at, { workflow, by, bond }) {
    // Without a bond nobody declared: it was given back before.
    if (bond > 0n) unlock(rows, by, 0n, bond);
    credit(rows, workflowRow(rows, workflow).coordinator, { owed: bond });
    patchWorkflow(rows, workflow, () => ({ silentAt: null, silentBy: null }));
  },
  SilenceEnded(rows, _at, { workflow, by, bond }) {
    unlock(rows, by, bond);
    // It still is silent until it answers.
    patchWorkflow(rows, workflow, () => ({ silentBy: null }));
  },
} satisfies Partial<Handlers>;
