import type { Hex } from "viem";
import { TYPES } from "../../protocol/eip712";
import { maskOf, placeOf } from "../../protocol/ticket";
import type { AttemptRun } from "./model";
import type { World } from "./world";
import type { SignedAssignment } from "../../protocol/http";

/** Signs an assignment for its operator. */
export function signAssignment(world: World, body: SignedAssignment): Promise<Hex> {
  return world.deps.account.signTypedData({
    domain: world.domain,
    types: TYPES,
    primaryType: "Assignment",
    message: {
      workflow: body.workflow,
      step: body.step,
      operator: body.operator as Hex,
      attempt: body.attempt,
      word: body.word,
      mask: BigInt(body.mask),
      price: BigInt(body.price),
      claimBy: body.claimBy,
      root: body.root as Hex,
    },
  });
}

/** Signs one task out of its claim, so that the holder can give it back free of penalty. */
export function signRelease(world: World, attempt: AttemptRun): Promise<Hex> {
  const { task } = attempt;
  return world.deps.account.signTypedData({
    domain: world.domain,
    types: TYPES,
    primaryType: "Release",
    message: {
      workflow: task.run.id,
      step: task.stepIndex,
      operator: attempt.operator,
      attempt: attempt.number,
      word: placeOf(task.index).word,
      mask: maskOf([task.index]),
      root: attempt.root,
    },
  });
}

/** Signs that the results behind a batch of commitments were accepted. */
export function signAcceptance(
  world: World,
  batch: {
    workflow: number;
    step: number;
    operator: Hex;
    attempt: number;
    word: number;
    mask: bigint;
    root: Hex;
    commitmentsRoot: Hex;
  },
): Promise<Hex> {
  return world.deps.account.signTypedData({
    domain: world.domain,
    types: TYPES,
    primaryType: "Acceptance",
    message: batch,
  });
}
