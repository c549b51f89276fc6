import type { z } from "zod";
import { attemptViewSchema } from "../../protocol/http";
import type { Client } from "../client";

export type AttemptView = z.infer<typeof attemptViewSchema>;

/**
 * Lists every try at every task of a workflow, and how it ended.
 * @param workflow the workflow's id
 * @throws FrobenError `workflow_unknown`
 */
export function getAttempts(client: Client, workflow: number): Promise<AttemptView[]> {
  return client.get(`/v1/workflows/${workflow}/attempts`, attemptViewSchema.array());
}
