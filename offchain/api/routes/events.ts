import { and, asc, eq, getTableColumns } from "drizzle-orm";
import { Router } from "express";
import { z } from "zod";
import { chainEvents, chainEventWorkflows } from "../../db/schema/chain";
import { parseQuery } from "../body";
import type { ApiDeps } from "../deps";
import { workflowIdSchema } from "./workflows";

/** An event of the contract; amounts in its arguments are decimal strings. */
export const eventViewSchema = z.object({
  block: z.int(),
  logIndex: z.int(),
  tx: z.string(),
  name: z.string(),
  args: z.record(z.string(), z.unknown()),
  timestamp: z.int(),
});

/** GET /v1/workflows/:id/events: what the contract said about a workflow, oldest first. */
export function eventRoutes({ coordinator, db }: ApiDeps): Router {
  return Router().get("/v1/workflows/:id/events", (request, response) => {
    const { id } = parseQuery(request.params, workflowIdSchema);
    coordinator.views.workflow(id);
    const rows = db
      .select(getTableColumns(chainEvents))
      .from(chainEventWorkflows)
      .innerJoin(
        chainEvents,
        and(
          eq(chainEvents.block, chainEventWorkflows.block),
          eq(chainEvents.logIndex, chainEventWorkflows.logIndex),
        ),
      )
      .where(eq(chainEventWorkflows.workflow, id))
      .orderBy(asc(chainEvents.block), asc(chainEvents.logIndex))
      .all();
    response.json(rows);
  });
}
