import type { Address, Hex } from "viem";
import type { Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import type { ResultReport, ResultsReport, ResultsResponse } from "../../protocol/http";
import { receiptsToSign, resultCommitments } from "../../protocol/receipts";
import { isSignedFor } from "../../protocol/typed-hash";
import type { Receipts } from "../db/schema/work";
import { computed } from "./attempts";
import type { AttemptRun } from "./model";
import { nameResult } from "./names";
import { attemptOf, conflict } from "./named-attempt";
import { validateSoon } from "./validate";
import type { World } from "./world";

/**
 * Takes results in that their operator signed for together. Each stands alone: what is wrong with one keeps no other out. The same
 * report may come again; another digest for the attempt is refused.
 * @returns for each result null, or why it was not taken: an error of `attemptOf`, 409 `standby_unclaimed` (retryable), 409 `attempt_ended`, 409 `result_conflict`, 422 `result_missing`
 * @throws FrobenError 401 `receipt_wrong_key`
 */
export async function receiveResults(
  world: World,
  address: Address,
  { results, receipts }: ResultsReport,
): Promise<ResultsResponse> {
  const evidence = await checkReceipts(world, address, results, receipts as Hex);
  const { store } = world.deps;
  // Named before they are looked for: from then on nothing removes them.
  await Promise.all(results.map((result) => nameReported(world, address, result)));
  const digests = [...new Set(results.map(({ result }) => result))];
  const there = await Promise.all(digests.map((digest) => store.has(digest)));
  const uploaded = new Set(digests.filter((_, i) => there[i]));
  // All at once: each machine that is free calls for the next tasks, and they should come together too.
  const outcomes = results.map((result) =>
    outcomeOf(() => takeResult(world, address, result, evidence, uploaded)),
  );
  world.kick();
  await world.written();
  return { outcomes };
}

/** Has the workflow name a result that may be taken. */
async function nameReported(world: World, address: Address, body: ResultReport): Promise<void> {
  let attempt: AttemptRun;
  try {
    attempt = reporting(world, address, body);
  } catch (error) {
    if (error instanceof FrobenError) return; // its outcome says so
    throw error;
  }
  if (!attempt.report && attempt.state !== "ended")
    await nameResult(world, attempt.task, body.result);
}

/** @throws FrobenError as `attemptOf`, 409 `standby_unclaimed` (retryable) */
function reporting(world: World, address: Address, body: ResultReport): AttemptRun {
  const attempt = attemptOf(world, address, body);
  if (attempt === attempt.task.standby)
    throw conflict(
      "standby_unclaimed",
      "the claim of the attempt before it stands, as far as is known here",
      {
        field: "attempt",
        value: body.attempt,
        retryable: true,
      },
    );
  return attempt;
}

function outcomeOf(take: () => void): ResultsResponse["outcomes"][number] {
  try {
    take();
    return null;
  } catch (error) {
    if (error instanceof FrobenError) return error.toJSON();
    throw error;
  }
}

function takeResult(
  world: World,
  address: Address,
  body: ResultReport,
  receipts: Receipts,
  uploaded: ReadonlySet<Digest>,
): void {
  const attempt = reporting(world, address, body);
  if (attempt.report?.result === body.result) return;
  if (!uploaded.has(body.result))
    throw new FrobenError("result_missing", "the result artifact has not been uploaded", {
      status: 422,
      field: "result",
      value: body.result,
      hint: "PUT the artifact first",
    });
  if (attempt.report)
    throw conflict("result_conflict", "the attempt has another result already", {
      field: "result",
      limit: attempt.report.result,
      value: body.result,
    });
  if (attempt.state === "ended")
    throw conflict("attempt_ended", `the attempt has ended: ${attempt.outcome}`, {
      field: "attempt",
      value: body.attempt,
    });
  take(world, attempt, body, receipts);
}

function take(
  world: World,
  attempt: AttemptRun,
  { result, usage }: ResultReport,
  receipts: Receipts,
): void {
  computed(world, attempt);
  attempt.state = "reported";
  attempt.report = { result, usage, receipts: receipts.root };
  world.journal.receipts(receipts);
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

/** @returns the evidence @throws FrobenError 401 `receipt_wrong_key` */
async function checkReceipts(
  world: World,
  operator: Address,
  results: ResultReport[],
  signature: Hex,
): Promise<Receipts> {
  const { chainId, market } = world.deps.calls;
  const commitments = resultCommitments({ chainId, market, operator }, results);
  const signed = receiptsToSign(world.domain, commitments);
  const isDelegate = (signer: Address) =>
    world.deps.chain.account(operator).delegate?.toLowerCase() === signer.toLowerCase();
  if (!(await isSignedFor(signed, signature, operator, isDelegate)))
    throw new FrobenError("receipt_wrong_key", "the receipts are not signed by the operator", {
      status: 401,
      field: "receipts",
    });
  return { root: signed.message.root, commitments, signature };
}
