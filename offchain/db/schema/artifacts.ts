import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Digest } from "../../../protocol/digest";

// How long artifacts are kept. Times are Unix milliseconds.

/** Every artifact of the store has a row before it becomes visible; a row without its file is harmless. */
export const artifacts = sqliteTable(
  "artifacts",
  {
    digest: text().$type<Digest>().primaryKey(),
    /** From then on it goes, unless a workflow names it; null: one did when that was last looked at. */
    leavesAt: integer("leaves_at"),
  },
  (t) => [index("artifacts_leaves_at").on(t.leavesAt)],
);

/** Which workflows name an artifact: their specs, inputs, results and what these consist of. */
export const artifactNames = sqliteTable(
  "artifact_names",
  {
    digest: text().$type<Digest>().notNull(),
    workflow: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.digest, t.workflow] }),
    index("artifact_names_workflow").on(t.workflow),
  ],
);

/** Settled workflows whose names still count. */
export const artifactWorkflows = sqliteTable(
  "artifact_workflows",
  {
    workflow: integer().primaryKey(),
    keepUntil: integer("keep_until").notNull(),
  },
  (t) => [index("artifact_workflows_keep_until").on(t.keepUntil)],
);
