import { Router } from "express";
import type { ApiDeps } from "../deps";

/** GET /metrics, in Prometheus' text format. */
export function metricsRoutes({ metrics: { registry } }: ApiDeps): Router {
  return Router().get("/metrics", async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  });
}
