import type { Hex } from "viem";
import { marketAbi } from "../../protocol/abi";
import { assignmentPath, leavesOf } from "../../protocol/assignment";
import { commitmentHash, openCommitment } from "../../protocol/commitment";
import { toBytes32 } from "../../protocol/digest";
import { disputeKey } from "../../protocol/dispute-key";
import { verifiedCallGas } from "../../protocol/gas";
import type { SignedAssignment } from "../../protocol/http";
import { tasksOf, ticketStruct, unpackTicket } from "../../protocol/ticket";
import type { ChainTask } from "./facade";
import type { AttemptRun } from "./model";
import { park } from "./ready";
import { send, type MarketCall } from "./send";
import type { World } from "./world";

const LOOK_AGAIN_MS = 5_000;
/** Gives the call that strikes a wrong result, from the bytes of statement and result. */
type Strike = { purpose: string; call(statement: Hex, result: Hex): MarketCall };

/** @returns how a wrong result is struck where it stands now; undefined while nothing is committed */
function strikeOf(
  world: World,
  attempt: AttemptRun,
  claim: ChainTask,
  body: SignedAssignment,
): Strike | undefined {
  const { task } = attempt;
  const { judge } = task.run.work!.terms[task.stepIndex]!;
  const leaves = leavesOf(body);
  const line = leaves.findIndex((leaf) => leaf.task === task.index);
  const leaf = { leaf: leaves[line]!, path: assignmentPath(leaves, line) };
  const { root, number } = attempt;
  const key = disputeKey({ workflow: task.run.id, task: task.index, attempt: number });
  // Whoever has moved it into a dispute hides it from nobody.
  if (world.deps.chain.openDisputes(task.run.id).some((dispute) => dispute.key === key))
    return {
      purpose: `challengeDisputed/${attempt.key}`,
      call: (statement, result) => ({
        abi: marketAbi,
        functionName: "challengeDisputed",
        args: [key, root, judge, leaf, statement, result],
      }),
    };
  const batch = world.deps.chain.batch(claim.operator, claim.slot);
  if (batch?.state !== "committed") return undefined;
  const { operator, slot, ticket, commitments } = batch;
  const { word, mask } = unpackTicket(ticket);
  const position = tasksOf(word, mask).indexOf(task.index);
  const commitment = openCommitment(commitments, position);
  const opening = { operator, slot, ticket: ticketStruct(ticket), root, commitment };
  return {
    purpose: `challenge/${attempt.key}`,
    call: (statement, result) => ({
      abi: marketAbi,
      functionName: "challenge",
      args: [opening, judge, leaf, statement, result],
    }),
  };
}

/** Strikes a wrong result, once it is committed. */
export function challengeIfCommitted(world: World, attempt: AttemptRun): void {
  const { task } = attempt;
  const { chain, store, calls } = world.deps;
  if (attempt.challenge !== "due") return;
  const claim = chain.task(task.run.id, task.index);
  // A void result is struck all the same: its bond is still at stake.
  const stands = claim?.pay === "committed" || claim?.pay === "void" || claim?.pay === "disputed";
  if (!stands || claim.root !== attempt.root) return;
  const body = world.assignmentBody(attempt.root);
  const strike = body && strikeOf(world, attempt, claim, body);
  if (!strike) return;
  const commitment = commitmentHash({
    chainId: calls.chainId,
    market: calls.market,
    workflow: task.run.id,
    task: task.index,
    attempt: attempt.number,
    operator: attempt.operator,
    root: attempt.root,
    resultDigest: toBytes32(attempt.report!.result),
  });
  if (claim.commitment !== commitment) {
    attempt.challenge = "done";
    world.challenges.delete(`${task.run.id}/${task.index}`);
    world.journal.attempt(attempt);
    world.deps.log.warn(
      { workflow: task.run.id, task: task.index, operator: attempt.operator },
      "committed to another result than it reported",
    );
    return;
  }
  attempt.challenge = "sent";
  world.journal.attempt(attempt);
  const line = body.tasks.find((assigned) => assigned.task === task.index)!;
  const statement = line.inputs[task.step.statement!]!.digest;
  world.later("challenging", { attempt: attempt.key }, async () => {
    const [statementBytes, result] = await Promise.all([
      store.read(statement),
      store.read(attempt.report!.result),
    ]);
    const hex = (bytes: Uint8Array) => `0x${Buffer.from(bytes).toString("hex")}` as const;
    const ended = (sent: boolean) => {
      // Tried again while the commitment stands: the chain tables say whether somebody else was first.
      if (sent || attempt.challenge !== "sent") return;
      attempt.challenge = "due";
      world.journal.attempt(attempt);
      world.chores.set(`challenge/${task.run.id}/${task.index}`, world.now() + LOOK_AGAIN_MS);
    };
    const { verifierGas } = task.run.work!.terms[task.stepIndex]!.judge;
    const call = strike.call(hex(statementBytes), hex(result));
    send(world, strike.purpose, call, ended, (data) => verifiedCallGas(verifierGas, data));
    // The next operator may compute while the strike is under way.
    park(world, task);
  });
}

/** A strike was seen on-chain. */
export function struck(world: World, attempt: AttemptRun): void {
  if (attempt.challenge === "done") return;
  attempt.challenge = "done";
  world.challenges.delete(`${attempt.task.run.id}/${attempt.task.index}`);
  world.journal.attempt(attempt);
  const operator = world.operators.get(attempt.operator);
  if (!operator) return;
  operator.struck++;
  world.journal.operator(operator);
}
