import { workflowViewSchema, type WorkflowView } from "../../protocol/http";
import { readAnswer, type Client } from "../client";

const say = async (client: Client, workflow: number, what: "pause" | "resume") => {
  const path = `/v1/workflows/${workflow}/${what}`;
  return readAnswer(await client.signed({ method: "POST", path, body: {} }), workflowViewSchema);
};

/**
 * Has the coordinator give out no more tasks of a workflow until `resume`. Tasks that operators have go on, are validated and paid.
 * The workflow's deadline goes on too, and a pause is the coordinator's: another one that takes the workflow over does not know it.
 * @param workflow the workflow's id; the client's account must have opened it
 * @returns the workflow's state
 * @throws FrobenError `account_missing`, `workflow_unknown`, `not_requester`, `workflow_ended`
 */
export function pause(client: Client, workflow: number): Promise<WorkflowView> {
  return say(client, workflow, "pause");
}

/** Lets a paused workflow go on. Parameters, return and errors as of `pause`. */
export function resume(client: Client, workflow: number): Promise<WorkflowView> {
  return say(client, workflow, "resume");
}
