import { Router, type Request, type RequestHandler } from "express";
import type { Address } from "viem";
import type { z } from "zod";
import { canaryAnswerSchema } from "../../../protocol/canary";
import {
  acceptanceRequestSchema,
  failureReportSchema,
  operatorAddressSchema,
  registerSchema,
  resultsReportSchema,
  syncRequestSchema,
} from "../../../protocol/http";
import { LIMITS } from "../../../protocol/limits";
import { authenticateBody } from "../auth";
import { parseBody, parseQuery, rawBody } from "../body";
import type { ApiDeps } from "../deps";

/** What operators call, each signed with the operator's key; and the public list of them. */
export function operatorRoutes(deps: ApiDeps): Router {
  const { coordinator } = deps;
  const raw = rawBody(LIMITS.maxBodyBytes);

  /** A signed POST: first whose it is, then what it says. */
  const signed =
    <T>(schema: z.ZodType<T>, act: (operator: Address, body: T) => unknown): RequestHandler =>
    async (request: Request, response) => {
      const operator = await authenticateBody(deps, request);
      const answer = (await act(operator, parseBody(request, schema))) ?? {};
      // Large, and never asked for again: `json` would hash it for an ETag.
      response.type("json").end(JSON.stringify(answer));
    };

  return Router()
    .get("/v1/operators", (_request, response) => {
      response.json(coordinator.views.operators());
    })
    .get("/v1/operators/:address", (request, response) => {
      const { address } = parseQuery(request.params, operatorAddressSchema);
      response.json(coordinator.views.operator(address));
    })
    .post(
      "/v1/operators",
      raw,
      signed(registerSchema, (operator, body) => coordinator.register(operator, body)),
    )
    .post(
      "/v1/operators/sync",
      raw,
      signed(syncRequestSchema, (operator, body) => coordinator.sync(operator, body)),
    )
    .post(
      "/v1/results",
      raw,
      signed(resultsReportSchema, (operator, body) => coordinator.results(operator, body)),
    )
    .post(
      "/v1/failures",
      raw,
      signed(failureReportSchema, (operator, body) => coordinator.failure(operator, body)),
    )
    .post(
      "/v1/canaries",
      raw,
      signed(canaryAnswerSchema, (operator, body) => coordinator.canary(operator, body)),
    )
    .post(
      "/v1/acceptances",
      raw,
      signed(acceptanceRequestSchema, (operator, body) => coordinator.acceptance(operator, body)),
    );
}
