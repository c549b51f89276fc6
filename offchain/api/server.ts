import express, { type Express } from "express";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { httpMetrics } from "../metrics/http";
import type { ApiDeps } from "./deps";
import { errorHandler, unknownRoute } from "./errors";
import { openApiDocument } from "./openapi";
import { pageRoutes } from "./page";
import { artifactRoutes } from "./routes/artifacts";
import { estimateRoutes } from "./routes/estimates";
import { eventRoutes } from "./routes/events";
import { healthRoutes } from "./routes/health";
import { metricsRoutes } from "./routes/metrics";
import { operatorRoutes } from "./routes/operators";
import { specRoutes } from "./routes/specs";
import { statusRoutes } from "./routes/status";
import { workflowRoutes } from "./routes/workflows";

const UPLOAD_TIMEOUT_MS = 15 * 60_000; // for the slowest upload of the largest artifact

/** @returns the API as an express application */
export function createApp(deps: ApiDeps): Express {
  let document: ReturnType<typeof openApiDocument> | undefined;
  return express()
    .disable("x-powered-by")
    .use(httpMetrics(deps.metrics.registry))
    .use((_request, response, next) => {
      response.set("x-content-type-options", "nosniff");
      next();
    })
    .get("/openapi.json", (_request, response) => {
      // Made when somebody asks: it takes a tenth of a coordinator's start.
      response.json((document ??= openApiDocument(deps.market.version)));
    })
    .use(healthRoutes(deps), metricsRoutes(deps), deps.lifecycle.middleware)
    .use(
      pageRoutes(deps),
      statusRoutes(deps),
      artifactRoutes(deps),
      operatorRoutes(deps),
      specRoutes(deps),
      estimateRoutes(deps),
      workflowRoutes(deps),
      eventRoutes(deps),
    )
    .use(unknownRoute)
    .use(errorHandler(deps.log));
}

/**
 * Serves the API.
 * @param port 0 for any free one
 * @returns its URL; `close` lets running requests end for `graceMs`, then cuts them
 */
export async function serve(
  app: Express,
  host: string,
  port: number,
): Promise<{ url: string; close(graceMs: number): Promise<void> }> {
  const server: Server = createServer({ requestTimeout: UPLOAD_TIMEOUT_MS }, app);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    url: `http://${name}:${address.port}`,
    async close(graceMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}
