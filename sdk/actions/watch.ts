import { FrobenError } from "../../protocol/errors";
import { workflowViewSchema, type WorkflowView } from "../../protocol/http";
import type { Client } from "../client";
import { retrying } from "../wait";

export interface WatchOptions {
  signal?: AbortSignal | undefined;
  /** How long the coordinator may be away, or not know the workflow yet, milliseconds. */
  patienceMs?: number;
}

/** How long the coordinator holds an answer back while nothing changes. */
const LONG_POLL_MS = 20_000;
const PATIENCE_MS = 60_000;

/** A workflow is known to the coordinator only once it has seen the opening block. */
const mayPass = (error: unknown) =>
  error instanceof FrobenError && (error.retryable || error.code === "workflow_unknown");

/** Whether nothing about the workflow can change any more, its payments included. */
export const isOver = (view: WorkflowView): boolean =>
  view.state === "refused" || (view.state !== "running" && view.settled);

/**
 * Reads a workflow's present state.
 * @throws FrobenError `workflow_unknown`
 */
export function getWorkflow(client: Client, workflow: number): Promise<WorkflowView> {
  return client.get(`/v1/workflows/${workflow}`, workflowViewSchema);
}

/** @returns all workflows that the coordinator knows, oldest first */
export function getWorkflows(client: Client): Promise<WorkflowView[]> {
  return client.get("/v1/workflows", workflowViewSchema.array());
}

/**
 * Follows a workflow: gives its state now and after every change, until nothing can change any more.
 * Restarts of the coordinator are sat out.
 * @throws FrobenError when the coordinator is away for longer than `patienceMs`
 * @example for await (const view of watch(client, id)) console.log(view.state, view.counts);
 */
export async function* watch(
  client: Client,
  workflow: number,
  options: WatchOptions = {},
): AsyncGenerator<WorkflowView> {
  const { signal, patienceMs = PATIENCE_MS } = options;
  let version: number | undefined;
  for (;;) {
    const wait = version === undefined ? "" : `?after=${version}&waitMs=${LONG_POLL_MS}`;
    const path = `/v1/workflows/${workflow}${wait}`;
    const view = await retrying(() => client.get(path, workflowViewSchema, signal), {
      timeoutMs: patienceMs,
      signal,
      may: mayPass,
    });
    if (view.version === version) continue;
    version = view.version;
    yield view;
    if (isOver(view)) return;
  }
}

/**
 * Waits for a workflow's end.
 * @param until "ended": its outputs are there, or will never be; "settled": its payments are final too
 * @returns its state then
 * @throws FrobenError `workflow_failed` unless it completed
 */
export async function waitFor(
  client: Client,
  workflow: number,
  options: WatchOptions & { until?: "ended" | "settled" } = {},
): Promise<WorkflowView> {
  const { until = "ended" } = options;
  for await (const view of watch(client, workflow, options)) {
    if (!(until === "settled" ? isOver(view) : view.state !== "running")) continue;
    if (view.state === "completed") return view;
    throw new FrobenError("workflow_failed", `workflow ${workflow} is ${view.state}`, {
      value: view.reason ?? view.state,
      hint: "see its attempts for the reasons; `refund` brings the escrow back, `rerun` keeps what is finished",
    });
  }
  throw new FrobenError("workflow_unknown", `workflow ${workflow} is not followed any more`);
}
