import express, { type Request, type RequestHandler } from "express";
import type { z } from "zod";
import { FrobenError } from "../../protocol/errors";
import { schemaError } from "../../protocol/validate-spec";
import { bytesOf } from "./auth";

/** Reads a body as bytes, so that its signature can be checked before anything looks inside. @param limit bytes */
export function rawBody(limit: number): RequestHandler {
  return express.raw({ type: () => true, limit, inflate: false });
}

/** @throws FrobenError 400 `body_not_json` */
export function parseJson(request: Request): unknown {
  try {
    return JSON.parse(Buffer.from(bytesOf(request)).toString("utf8")) as unknown;
  } catch (cause) {
    throw new FrobenError("body_not_json", "the body is not JSON", {
      field: "body",
      status: 400,
      cause,
    });
  }
}

/** @throws FrobenError `body_not_json`, or 422 `body_invalid` that names field, limit and value */
export function parseBody<T>(request: Request, schema: z.ZodType<T>): T {
  const json = parseJson(request);
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw schemaError(parsed.error, json, "body_invalid");
  return parsed.data;
}

/** @throws FrobenError 400 `query_invalid` */
export function parseQuery<T>(value: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const {
    code,
    message,
    field,
    limit,
    value: found,
  } = schemaError(parsed.error, value, "query_invalid");
  throw new FrobenError(code, message, { field, limit, value: found, status: 400 });
}
