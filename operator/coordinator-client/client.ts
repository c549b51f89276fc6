/** Who calls it: the sync loop, the reporter and the chain loop. Every route that an operator uses, signed and retried. */
import type { Hex } from "viem";
import type { z } from "zod";
import type { CanaryAnswer } from "../../protocol/canary";
import { FrobenError } from "../../protocol/errors";
import {
  acceptanceResponseSchema,
  marketInfoSchema,
  resultsResponseSchema,
  syncResponseSchema,
  type acceptanceRequestSchema,
  type FailureReport,
  type MarketInfo,
  type Register,
  type ResultsReport,
  type ResultsResponse,
  type SyncRequest,
  type SyncResponse,
} from "../../protocol/http";
import { apiFetch, type Signer } from "../../sdk/http";
import type { Clock } from "../clock";
import { PATIENT, withRetry } from "./retry";

export interface CoordinatorClient {
  register(body: Register): Promise<void>;
  /** Not retried here: the sync loop is itself a retry. */
  sync(body: SyncRequest, signal: AbortSignal): Promise<SyncResponse>;
  /** @returns for each result null, or why it was not taken */
  results(body: ResultsReport, signal: AbortSignal): Promise<ResultsResponse["outcomes"]>;
  failure(body: FailureReport, signal: AbortSignal): Promise<void>;
  /** @throws FrobenError 422 `result_missing` when the result's bytes are wanted */
  canary(body: CanaryAnswer, signal: AbortSignal): Promise<void>;
  /** Not retried here: the chain loop asks again. @returns the coordinator's signature over a batch of accepted results */
  acceptance(body: z.infer<typeof acceptanceRequestSchema>): Promise<Hex>;
}

/** Time that any answer may take beyond what was asked for, milliseconds. */
const TIMEOUT_MS = 15_000;

/** An answer that does not follow the protocol is the coordinator's fault, and may be better next time. */
async function parsed<T>(schema: z.ZodType<T>, response: Response): Promise<T> {
  const body: unknown = await response.json().catch(() => undefined);
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new FrobenError("answer_malformed", `the coordinator's answer: ${issue?.message}`, {
    field: issue?.path.join("."),
    retryable: true,
  });
}

/** GET /v1/market: which contract, which chain. @param baseUrl the coordinator's URL */
export async function fetchMarket(baseUrl: string, clock: Clock): Promise<MarketInfo> {
  return withRetry(clock, PATIENT, undefined, async () => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await apiFetch(baseUrl, { method: "GET", path: "/v1/market", signal });
    return parsed(marketInfoSchema, response);
  }).catch((error: unknown) => {
    if (error instanceof Error && error.name === "TimeoutError")
      throw new FrobenError("coordinator_unreachable", `no answer from ${baseUrl}`, {
        retryable: true,
        cause: error,
      });
    throw error;
  });
}

/** @param baseUrl the coordinator's URL @param signer who signs requests, and for whom */
export function createCoordinatorClient(
  baseUrl: string,
  signer: Signer,
  clock: Clock,
): CoordinatorClient {
  /** One try; a time-out is as retryable as a refused connection. */
  async function post(path: string, body: unknown, signal?: AbortSignal, waitMs = 0) {
    const limit = AbortSignal.timeout(TIMEOUT_MS + waitMs);
    const any = signal ? AbortSignal.any([signal, limit]) : limit;
    try {
      return await apiFetch(baseUrl, { method: "POST", path, body, signal: any }, signer);
    } catch (cause) {
      if (!limit.aborted || signal?.aborted) throw cause;
      throw new FrobenError("coordinator_unreachable", `no answer to POST ${path}`, {
        limit: TIMEOUT_MS + waitMs,
        retryable: true,
        cause,
      });
    }
  }
  const patient = <T>(call: () => Promise<T>, signal?: AbortSignal) =>
    withRetry(clock, PATIENT, signal, call);

  /** The coordinator may not have read the block yet in which the key was made a delegate. */
  function asDelegate(error: unknown): never {
    const isDelegate = signer.onBehalfOf && signer.onBehalfOf !== signer.account.address;
    if (!isDelegate || !(error instanceof FrobenError) || error.code !== "auth_wrong_key")
      throw error;
    throw new FrobenError("not_delegate", "the coordinator does not know the key as a delegate", {
      field: "FROBEN_OWNER",
      value: signer.account.address,
      retryable: true,
      cause: error,
    });
  }

  return {
    async register(body) {
      await patient(() => post("/v1/operators", body).catch(asDelegate));
    },
    async sync(body, signal) {
      const response = await post("/v1/operators/sync", body, signal, body.waitMs);
      return parsed(syncResponseSchema, response);
    },
    async results(body, signal) {
      const response = await patient(() => post("/v1/results", body, signal), signal);
      const { outcomes } = await parsed(resultsResponseSchema, response);
      if (outcomes.length === body.results.length) return outcomes;
      throw new FrobenError("answer_malformed", "the coordinator's answer misses outcomes", {
        field: "outcomes",
        limit: body.results.length,
        value: outcomes.length,
        retryable: true,
      });
    },
    async failure(body, signal) {
      await patient(() => post("/v1/failures", body, signal), signal);
    },
    async canary(body, signal) {
      await patient(() => post("/v1/canaries", body, signal), signal);
    },
    async acceptance(body) {
      const answer = await parsed(acceptanceResponseSchema, await post("/v1/acceptances", body));
      return answer.signature as Hex;
    },
  };
}
