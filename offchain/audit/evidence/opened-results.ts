import { hexToBytes, isAddressEqual, type Hex } from "viem";
import { assignmentLeafHash } from "../../../protocol/assignment";
import { commitmentHash } from "../../../protocol/commitment";
import { sha256, toBytes32 } from "../../../protocol/digest";
import { verifyMerklePath } from "../../../protocol/merkle";
import { placeText, type EventOf } from "../chain/market-event";
import { attemptKey } from "../replay/ledger";
import type { CallOf } from "./calls";
import { claimOf, isBefore } from "./claim-of";
import { checkReceipts } from "./receipts";
import { THROUGH_CONTRACT, type Scene } from "./scene";
import { askVerifier } from "./verifier-call";

const sha256Hex = (bytes: Hex): Hex => toBytes32(sha256(hexToBytes(bytes)));

const INVALID = "Every strike for an invalid result is backed by its verifier's no";

type OpeningCall = CallOf<"challenge"> | CallOf<"challengeDisputed"> | CallOf<"submitFinal">;

/** The parts that challenges and a final proof open alike. */
function partsOf(call: OpeningCall) {
  switch (call.functionName) {
    case "challenge": {
      const [{ root }, judge, { leaf, path }, statement, result] = call.args;
      return { root, judge, leaf, path, statement, result };
    }
    case "challengeDisputed": {
      const [, root, judge, { leaf, path }, statement, result] = call.args;
      return { root, judge, leaf, path, statement, result };
    }
    case "submitFinal": {
      const [, , , root, judge, { leaf, path }, statement, result] = call.args;
      return { root, judge, leaf, path, statement, result };
    }
  }
}

/** Whether a leaf is of this task, under the assignment's root, and binds the statement that was opened. */
function leafHolds(parts: ReturnType<typeof partsOf>, task: number): boolean {
  const { leaf, path, root, statement } = parts;
  return (
    leaf.task === task &&
    leaf.statementDigest === sha256Hex(statement) &&
    verifyMerklePath(assignmentLeafHash(leaf), [...path], root)
  );
}

/** The terms of a task's step, from the event that opened the workflow. */
function stepTerms(scene: Scene, workflow: number, task: number) {
  return scene.ledger.workflows
    .get(workflow)
    ?.steps.find(({ firstTask, maxTasks }) => task >= firstTask && task < firstTask + maxTasks);
}

/** Holds a strike for a result that was not revealed against the demand. */
function checkWithheld(scene: Scene, event: EventOf<"Struck">, key: Hex): void {
  const demand = scene.events.findLast(
    (one) => one.name === "Demanded" && one.args.key === key && isBefore(one, event),
  ) as EventOf<"Demanded"> | undefined;
  scene.recorder
    .check("Every strike for a withheld result comes after its demand ran out")
    .expect(
      demand !== undefined &&
        event.time > demand.args.until &&
        isAddressEqual(demand.args.caller, event.args.challenger),
      "strike_before_demand",
      placeText(event),
      "nobody had demanded the result, or there was still time to reveal it",
    );
}

/** Re-opens what a strike rests on; what jurors found, the replay knows. */
async function checkStrike(scene: Scene, event: EventOf<"Struck">): Promise<void> {
  const call = scene.calls.get(event.tx)?.call;
  switch (call?.functionName) {
    case "challenge":
    case "challengeDisputed":
      return checkInvalid(scene, event, call);
    case "strikeReceipt":
    case "strikeReceiptDisputed":
    case "strikeReceipts":
      return checkReceipts(scene, event, call);
    case "closeDemand":
      return checkWithheld(scene, event, call.args[0]);
    case "closeCase":
      return;
    default:
      scene.recorder.check(INVALID).skip(THROUGH_CONTRACT);
  }
}

async function checkInvalid(
  scene: Scene,
  event: EventOf<"Struck">,
  call: OpeningCall,
): Promise<void> {
  const { args, block } = event;
  const check = scene.recorder.check(INVALID);
  const where = placeText(event);
  const parts = partsOf(call);
  const { workflow, task, attempt, operator } = args;
  check.expect(
    leafHolds(parts, task) && parts.leaf.attempt === (claimOf(scene, args)?.open ? 0 : attempt),
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
    root: parts.root,
    resultDigest: sha256Hex(parts.result),
  });
  check.expect(
    committed?.commitment === opened,
    "strike_commitment",
    where,
    "the result opened is not the one that was committed",
  );
  const terms = stepTerms(scene, workflow, task)?.judge ?? parts.judge;
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
  const terms = stepTerms(scene, args.workflow, args.task)?.judge ?? parts.judge;
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
