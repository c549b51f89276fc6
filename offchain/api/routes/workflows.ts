import { Router, type Request, type RequestHandler } from "express";
import { z } from "zod";
import { decisionsQuerySchema } from "../../../protocol/decision-view";
import { LIMITS } from "../../../protocol/limits";
import { whyQuerySchema } from "../../../protocol/why";
import { authenticateBody, ownKeyOnly } from "../auth";
import { parseBody, parseQuery, rawBody } from "../body";
import type { ApiDeps } from "../deps";

export const workflowIdSchema = z.object({
  id: z.coerce.number().int().min(0).max(LIMITS.maxWorkflow),
});

export const taskPathSchema = workflowIdSchema.extend({
  task: z.coerce
    .number()
    .int()
    .min(0)
    .max(LIMITS.maxTasks - 1),
});

/** Long poll: answers when the version is above `after`, at the latest after `waitMs`. */
export const watchQuerySchema = z.object({
  after: z.coerce.number().int().min(0).optional(),
  waitMs: z.coerce.number().int().min(0).max(60_000).default(20_000),
});

const idOf = (request: Request): number => parseQuery(request.params, workflowIdSchema).id;

/** What anyone may know about workflows, and what their requesters may ask for. */
export function workflowRoutes(deps: ApiDeps): Router {
  const { coordinator } = deps;
  const { views } = coordinator;
  const pausing =
    (paused: boolean): RequestHandler =>
    async (request, response) => {
      const id = idOf(request);
      const requester = await authenticateBody(deps, request, ownKeyOnly);
      parseBody(request, z.strictObject({}));
      coordinator.setPaused(requester, id, paused);
      response.json(views.workflow(id));
    };
  return Router()
    .post("/v1/workflows/:id/pause", rawBody(LIMITS.maxBodyBytes), pausing(true))
    .post("/v1/workflows/:id/resume", rawBody(LIMITS.maxBodyBytes), pausing(false))
    .get("/v1/workflows", (_request, response) => {
      response.json(views.workflows());
    })
    .get("/v1/workflows/:id", async (request, response) => {
      const id = idOf(request);
      const { after, waitMs } = parseQuery(request.query, watchQuerySchema);
      response.json(
        after === undefined ? views.workflow(id) : await views.waitForChange(id, after, waitMs),
      );
    })
    .get("/v1/workflows/:id/tasks", (request, response) => {
      response.json(views.tasks(idOf(request)));
    })
    .get("/v1/workflows/:id/attempts", (request, response) => {
      response.json(views.attempts(idOf(request)));
    })
    .get("/v1/workflows/:id/decisions", (request, response) => {
      const { after, limit } = parseQuery(request.query, decisionsQuerySchema);
      response.json(views.decisions(idOf(request), after, limit));
    })
    .get("/v1/workflows/:id/why", (request, response) => {
      const { operators } = parseQuery(request.query, whyQuerySchema);
      response.json(views.why(idOf(request), operators));
    })
    .get("/v1/workflows/:id/tasks/:task/why", (request, response) => {
      const { id, task } = parseQuery(request.params, taskPathSchema);
      const { operators } = parseQuery(request.query, whyQuerySchema);
      response.json(views.whyTask(id, task, operators));
    });
}
