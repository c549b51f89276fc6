import type { Address, TransactionReceipt } from "viem";
import { FrobenError } from "../../protocol/errors";
import { stepsRoot } from "../../protocol/terms";
import type { Client } from "../client";
import { findOpening } from "./find-workflow";
import { sendCall } from "./send-call";

/**
 * Puts another coordinator in charge of a workflow, e.g. when the present one is silent. Only its requester can.
 * The steps' terms, which the contract wants to see again, are read from the chain: the coordinator need not answer.
 * @param workflow the workflow's id
 * @param coordinator address of the new one
 * @returns the receipt
 * @throws FrobenError `workflow_unknown`, and as `sendCall`
 */
export async function replaceCoordinator(
  client: Client,
  workflow: number,
  coordinator: Address,
): Promise<TransactionReceipt> {
  const opening = await findOpening(client, { workflow });
  if (!opening)
    throw new FrobenError("workflow_unknown", "nobody opened such a workflow", {
      value: workflow,
      status: 404,
    });
  const root = stepsRoot([...opening.steps]);
  return sendCall(client, {
    functionName: "replaceCoordinator",
    args: [workflow, coordinator, root],
  });
}
