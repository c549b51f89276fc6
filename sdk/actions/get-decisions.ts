import { decisionViewSchema, type DecisionView } from "../../protocol/decision-view";
import { LIMITS } from "../../protocol/limits";
import type { Client } from "../client";

export type { DecisionView };

/**
 * Goes through the matchmaker's decisions about a workflow, in the order in which they were made.
 * @param workflow the workflow's id
 * @throws FrobenError `workflow_unknown`
 * @example for await (const { record, digest } of getDecisions(client, id)) console.log(digest, record.choice);
 */
export async function* getDecisions(
  client: Pick<Client, "get">,
  workflow: number,
): AsyncGenerator<DecisionView> {
  for (let query = ""; ;) {
    const path = `/v1/workflows/${workflow}/decisions${query}`;
    const page = await client.get(path, decisionViewSchema.array());
    yield* page;
    if (page.length < LIMITS.maxPage) return;
    query = `?after=${page[page.length - 1]!.digest}`;
  }
}
