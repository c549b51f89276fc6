/** Who calls it: coordinator and operator at the start, if they are told where to send spans. */
import { ROOT_CONTEXT, SpanStatusCode, trace, TraceFlags, type Context } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  RandomIdGenerator,
  type IdGenerator,
} from "@opentelemetry/sdk-trace-base";
import type { Tracing } from "./spans";

/** Lets the first span of a trace have an id that was known before it. */
class ChosenIds implements IdGenerator {
  private readonly random = new RandomIdGenerator();
  next: { traceId: string; spanId: string } | undefined;

  generateTraceId = () => this.next?.traceId ?? this.random.generateTraceId();
  generateSpanId = () => this.next?.spanId ?? this.random.generateSpanId();
}

function parentOf(traceparent: string): Context {
  const [, traceId = "", spanId = ""] = traceparent.split("-");
  const traceFlags = TraceFlags.SAMPLED;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

/**
 * Sends spans as OTLP over HTTP, in the background and in batches.
 * @param service whose spans these are
 * @param endpoint base URL of the receiver; `/v1/traces` is added. Headers and time-outs are the OTEL_EXPORTER_OTLP_... variables'
 */
export function createTracing(service: string, endpoint: string): Tracing {
  const idGenerator = new ChosenIds();
  const url = `${endpoint.replace(/\/+$/, "")}/v1/traces`;
  const provider = new BasicTracerProvider({
    idGenerator,
    resource: resourceFromAttributes({ "service.name": service }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url }))],
  });
  const tracer = provider.getTracer("froben");
  return {
    span({ name, parent, ids, from, to, attributes, events = [], error }) {
      const context = parent === undefined ? ROOT_CONTEXT : parentOf(parent);
      idGenerator.next = ids;
      const span = tracer.startSpan(name, { startTime: from, attributes }, context);
      idGenerator.next = undefined;
      for (const event of events) span.addEvent(event.name, event.at);
      if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
      span.end(to);
    },
    // A receiver that is away must not keep the process.
    end: () => provider.shutdown().catch(() => undefined),
  };
}
