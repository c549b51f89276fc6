import type { Request, RequestHandler } from "express";
import { Counter, Histogram, type Registry } from "prom-client";

/** The route's pattern, never the path: ids and digests would be labels without bound. */
function routeOf(request: Request): string {
  const { path } = (request.route ?? {}) as { path?: string };
  return path === undefined ? "none" : request.baseUrl + path;
}

/** @returns a handler that counts and times every request; goes before all others */
export function httpMetrics(registry: Registry): RequestHandler {
  const registers = [registry];
  const requests = new Counter({
    name: "froben_http_requests_total",
    help: "Requests by route and status; route none: no such route, or refused before it",
    labelNames: ["method", "route", "status"],
    registers,
  });
  const seconds = new Histogram({
    name: "froben_http_request_seconds",
    help: "Time to the end of the answer, by route; held requests are in it",
    labelNames: ["route"],
    buckets: [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
    registers,
  });
  return (request, response, next) => {
    const started = performance.now();
    response.once("close", () => {
      const route = routeOf(request);
      requests.inc({ method: request.method, route, status: response.statusCode });
      seconds.observe({ route }, (performance.now() - started) / 1000);
    });
    next();
  };
}
