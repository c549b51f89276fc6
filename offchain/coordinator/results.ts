import { recoverTypedDataAddress, type Address, type Hex } from "viem";
import { FrobenError } from "../../protocol/errors";
import type { ResultReport, ResultsReport, ResultsResponse } from "../../protocol/http";
import { merklePaths } from "../../protocol/merkle";
import { receiptsToSign, resultCommitments, type ReceiptEvidence } from "../../protocol/receipts";
import { computed } from "./attempts";
import type { AttemptRun } from "./model";
import { attemptOf, conflict } from "./named-attempt";
import { validateSoon } from "./validate";
import type { World } from "./world";

/**
 * Takes results in that their operator signed for together. Each stands alone: what is wrong with one keeps no other out. The same
 * report may come again; another digest for the attempt is refused.
 * @returns for each result null, or why it was not taken: an error of `attemptOf`, 409 `attempt_ended`, 409 `result_conflict`, 422 `result_missing`
 * @throws FrobenError 401 `receipt_wrong_key`
 */
export async function takeResults(
  world: World,
  address: Address,
  { results, receipts }: ResultsReport,
): Promise<ResultsResponse> {
  const signature = receipts as Hex;
  const evidence = await checkReceipts(world, address, results, signature);
  const outcomes: ResultsResponse["outcomes"] = [];
  for (const [i, result] of results.entries())
    outcomes.push(await outcomeOf(() => takeResult(world, address, result, evidence[i]!)));
  world.kick();
  world.flush();
  return { outcomes };
}

async function outcomeOf(take: () => Promise<void>): Promise<ResultsResponse["outcomes"][number]> {
  try {
    await take();
    return null;
  } catch (error) {
    if (error instanceof FrobenError) return error.toJSON();
    throw error;
  }
}

async function takeResult(
  world: World,
  address: Address,
  body: ResultReport,
  receipt: ReceiptEvidence,
): Promise<void> {
  if (attemptOf(world, address, body).report?.result === body.result) return;
  if (!(await world.deps.store.has(body.result)))
    throw new FrobenError("result_missing", "the result artifact has not been uploaded", {
      status: 422,
      field: "result",
      value: body.result,
      hint: "PUT the artifact first",
    });
  // Time has passed: the attempt may have ended meanwhile.
  const attempt = attemptOf(world, address, body);
  if (attempt.report) {
    if (attempt.report.result === body.result) return;
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
  take(world, attempt, body, receipt);
}

function take(
  world: World,
  attempt: AttemptRun,
  { result, usage }: ResultReport,
  receipt: ReceiptEvidence,
): void {
  computed(world, attempt);
  attempt.state = "reported";
  attempt.report = { result, usage, receipt };
  attempt.progress = 1;
  attempt.startedAt = Math.min(
    Math.max(attempt.assignedAt, world.now() - usage.wallMs),
    attempt.startedAt ?? Infinity,
  );
  world.leases.close(attempt);
  attempt.task.state = "validating";
  attempt.task.reason = attempt.claimed ? null : "waiting for the claim to be included";
  world.journal.attempt(attempt);
  world.journal.task(attempt.task);
  world.touch(attempt.task.run);
  if (attempt.claimed) validateSoon(world, attempt);
}

/** @returns each result's part of the evidence, in their order @throws FrobenError 401 `receipt_wrong_key` */
async function checkReceipts(
  world: World,
  operator: Address,
  results: ResultReport[],
  signature: Hex,
): Promise<ReceiptEvidence[]> {
  const { chainId, market } = world.deps.calls;
  const commitments = resultCommitments({ chainId, market, operator }, results);
  const signed = receiptsToSign(world.domain, commitments);
  const signer = await recoverTypedDataAddress({ ...signed, signature }).catch(() => undefined);
  const keys = [operator, world.deps.chain.account(operator).delegate];
  if (!keys.some((key) => key && key.toLowerCase() === signer?.toLowerCase()))
    throw new FrobenError("receipt_wrong_key", "the receipts are not signed by the operator", {
      status: 401,
      field: "receipts",
    });
  return merklePaths(commitments).map((path) => ({ path, signature }));
}
