import type { ErrorRequestHandler, RequestHandler } from "express";
import { FrobenError } from "../../protocol/errors";
import type { CoordinatorLog } from "../coordinator/facade";

/** Answers what no route took. */
export const unknownRoute: RequestHandler = (request) => {
  throw new FrobenError("route_unknown", `there is no ${request.method} ${request.path}`, {
    field: "path",
    value: request.path,
    status: 404,
    hint: "see GET /openapi.json",
  });
};

/** What express and its body reader throw: an error with a status, and a type for the known ones. */
interface HttpError extends Error {
  status?: number;
  type?: string;
  limit?: number;
  length?: number;
}

function typed(error: HttpError): FrobenError | undefined {
  if (error instanceof FrobenError) return error;
  if (error.type === "entity.too.large")
    return new FrobenError("body_too_large", "the body is too large", {
      field: "body",
      limit: error.limit,
      value: error.length,
      status: 413,
    });
  if (error.type === "encoding.unsupported")
    return new FrobenError("body_encoded", "the body must not be compressed", {
      field: "content-encoding",
      status: 415,
    });
  if (error instanceof URIError)
    return new FrobenError("path_malformed", "the path can't be decoded", {
      field: "path",
      status: 400,
    });
  if (error.status && error.status >= 400 && error.status < 500)
    return new FrobenError("request_malformed", error.message, { status: error.status });
  return undefined;
}

/** Turns every error into its JSON form; what is neither the caller's fault nor passes is logged, and not shown. */
export function errorHandler(log: CoordinatorLog): ErrorRequestHandler {
  return (error: HttpError, request, response, next) => {
    const known = typed(error);
    if (!known || (known.status >= 500 && !known.retryable))
      log.error({ err: error, method: request.method, path: request.path }, "a request failed");
    if (response.headersSent || response.destroyed) {
      next(error);
      return;
    }
    // What is left of the body is read and thrown away, so that the client gets to see the answer.
    request.resume();
    const shown =
      known ??
      new FrobenError("internal", "the coordinator failed at this", {
        status: 500,
        retryable: true,
        hint: "its log says why",
      });
    response.status(shown.status).json({ error: shown.toJSON() });
  };
}
