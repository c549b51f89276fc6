import type { Address } from "viem";
import { FrobenError } from "../../protocol/errors";
import type { Run } from "./model";
import type { World } from "./world";

/**
 * Stops new assignments of a workflow, or lets them go on. What is assigned goes on either way, and so does the deadline. Saying it
 * twice changes nothing.
 * @param requester who asks
 * @throws FrobenError 404 `workflow_unknown`, 403 `not_requester`, 409 `workflow_ended`
 */
export function setPaused(world: World, requester: Address, id: number, paused: boolean): void {
  const run = world.run(id);
  if (world.deps.chain.workflow(id)?.requester.toLowerCase() !== requester.toLowerCase())
    throw new FrobenError(
      "not_requester",
      "only the account that opened the workflow can do this",
      {
        status: 403,
        field: "workflow",
        value: id,
      },
    );
  if (run.state !== "running")
    throw new FrobenError("workflow_ended", `the workflow is ${run.state}`, {
      status: 409,
      field: "workflow",
      value: id,
    });
  if (run.paused === paused) return;
  run.paused = paused;
  openLanes(world, run);
  world.touch(run);
  world.flush();
  world.kick();
}

/** Shows a workflow's ready tasks to the matchmaker, or hides them while it is paused or once it has ended. */
export function openLanes(world: World, run: Run): void {
  for (const lane of run.work?.lanes ?? [])
    if (run.paused || run.state !== "running") world.queue.close(lane);
    else world.queue.open(lane);
}
