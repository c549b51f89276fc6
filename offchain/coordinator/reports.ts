import { recoverTypedDataAddress, type Address, type Hex } from "viem";
import { commitmentHash, commitmentsRoot } from "../../protocol/commitment";
import { toBytes32 } from "../../protocol/digest";
import { TYPES } from "../../protocol/eip712";
import { FrobenError } from "../../protocol/errors";
import type { FailureReport, ResultReport } from "../../protocol/http";
import { tasksOf, withMask, type Ticket } from "../../protocol/ticket";
import { computed } from "./attempts";
import type { AcceptanceRequest } from "./facade";
import type { AttemptRun } from "./model";
import { fail } from "./outcomes";
import type { Failure } from "../runtime/retry";
import { signAcceptance } from "./sign";
import { validateSoon } from "./validate";
import type { World } from "./world";

interface Named {
  workflow: number;
  task: number;
  attempt: number;
}

const conflict = (code: string, message: string, details: object = {}) =>
  new FrobenError(code, message, { status: 409, ...details });

/** Whether an attempt may be of a life whose database is lost, and be found on-chain yet. */
function mayBeFound(world: World, { workflow, task, attempt }: Named): boolean {
  // The API opens when the chain was read, so a workflow that is not here is none of this coordinator's.
  const run = world.runs.get(workflow);
  if (!run || run.blankUntil === 0) return false;
  return attempt > (run.task(task)?.attempt ?? 0);
}

/**
 * Finds the attempt that an operator speaks about. Whoever lost an attempt can no longer change the task.
 * @throws FrobenError 404 `task_unknown`, 409 `attempt_stale`, 403 `attempt_not_yours`; 503 `attempt_not_found_yet` after a lost database
 */
function attemptOf(world: World, address: Address, named: Named & { root?: string }): AttemptRun {
  if (mayBeFound(world, named))
    throw new FrobenError(
      "attempt_not_found_yet",
      "the database was lost, the chain is being read",
      {
        status: 503,
        field: "attempt",
        value: named.attempt,
        retryable: true,
        hint: "report it again: a claim that stands is taken over as soon as it is seen",
      },
    );
  const task = world.run(named.workflow).task(named.task);
  if (!task)
    throw new FrobenError("task_unknown", "the workflow has no such task", {
      status: 404,
      field: "task",
      value: named.task,
    });
  const attempt = task.current;
  if (!attempt || attempt.number !== named.attempt)
    throw conflict("attempt_stale", "another attempt has taken its place", {
      field: "attempt",
      limit: attempt?.number ?? 0,
      value: named.attempt,
    });
  if (attempt.operator !== address.toLowerCase())
    throw new FrobenError("attempt_not_yours", "the attempt belongs to another operator", {
      status: 403,
      field: "attempt",
      value: named.attempt,
    });
  if (named.root !== undefined && named.root.toLowerCase() !== attempt.root)
    throw conflict("assignment_mismatch", "the attempt belongs to another assignment", {
      field: "root",
      value: named.root,
    });
  return attempt;
}

/**
 * Takes a result in. The same report may come again; another digest for the attempt is refused.
 * @throws FrobenError besides those of `attemptOf`: 409 `attempt_ended`, 409 `result_conflict`, 422 `result_missing`, 401 `receipt_wrong_key`
 */
export async function takeResult(
  world: World,
  address: Address,
  body: ResultReport,
): Promise<Record<string, never>> {
  const before = attemptOf(world, address, body);
  if (before.report?.result === body.result) return {};
  if (!(await world.deps.store.has(body.result)))
    throw new FrobenError("result_missing", "the result artifact has not been uploaded", {
      status: 422,
      field: "result",
      value: body.result,
      hint: "PUT the artifact first",
    });
  await checkReceipt(world, address, body);
  // Time has passed: the attempt may have ended meanwhile.
  const attempt = attemptOf(world, address, body);
  if (attempt.report) {
    if (attempt.report.result === body.result) return {};
    throw conflict("result_conflict", "the attempt has another result already", {
      field: "result",
      limit: attempt.report.result,
      value: body.result,
    });
  }
  if (attempt.state === "ended")
    throw conflict("attempt_ended", `the attempt has ended: ${attempt.outcome}`, {
      field: "attempt",
      value: body.attempt,
    });
  computed(world, attempt);
  attempt.state = "reported";
  attempt.report = body;
  attempt.progress = 1;
  attempt.startedAt = Math.min(
    Math.max(attempt.assignedAt, world.now() - body.usage.wallMs),
    attempt.startedAt ?? Infinity,
  );
  world.leases.close(attempt);
  attempt.task.state = "validating";
  attempt.task.reason = attempt.claimed ? null : "waiting for the claim to be included";
  world.journal.attempt(attempt);
  world.journal.task(attempt.task);
  world.touch(attempt.task.run);
  if (attempt.claimed) validateSoon(world, attempt);
  world.kick();
  world.flush();
  return {};
}

async function checkReceipt(world: World, address: Address, body: ResultReport): Promise<void> {
  const signer = await recoverTypedDataAddress({
    domain: world.domain,
    types: TYPES,
    primaryType: "Receipt",
    message: {
      workflow: body.workflow,
      task: body.task,
      attempt: body.attempt,
      operator: address,
      root: body.root as Hex,
      resultDigest: toBytes32(body.result),
    },
    signature: body.receipt as Hex,
  }).catch(() => undefined);
  const keys = [address, world.deps.chain.account(address).delegate];
  if (!keys.some((key) => key && key.toLowerCase() === signer?.toLowerCase()))
    throw new FrobenError("receipt_wrong_key", "the receipt is not signed by the operator", {
      status: 401,
      field: "receipt",
    });
}

function kindOf(report: FailureReport): Failure {
  // Somebody else's claim is in the way: whose fault that is, the chain will show.
  if (report.code === "claim_unavailable") return "unclaimed";
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
