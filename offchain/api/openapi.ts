import { z } from "zod";
import { createDocument, type ZodOpenApiOperationObject } from "zod-openapi";
import { canaryAnswerSchema } from "../../protocol/canary";
import { decisionsQuerySchema, decisionViewSchema } from "../../protocol/decision-view";
import { digestSchema } from "../../protocol/digest";
import { estimateRequestSchema, estimateSchema } from "../../protocol/estimate";
import {
  acceptanceRequestSchema,
  acceptanceResponseSchema,
  errorBodySchema,
  attemptViewSchema,
  failureReportSchema,
  marketInfoSchema,
  operatorAddressSchema,
  operatorViewSchema,
  registerSchema,
  resultsReportSchema,
  resultsResponseSchema,
  specResponseSchema,
  syncRequestSchema,
  syncResponseSchema,
  taskViewSchema,
  workflowViewSchema,
} from "../../protocol/http";
import { AUTH_HEADERS } from "../../protocol/request-auth";
import { specSchema } from "../../protocol/spec";
import { taskWhySchema, whyQuerySchema, workflowWhySchema } from "../../protocol/why";
import { readinessSchema } from "./readiness";
import { eventViewSchema } from "./routes/events";
import { specQuerySchema } from "./routes/specs";
import { statusSchema } from "./routes/status";
import { watchQuerySchema } from "./routes/workflows";

const errorSchema = z.object({ error: errorBodySchema });

const json = (schema: z.ZodType) => ({ "application/json": { schema } });
const bytes = { "application/octet-stream": { schema: z.string().meta({ format: "binary" }) } };
const failure = { description: "A typed error", content: json(errorSchema) };
const workflowPath = { path: z.object({ id: z.int() }) };
const artifactPath = { path: z.object({ digest: digestSchema }) };
const signature = {
  header: z.object(
    Object.fromEntries(Object.values(AUTH_HEADERS).map((name) => [name, z.string()])),
  ),
};

const read = (
  summary: string,
  schema: z.ZodType,
  requestParams: ZodOpenApiOperationObject["requestParams"] = {},
): ZodOpenApiOperationObject => ({
  summary,
  requestParams,
  responses: { 200: { description: "Success", content: json(schema) }, default: failure },
});

const signed = (
  summary: string,
  body: z.ZodType,
  answer: z.ZodType,
  requestParams: ZodOpenApiOperationObject["requestParams"] = {},
): ZodOpenApiOperationObject => ({
  ...read(summary, answer, { ...signature, ...requestParams }),
  description:
    "Signed: EIP-712 type Request over account, method, path with query, SHA-256 of the body, time and nonce.",
  requestBody: { required: true, content: json(body) },
});

/** @param version of the project @returns the OpenAPI 3.1 description of the whole API */
export function openApiDocument(version: string) {
  const nothing = z.object({});
  return createDocument({
    openapi: "3.1.0",
    info: {
      title: "Froben coordinator",
      version,
      description:
        "Requesters give specs and artifacts and follow their workflows; operators register, take assignments and report. Money moves on-chain only.",
    },
    paths: {
      "/v1/market": { get: read("Which contract on which chain", marketInfoSchema) },
      "/v1/status": { get: read("Whether the coordinator keeps up", statusSchema) },
      "/healthz": { get: read("The process is up", z.object({ up: z.literal(true) })) },
      "/readyz": {
        get: {
          summary: "Whether requests should be sent here, and if not, why",
          responses: {
            200: { description: "Ready", content: json(readinessSchema) },
            503: { description: "Not ready", content: json(readinessSchema) },
          },
        },
      },
      "/metrics": {
        get: {
          summary: "What the coordinator counts, in Prometheus' text format",
          responses: {
            200: { description: "Metrics", content: { "text/plain": { schema: z.string() } } },
          },
        },
      },
      "/v1/artifacts/{digest}": {
        get: {
          summary: "Bytes of an artifact; ranges are supported",
          requestParams: artifactPath,
          responses: {
            200: { description: "All bytes", content: bytes },
            206: { description: "The range of bytes", content: bytes },
            default: failure,
          },
        },
        put: {
          summary: "Give an artifact; the signed body digest is the artifact's own",
          requestParams: { ...artifactPath, ...signature },
          requestBody: { required: true, content: bytes },
          responses: {
            200: { description: "It was here already" },
            201: { description: "Stored" },
            default: failure,
          },
        },
      },
      "/v1/specs": {
        post: signed("Check and keep a spec", specSchema, specResponseSchema, {
          query: specQuerySchema,
        }),
      },
      "/v1/estimates": {
        post: {
          ...read("What a run of a spec is expected to take and to cost", estimateSchema),
          description:
            "Simulates runs on the operators that are online, in a thread of its own; nothing is kept. 503 `estimate_busy` while too many ask, 422 `estimate_too_large` when no run ends in time.",
          requestBody: { required: true, content: json(estimateRequestSchema) },
        },
      },
      "/v1/workflows": { get: read("All workflows", workflowViewSchema.array()) },
      "/v1/workflows/{id}": {
        get: read("One workflow, at once or after its next change", workflowViewSchema, {
          ...workflowPath,
          query: watchQuerySchema,
        }),
      },
      "/v1/workflows/{id}/tasks": {
        get: read("Its tasks", taskViewSchema.array(), workflowPath),
      },
      "/v1/workflows/{id}/attempts": {
        get: read("Its attempts", attemptViewSchema.array(), workflowPath),
      },
      "/v1/workflows/{id}/decisions": {
        get: read(
          "The matchmaker's decisions, a page at a time, each with what was signed for it",
          decisionViewSchema.array(),
          { ...workflowPath, query: decisionsQuerySchema },
        ),
      },
      "/v1/workflows/{id}/pause": {
        post: signed(
          "Its requester has nothing new of it assigned; what is assigned goes on",
          nothing,
          workflowViewSchema,
          workflowPath,
        ),
      },
      "/v1/workflows/{id}/resume": {
        post: signed(
          "Its requester lets a paused workflow go on",
          nothing,
          workflowViewSchema,
          workflowPath,
        ),
      },
      "/v1/workflows/{id}/why": {
        get: read("Which tasks hold it up, and why", workflowWhySchema, {
          ...workflowPath,
          query: whyQuerySchema,
        }),
      },
      "/v1/workflows/{id}/tasks/{task}/why": {
        get: read("Why a task is not running", taskWhySchema, {
          path: z.object({ id: z.int(), task: z.int() }),
          query: whyQuerySchema,
        }),
      },
      "/v1/workflows/{id}/events": {
        get: read("The contract's events about it", eventViewSchema.array(), workflowPath),
      },
      "/v1/operators": {
        get: read("All operators", operatorViewSchema.array()),
        post: signed("An operator says what it can run", registerSchema, nothing),
      },
      "/v1/operators/{address}": {
        get: read("One operator", operatorViewSchema, { path: operatorAddressSchema }),
      },
      "/v1/operators/sync": {
        post: signed("Heartbeat and long poll", syncRequestSchema, syncResponseSchema),
      },
      "/v1/results": {
        post: signed("Tasks' results are uploaded", resultsReportSchema, resultsResponseSchema),
      },
      "/v1/failures": {
        post: signed("An attempt ended without a result", failureReportSchema, nothing),
      },
      "/v1/canaries": {
        post: signed("What became of a canary", canaryAnswerSchema, nothing),
      },
      "/v1/acceptances": {
        post: signed(
          "Ask for a signed acceptance",
          acceptanceRequestSchema,
          acceptanceResponseSchema,
        ),
      },
    },
  });
}
