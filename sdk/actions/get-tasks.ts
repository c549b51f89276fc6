import { taskViewSchema, type TaskView } from "../../protocol/http";
import type { Client } from "../client";

/**
 * Lists a workflow's tasks so far, by index.
 * @param workflow the workflow's id
 * @throws FrobenError `workflow_unknown`
 */
export function getTasks(client: Client, workflow: number): Promise<TaskView[]> {
  return client.get(`/v1/workflows/${workflow}/tasks`, taskViewSchema.array());
}
