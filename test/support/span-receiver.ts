import { LocalServer } from "./local-server";

/** A span as OTLP's JSON has it, as far as tests look at it. */
export interface ReceivedSpan {
  service: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  events: { name: string }[];
  attributes: Record<string, string | number>;
}

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: string | number };
}
interface Body {
  resourceSpans: {
    resource: { attributes: Attribute[] };
    scopeSpans: {
      spans: (Omit<ReceivedSpan, "attributes" | "service"> & { attributes: Attribute[] })[];
    }[];
  }[];
}

const valuesOf = (attributes: Attribute[]): Record<string, string | number> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]),
  );

/** A receiver of traces (OTLP over HTTP, JSON). */
export class SpanReceiver extends LocalServer {
  readonly spans: ReceivedSpan[] = [];

  constructor() {
    super((request, response) => {
      void (async () => {
        const parts: Buffer[] = [];
        for await (const part of request) parts.push(part as Buffer);
        if (request.url === "/v1/traces" && request.method === "POST")
          this.take(JSON.parse(Buffer.concat(parts).toString()) as Body);
        response.setHeader("content-type", "application/json");
        response.end("{}");
      })();
    });
  }

  private take({ resourceSpans }: Body): void {
    for (const { resource, scopeSpans } of resourceSpans)
      for (const { spans } of scopeSpans)
        for (const span of spans)
          this.spans.push({
            ...span,
            service: String(valuesOf(resource.attributes)["service.name"]),
            attributes: valuesOf(span.attributes),
          });
  }
}
