import { assignmentLeafHash } from "../../../protocol/assignment";
import { commitmentHash } from "../../../protocol/commitment";
import { sha256, toBytes32 } from "../../../protocol/digest";
import { verifyMerklePath } from "../../../protocol/merkle";
import { hexToBytes, type Hex } from "viem";
import { placeText, type EventOf } from "../chain/market-event";
import { attemptKey } from "../replay/ledger";
import type { CallOf } from "./calls";
import { THROUGH_CONTRACT, type Scene } from "./scene";
import { askVerifier } from "./verifier-call";

const sha256Hex = (bytes: Hex): Hex => toBytes32(sha256(hexToBytes(bytes)));

type Opened = CallOf<"challenge">["args"] | CallOf<"submitFinal">["args"];

/** The parts that a challenge and a final proof open alike. */
function partsOf(call: CallOf<"challenge"> | CallOf<"submitFinal">) {
  const args = call.args as Opened;
  const [leaf, leafPath, statement, result] = args.slice(-4) as [
    CallOf<"challenge">["args"][5],
    readonly Hex[],
    Hex,
    Hex,
  ];
  const ticket = call.functionName === "challenge" ? call.args[2] : call.args[1];
  const opening = call.functionName === "challenge" ? call.args[3] : call.args[2];
  return { ticket, terms: opening.terms, leaf, leafPath, statement, result };
}

/** Whether a leaf is of this task, under the ticket's root, and binds the statement that was opened. */
function leafHolds(parts: ReturnType<typeof partsOf>, task: number): boolean {
  const { leaf, leafPath, ticket, statement } = parts;
  return (
    leaf.task === task &&
    leaf.statementDigest === sha256Hex(statement) &&
    verifyMerklePath(assignmentLeafHash(leaf), [...leafPath], ticket.root)
  );
}

/** The terms of a task's step, from the event that opened the workflow. */
function stepTerms(scene: Scene, workflow: number, task: number) {
  return scene.ledger.workflows
    .get(workflow)
    ?.steps.find(({ firstTask, maxTasks }) => task >= firstTask && task < firstTask + maxTasks);
}

async function checkStrike(scene: Scene, event: EventOf<"Struck">): Promise<void> {
  const { args, block } = event;
  const check = scene.recorder.check("Every strike is backed by its verifier's no");
  const where = placeText(event);
  const call = scene.calls.get(event.tx)?.call;
  if (call?.functionName !== "challenge") {
    check.skip(THROUGH_CONTRACT);
    return;
  }
  const parts = partsOf(call);
  const { workflow, task, attempt, operator } = args;
  check.expect(
    leafHolds(parts, task) && parts.leaf.attempt === attempt,
    "strike_leaf",
    where,
    "the statement opened is not the one that was assigned",
  );
  const committed = scene.ledger.committed.get(attemptKey(workflow, task, attempt));
  const opened = commitmentHash({
    chainId: scene.chainId,
    market: scene.market,
    workflow,
    task,
    attempt,
    operator,
    root: parts.ticket.root,
    resultDigest: sha256Hex(parts.result),
  });
  check.expect(
    committed?.commitment === opened,
    "strike_commitment",
    where,
    "the result opened is not the one that was committed",
  );
  const terms = stepTerms(scene, workflow, task) ?? parts.terms;
  const valid = await askVerifier(scene.client, {
    ...terms,
    statement: parts.statement,
    result: parts.result,
    blockNumber: BigInt(block),
  });
  check.expect(
    !valid,
    "strike_of_valid_result",
    where,
    `verifier ${terms.verifier} accepts the result that was struck`,
  );
}

async function checkFinal(scene: Scene, event: EventOf<"FinalAccepted">): Promise<void> {
  const { args, block } = event;
  const check = scene.recorder.check("Every final proof passes its verifier");
  const where = placeText(event);
  const call = scene.calls.get(event.tx)?.call;
  if (call?.functionName !== "submitFinal") {
    check.skip(THROUGH_CONTRACT);
    return;
  }
  const parts = partsOf(call);
  check.expect(
    leafHolds(parts, args.task) && sha256Hex(parts.statement) === args.statementDigest,
    "final_leaf",
    where,
    "the statement proved is not the one that was assigned",
  );
  check.expect(
    sha256Hex(parts.result) === args.resultDigest,
    "final_result",
    where,
    "the proof is not the one that the event names",
  );
  const terms = stepTerms(scene, args.workflow, args.task) ?? parts.terms;
  const valid = await askVerifier(scene.client, {
    ...terms,
    statement: parts.statement,
    result: parts.result,
    blockNumber: BigInt(block),
  });
  check.expect(
    valid,
    "final_proof_invalid",
    where,
    `verifier ${terms.verifier} does not accept the proof`,
  );
}

/** Re-opens, from calldata alone, the evidence of every strike and every final proof. */
export async function checkOpenedResults(scene: Scene): Promise<void> {
  for (const event of scene.events) {
    if (event.name === "Struck") await checkStrike(scene, event);
    if (event.name === "FinalAccepted") await checkFinal(scene, event);
  }
}
