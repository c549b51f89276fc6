import type { Hex } from "viem";
import { assignmentLeafHash, openingDigest, type Leaf } from "../../../protocol/assignment";
import { verifyMerklePath } from "../../../protocol/merkle";
import { placeText, type EventOf } from "../chain/market-event";
import { attemptKey } from "../replay/ledger";
import type { CallOf } from "./calls";
import { claimOf } from "./claim-of";
import { THROUGH_CONTRACT, type Scene } from "./scene";

type VoidCall = CallOf<"voidResult"> | CallOf<"voidDisputed">;

/** What a call shows: the leaf under its root, its inputs, and which of them was struck. */
function partsOf(call: VoidCall) {
  switch (call.functionName) {
    case "voidResult": {
      const [, , { leaf, path }, inputs, index] = call.args;
      return { leaf, path, inputs, index };
    }
    case "voidDisputed": {
      const [, , , { leaf, path }, inputs, index] = call.args;
      return { leaf, path, inputs, index };
    }
  }
}

/** What strikes have left so far, by attempt. */
type Pots = Map<string, bigint>;

function checkVoid(scene: Scene, event: EventOf<"Voided">, pots: Pots): void {
  const check = scene.recorder.check("Every void result was built on a struck one");
  const call = scene.calls.get(event.tx)?.call;
  if (call?.functionName !== "voidResult" && call?.functionName !== "voidDisputed") {
    check.skip(THROUGH_CONTRACT);
    return;
  }
  const where = placeText(event);
  const { args } = event;
  const { leaf, path, inputs, index } = partsOf(call);
  const claim = claimOf(scene, args);
  check.expect(
    claim !== undefined &&
      leaf.task === args.task &&
      leaf.attempt === (claim.open ? 0 : args.attempt) &&
      isUnder(leaf, path, claim.root) &&
      leaf.inputsDigest === openingDigest(inputs),
    "void_leaf",
    where,
    "the inputs opened are not those that were assigned",
  );
  const source = inputs.inputs[Number(index)]?.source ?? 0n;
  const [task, attempt] = [Number((source >> 16n) & 0xffffffffn), Number(source & 0xffffn)];
  const key = attemptKey(args.workflow, task, attempt);
  const pot = pots.get(key);
  check.expect(
    source >> 48n === 1n && task === args.culprit && pot !== undefined,
    "void_source",
    where,
    () => `the input is of task ${task} attempt ${attempt}, which was not struck before`,
  );
  if (pot === undefined || !claim) return;
  const due = pot < claim.price ? pot : claim.price;
  check.expect(
    args.compensation === due,
    "compensation_amount",
    where,
    () => `${args.compensation} units, of a price of ${claim.price} the pot of ${pot} pays ${due}`,
  );
  pots.set(key, pot - args.compensation);
}

const isUnder = (leaf: Leaf, path: readonly Hex[], root: Hex): boolean =>
  verifyMerklePath(assignmentLeafHash(leaf), [...path], root);

/** Re-opens, from calldata, why each void result is void, and which strike it was compensated from. */
export function checkVoids(scene: Scene): void {
  const pots: Pots = new Map();
  for (const event of scene.events) {
    if (event.name === "Struck") {
      const { workflow, task, attempt, pot } = event.args;
      pots.set(attemptKey(workflow, task, attempt), pot);
    }
    if (event.name === "Voided") checkVoid(scene, event, pots);
  }
}
