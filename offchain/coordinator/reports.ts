import type { Address, Hex } from "viem";
import { commitmentHash, commitmentsRoot } from "../../protocol/commitment";
import { toBytes32 } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import type { FailureReport } from "../../protocol/http";
import { tasksOf, withMask, type Ticket } from "../../protocol/ticket";
import type { Failure } from "../runtime/retry";
import type { AcceptanceRequest } from "./facade";
import { attemptOf, conflict } from "./named-attempt";
import { fail } from "./outcomes";
import { signAcceptance } from "./sign";
import type { World } from "./world";

function kindOf(report: FailureReport): Failure {
  // Somebody else's claim is in the way, or is not seen yet where a copy was given: whose fault that is, the chain will show.
  const { code } = report;
  if (code === "claim_unavailable" || code === "assignment_not_standby") return "unclaimed";
  if (code.startsWith("assignment_")) return "declined";
  return report.inputRefused ? "refused" : "failed";
}

/** An operator gives up. @throws FrobenError as `attemptOf` */
export function takeFailure(
  world: World,
  address: Address,
  body: FailureReport,
): Record<string, never> {
  const attempt = attemptOf(world, address, body);
  if (attempt.state === "ended" || attempt.report) return {};
  fail(world, attempt, kindOf(body), `${body.code}: ${body.message}`);
  world.flush();
  return {};
}

/**
 * Signs for results that were found valid, and only for exactly those.
 * @throws FrobenError besides those of `attemptOf`: 409 `not_validated` (retryable), 409 `not_claimed` (retryable), 422 `commitments_length`, 422 `commitment_mismatch`
 */
export async function accept(
  world: World,
  address: Address,
  body: AcceptanceRequest,
): Promise<{ signature: Hex }> {
  const tasks = tasksOf(body.word, BigInt(body.mask));
  if (tasks.length !== body.commitments.length)
    throw new FrobenError("commitments_length", "one commitment for each task of the mask", {
      status: 422,
      field: "commitments",
      limit: tasks.length,
      value: body.commitments.length,
    });
  const operator = address.toLowerCase() as Address;
  for (const [i, index] of tasks.entries()) {
    const named = { workflow: body.workflow, task: index, attempt: body.attempt, root: body.root };
    const attempt = attemptOf(world, address, named);
    if (attempt.task.stepIndex !== body.step)
      throw conflict("assignment_mismatch", "the task belongs to another step", { field: "step" });
    if (attempt.verdict !== "valid" || !attempt.report)
      throw conflict("not_validated", "a result has not been found valid (yet)", {
        field: `commitments[${i}]`,
        value: index,
        retryable: attempt.state !== "ended",
      });
    const expected = commitmentHash({
      chainId: world.deps.calls.chainId,
      market: world.deps.calls.market,
      workflow: body.workflow,
      task: index,
      attempt: body.attempt,
      operator,
      root: body.root as Hex,
      resultDigest: toBytes32(attempt.report.result),
    });
    if (body.commitments[i]!.toLowerCase() !== expected)
      throw new FrobenError("commitment_mismatch", "not the commitment to the accepted result", {
        status: 422,
        field: `commitments[${i}]`,
        limit: expected,
        value: body.commitments[i]!,
      });
  }
  const ticket = claimTicket(world, operator, body, tasks[0]!);
  const root = commitmentsRoot(body.commitments as Hex[]);
  const part = withMask(ticket, BigInt(body.mask));
  return { signature: await signAcceptance(world, operator, part, root) };
}

/** @returns the ticket of the claim that holds a task of the batch @throws FrobenError 409 `not_claimed` (retryable) */
function claimTicket(
  world: World,
  operator: Address,
  { workflow, root }: AcceptanceRequest,
  task: number,
): Ticket {
  const { chain } = world.deps;
  const claim = chain.task(workflow, task);
  const batch =
    claim?.operator === operator && claim.root === root.toLowerCase()
      ? chain.batch(operator, claim.slot)
      : undefined;
  if (!batch || batch.ticket.root !== claim?.root)
    throw conflict("not_claimed", "the chain does not show the claim", {
      field: "root",
      value: root,
      retryable: true,
    });
  return batch.ticket;
}
