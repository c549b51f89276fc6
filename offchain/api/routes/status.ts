import { Router } from "express";
import { z } from "zod";
import type { ApiDeps } from "../deps";

export const statusSchema = z.object({
  version: z.string(),
  /** Block that the coordinator's state stands for, and its Unix time in seconds. */
  block: z.int().nullable(),
  blockTime: z.int().nullable(),
  /** Seconds since that block. */
  lagSeconds: z.int().nullable(),
  /** The chain's newest block at the last look. */
  head: z.int().nullable(),
  /** Unix ms of the last look at the chain that worked, and how many failed since. */
  polledAt: z.number(),
  failures: z.int(),
  workflows: z.int(),
  tasks: z.record(z.string(), z.int()),
  operatorsOnline: z.int(),
  /** Resident memory, MB. */
  rssMb: z.int(),
  uptimeSeconds: z.int(),
});
export type Status = z.infer<typeof statusSchema>;

export function statusOf(deps: ApiDeps): Status {
  const health = deps.health();
  return {
    version: deps.market.version,
    ...health,
    lagSeconds:
      health.blockTime === null
        ? null
        : Math.max(0, Math.round(deps.clock.now() / 1000) - health.blockTime),
    ...deps.coordinator.views.counts(),
    rssMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
    uptimeSeconds: Math.round(process.uptime()),
  };
}

/** GET /v1/market and GET /v1/status. */
export function statusRoutes(deps: ApiDeps): Router {
  return Router()
    .get("/v1/market", (_request, response) => {
      response.json(deps.market);
    })
    .get("/v1/status", (_request, response) => {
      response.json(statusOf(deps));
    });
}
