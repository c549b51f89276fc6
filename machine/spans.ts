/** Who calls it: types only. What coordinator and operators say about the time that attempts take. */

/** Something that took time. Times are Unix milliseconds. */
export interface TracedSpan {
  name: string;
  /** The W3C traceparent that it belongs under; none: it begins a trace. */
  parent?: string;
  /** Ids that were given out before it. */
  ids?: { traceId: string; spanId: string };
  from: number;
  to: number;
  attributes: Record<string, string | number>;
  events?: { name: string; at: number }[];
  /** Why it came to nothing. */
  error?: string;
}

export interface Tracing {
  /** Takes a span that is over; it is sent later. */
  span(span: TracedSpan): void;
  /** Sends what is left. */
  end(): Promise<void>;
}
