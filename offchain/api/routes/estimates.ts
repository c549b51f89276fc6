import { Router } from "express";
import { LIMITS } from "../../../protocol/limits";
import { bytesOf } from "../auth";
import { rawBody } from "../body";
import type { ApiDeps } from "../deps";

/** POST /v1/estimates: what a run of a spec is expected to take and to cost, before anything is paid. */
export function estimateRoutes({ estimator }: ApiDeps): Router {
  return Router().post("/v1/estimates", rawBody(LIMITS.maxSpecBytes), async (request, response) => {
    response.json(await estimator.estimate(bytesOf(request)));
  });
}
