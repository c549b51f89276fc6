import { encodeFunctionData, type Address } from "viem";
import { marketAbi, WORKFLOW_STATUS } from "../../protocol/abi";
import { assignmentPath, inputsDigest, type Leaf } from "../../protocol/assignment";
import { commitmentHash, openCommitment } from "../../protocol/commitment";
import { toBytes32, type Bytes32 } from "../../protocol/digest";
import type { SignedAssignment } from "../../protocol/http";
import { tasksOf, unpackTicket } from "../../protocol/ticket";
import { termsOpening } from "../../protocol/terms";
import type { ChainBatch } from "./facade";
import type { AttemptRun, Run } from "./model";
import { park } from "./ready";
import { allDone } from "./runs";
import type { World } from "./world";

/** How long after its deadline a claim that nobody takes over is ended by the coordinator, seconds. */
const EXPIRE_AFTER_SECONDS = 10;
const LOOK_AGAIN_MS = 5_000;

/** Sends one of the coordinator's own transactions in the background; what was sent before is not sent again. */
function send(
  world: World,
  purpose: string,
  call: Parameters<typeof encodeFunctionData<typeof marketAbi>>[0],
  then: (sent: boolean) => void = () => {},
): void {
  const work = async () => {
    const data = encodeFunctionData(call);
    try {
      const { hash } = await world.deps.sender.send(purpose, {
        to: world.deps.calls.market,
        data,
      });
      world.deps.log.info({ purpose, hash }, "transaction included");
      then(true);
    } catch (error) {
      then(false);
      throw error;
    }
  };
  world.later(`sending ${purpose}`, { purpose }, work, "chain");
}

/** The leaves under an assignment's root, as it was signed. */
function leavesOf(body: SignedAssignment): Leaf[] {
  return body.tasks.map(({ inputs, task, attempt, statementDigest, decisionDigest }) => ({
    task,
    attempt,
    inputsDigest: inputsDigest(body.program, body.params, inputs),
    statementDigest: statementDigest as Bytes32,
    decisionDigest: decisionDigest as Bytes32,
  }));
}

/** Strikes a wrong result, once it is committed. */
export function challengeIfCommitted(world: World, attempt: AttemptRun): void {
  const { task } = attempt;
  const { chain, store, calls } = world.deps;
  if (attempt.challenge !== "due") return;
  const claim = chain.task(task.run.id, task.index);
  if (claim?.pay !== "committed" || claim.root !== attempt.root) return;
  const batch = chain.batch(claim.operator, claim.slot);
  const body = world.assignmentBody(attempt.root);
  if (batch?.state !== "committed" || !body) return;
  const ticket = { head: batch.head, tail: batch.tail, root: batch.root };
  const { word, mask } = unpackTicket(ticket);
  const position = tasksOf(word, mask).indexOf(task.index);
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
  if (batch.commitments[position]?.toLowerCase() !== commitment) {
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
  const leaves = leavesOf(body);
  const line = leaves.findIndex((leaf) => leaf.task === task.index);
  const statement = body.tasks[line]!.inputs[task.step.statement!]!;
  world.later("challenging", { attempt: attempt.key }, async () => {
    const [statementBytes, result] = await Promise.all([
      store.read(statement),
      store.read(attempt.report!.result),
    ]);
    const hex = (bytes: Uint8Array) => `0x${Buffer.from(bytes).toString("hex")}` as const;
    send(
      world,
      `challenge/${attempt.key}`,
      {
        abi: marketAbi,
        functionName: "challenge",
        args: [
          attempt.operator,
          claim.slot,
          ticket,
          termsOpening(task.run.work!.terms, task.stepIndex),
          openCommitment(batch.commitments, position),
          leaves[line]!,
          assignmentPath(leaves, line),
          hex(statementBytes),
          hex(result),
        ],
      },
      (sent) => {
        // Tried again while the commitment stands: the chain tables say whether somebody else was first.
        if (sent || attempt.challenge !== "sent") return;
        attempt.challenge = "due";
        world.journal.attempt(attempt);
        world.chores.set(`challenge/${task.run.id}/${task.index}`, world.now() + LOOK_AGAIN_MS);
      },
    );
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

/**
 * Does on-chain what a workflow needs to come to rest: declares that no task is left, ends claims that nobody will deliver, and notes
 * when nothing can be paid any more.
 */
export function closeRun(world: World, run: Run): void {
  if (run.settled) return;
  const ended = run.state !== "running";
  if (!ended && !allDone(run)) return;
  const chain = world.deps.chain.workflow(run.id);
  if (!chain) return;
  const live = world.deps.chain.liveBatches(run.id);
  const claimed = live.filter((batch) => batch.state === "claimed");
  const hasFinal = run.work?.spec.steps.some((step) => step.final) ?? true;
  // Claims that stand can still be delivered and paid after that; only new ones can't be made.
  if (!hasFinal && chain.status === WORKFLOW_STATUS.open)
    if (run.state === "running" || run.state === "failed")
      send(world, `finish/${run.id}`, {
        abi: marketAbi,
        functionName: "finish",
        args: [run.id],
      });
  for (const batch of claimed) expireIfLapsed(world, batch);
  const claimable = chain.status === WORKFLOW_STATUS.open && !world.passed(run.claimableUntil);
  if (ended && live.length === 0 && !claimable) {
    run.settled = true;
    world.chores.clear(`close/${run.id}`);
    world.touch(run);
  } else if (claimed.length > 0 || claimable)
    world.chores.set(`close/${run.id}`, world.now() + LOOK_AGAIN_MS);
}

function expireIfLapsed(world: World, batch: ChainBatch): void {
  if (!world.passed(batch.deadline + EXPIRE_AFTER_SECONDS)) return;
  const ticket = { head: batch.head, tail: batch.tail, root: batch.root };
  const what = `${batch.operator}/${batch.slot}/${batch.root}/${batch.tail.toString(16)}`;
  send(world, `expire/${what}`, {
    abi: marketAbi,
    functionName: "expire",
    args: [batch.operator as Address, batch.slot, ticket],
  });
}
