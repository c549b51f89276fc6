import {
  taskWhySchema,
  workflowWhySchema,
  type TaskWhy,
  type WorkflowWhy,
} from "../../protocol/why";
import type { Client } from "../client";

export interface WhyOptions {
  /** How many operators are listed for each predicate that rules them out; 5 if not given, 100 at most. */
  operators?: number;
}

/**
 * Asks why a task is not running, or, without a task, which tasks hold the workflow up.
 * @param task its index in the workflow
 * @returns a stable `code`, a sentence in `message`, and what belongs to the code: missing inputs, the attempt, or what the
 * matchmaker says of each operator
 * @throws FrobenError `workflow_unknown`, `task_unknown`
 * @example const { code, operators } = await why(client, id, 3);
 */
export function why(
  client: Client,
  workflow: number,
  task?: undefined,
  options?: WhyOptions,
): Promise<WorkflowWhy>;
export function why(
  client: Client,
  workflow: number,
  task: number,
  options?: WhyOptions,
): Promise<TaskWhy>;
export function why(
  client: Client,
  workflow: number,
  task?: number,
  { operators }: WhyOptions = {},
): Promise<WorkflowWhy | TaskWhy> {
  const query = operators === undefined ? "" : `?operators=${operators}`;
  const path = `/v1/workflows/${workflow}`;
  return task === undefined
    ? client.get(`${path}/why${query}`, workflowWhySchema)
    : client.get(`${path}/tasks/${task}/why${query}`, taskWhySchema);
}
