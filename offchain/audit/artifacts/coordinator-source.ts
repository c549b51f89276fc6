import { z } from "zod";
import { digestSchema, type Digest } from "../../../protocol/digest";
import { FrobenError } from "../../../protocol/errors";
import { LIMITS } from "../../../protocol/limits";
import { marketInfoSchema, taskViewSchema, type MarketInfo } from "../../../protocol/http";

const REQUEST_MS = 60_000;

/** What the audit reads of a decision; the record itself is hashed as it is. */
const decisionSchema = z.object({
  digest: digestSchema,
  tasks: z.array(z.object({ task: z.int(), attempt: z.int() })),
  record: z.unknown(),
});
export type Decision = z.infer<typeof decisionSchema>;

/** What the audit reads of a task. */
const servedTaskSchema = taskViewSchema.pick({
  task: true,
  state: true,
  attempt: true,
  result: true,
  reused: true,
});
export type ServedTask = z.infer<typeof servedTaskSchema>;

/** A coordinator as a source of claims to check; nothing that it says is believed. */
export class CoordinatorSource {
  readonly #base: string;

  /** @param url of the coordinator's HTTP API */
  constructor(url: string) {
    this.#base = url.replace(/\/+$/, "");
  }

  async #fetch(path: string): Promise<Response> {
    try {
      return await fetch(this.#base + path, { signal: AbortSignal.timeout(REQUEST_MS) });
    } catch (cause) {
      throw new FrobenError("audit_coordinator_unavailable", `no answer to GET ${path}`, {
        field: "coordinatorUrl",
        cause,
        retryable: true,
        hint: "is the coordinator running, and the URL right?",
      });
    }
  }

  /** @returns undefined when the coordinator does not know the thing */
  async #get<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const response = await this.#fetch(path);
    if (response.status === 404) return undefined;
    const body: unknown = await response.json().catch(() => undefined);
    const parsed = schema.safeParse(body);
    if (response.ok && parsed.success) return parsed.data;
    throw new FrobenError("audit_coordinator_answer", `GET ${path} gave no answer of its form`, {
      field: "coordinatorUrl",
      value: response.status,
    });
  }

  market(): Promise<MarketInfo | undefined> {
    return this.#get("/v1/market", marketInfoSchema);
  }

  tasks(workflow: number): Promise<ServedTask[] | undefined> {
    return this.#get(`/v1/workflows/${workflow}/tasks`, servedTaskSchema.array());
  }

  async decisions(workflow: number): Promise<Decision[] | undefined> {
    const all: Decision[] = [];
    for (let query = ""; ;) {
      const path = `/v1/workflows/${workflow}/decisions${query}`;
      const page = await this.#get(path, decisionSchema.array());
      if (!page) return all.length > 0 ? all : undefined;
      all.push(...page);
      if (page.length < LIMITS.maxPage) return all;
      query = `?after=${page[page.length - 1]!.digest}`;
    }
  }

  /** @returns the bytes as they come, or undefined when they are not there */
  async artifact(digest: Digest): Promise<ReadableStream<Uint8Array> | undefined> {
    const response = await this.#fetch(`/v1/artifacts/${digest}`);
    return response.ok && response.body ? response.body : undefined;
  }
}
