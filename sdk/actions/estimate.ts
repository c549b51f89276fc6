import { estimateSchema, type Estimate, type EstimateRequest } from "../../protocol/estimate";
import type { Spec } from "../../protocol/spec";
import { readAnswer, type Client } from "../client";
import { apiFetch } from "../http";

export type { Estimate };
/** What is known of a workflow's runs: seconds by step, items of collections by `step.output`, whether conditional steps run. */
export type EstimateOptions = Omit<EstimateRequest, "spec">;

/**
 * Asks the coordinator what a run is expected to take and to cost on the operators that are online, before anything is paid. It simulates
 * some runs with the durations that it has learned.
 * @returns `seconds` and `cost` (units) are null when no run would end; `assumed` says what was taken for granted
 * @throws FrobenError `estimate_busy` (retryable), `estimate_too_large`, `simulation_file_invalid` when the options do not fit the spec
 * @example const { seconds, cost } = await estimate(client, workflow.spec, { items: { "plan.parts": 40 } });
 */
export async function estimate(
  client: Pick<Client, "coordinatorUrl">,
  spec: Spec,
  options: EstimateOptions = {},
): Promise<Estimate> {
  const request = { method: "POST", path: "/v1/estimates", body: { spec, ...options } } as const;
  return readAnswer(await apiFetch(client.coordinatorUrl, request), estimateSchema);
}
