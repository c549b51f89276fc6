import { Router } from "express";
import type { ApiDeps } from "../deps";
import { readinessOf } from "../readiness";

function databaseOpen({ db }: ApiDeps): boolean {
  try {
    db.$client.prepare("select 1").get();
    return true;
  } catch {
    return false;
  }
}

/** GET /healthz: the process is up. GET /readyz: it can be asked now, or 503 with the reasons why not. */
export function healthRoutes(deps: ApiDeps): Router {
  return Router()
    .get("/healthz", (_request, response) => {
      response.json({ up: true });
    })
    .get("/readyz", (_request, response) => {
      const readiness = readinessOf({
        draining: deps.lifecycle.draining,
        databaseOpen: databaseOpen(deps),
        health: deps.health(),
        now: deps.clock.now(),
        maxBehind: deps.maxBehind,
      });
      response.status(readiness.ready ? 200 : 503).json(readiness);
    });
}
