import { parentPort } from "node:worker_threads";
import type { ErrorBody } from "../../../protocol/errors";
import { FrobenError } from "../../../protocol/errors";
import { estimateRequestSchema, type Estimate } from "../../../protocol/estimate";
import { parseSpec, schemaError } from "../../../protocol/validate-spec";
import { estimate } from "./estimate";
import type { MarketSnapshot } from "./market";

// A thread that makes one estimate after another: reads a request, asks for the market as far as the spec looks at it, answers.

/** What it is asked: JSON of a request and a time for it, milliseconds; then what it asked for. */
export type WorkerInput = { body: Uint8Array; budgetMs: number } | { market: MarketSnapshot };

/** What it says: that it is there; the programs that it must know the market of; the answer, or what is wrong with the request. */
export type WorkerOutput =
  | { ready: true }
  | { programs: string[] }
  | { estimate: Estimate }
  | { error: ErrorBody; status: number };

const port = parentPort!;
const say = (message: WorkerOutput) => port.postMessage(message);
const now = () => performance.now();

function read(body: Uint8Array) {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(body).toString("utf8"));
  } catch (cause) {
    throw new FrobenError("body_not_json", "the body is not JSON", { field: "body", cause });
  }
  const parsed = estimateRequestSchema.safeParse(json);
  if (!parsed.success) throw schemaError(parsed.error, json, "body_invalid");
  const { spec, ...model } = parsed.data;
  return { spec: parseSpec(spec), model };
}

let asked: (ReturnType<typeof read> & { until: number }) | undefined;

port.on("message", (input: WorkerInput) => {
  try {
    if ("body" in input) {
      const until = now() + input.budgetMs;
      asked = { ...read(input.body), until };
      say({ programs: [...new Set(asked.spec.steps.map(({ program }) => program))] });
    } else {
      const { spec, model, until } = asked!;
      say({ estimate: estimate(spec, model, input.market, until, now) });
    }
  } catch (error) {
    if (!(error instanceof FrobenError)) throw error;
    say({ error: error.toJSON(), status: error.status });
  }
});
say({ ready: true });
