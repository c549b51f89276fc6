/** Who calls it: the chain loop. Pure: what the planner sees of holdings and slots. */
import type { Address } from "viem";
import { commitmentHash } from "../../protocol/commitment";
import { toBytes32 } from "../../protocol/digest";
import { RULE } from "../../protocol/terms";
import { placeOf } from "../../protocol/ticket";
import { isDead, type HeldTask, type Holding } from "../holdings/phase";
import type { PlanHolding, PlanTask } from "../plan/plan-types";
import type { Slot, Slots } from "./slots";

/** Who commits, and where. */
export interface CommitContext {
  chainId: number;
  market: Address;
  operator: Address;
}

/** The live slot that holds a task: claimed or committed. */
export function slotOfTask(slots: Slots, { workflow, root, task }: HeldTask): Slot | undefined {
  const { word, bit } = placeOf(task);
  for (const slot of slots.values()) {
    const { claim } = slot;
    if (slot.state === "credited" || claim.workflow !== workflow || claim.root !== root) continue;
    if (claim.word === word && (claim.mask >> BigInt(bit)) & 1n) return slot;
  }
  return undefined;
}

/** A verifier's answer needs no coordinator: then a reported result is enough. */
const isCommittable = (task: HeldTask, rule: number) =>
  task.result !== null &&
  (task.phase === "valid" || (rule === RULE.verifier && task.phase === "reported"));

function planTask(task: HeldTask, rule: number, context: CommitContext): PlanTask {
  const { workflow, attempt, root, result } = task;
  const fields = { ...context, workflow, task: task.task, attempt, root };
  const commitment =
    result === null ? undefined : commitmentHash({ ...fields, resultDigest: toBytes32(result) });
  if (isDead(task.phase))
    return { task: task.task, state: "dead", commitment, release: task.release ?? undefined };
  if (!isCommittable(task, rule)) return { task: task.task, state: "pending" };
  const since = Math.floor((task.committableSince ?? 0) / 1000);
  return { task: task.task, state: "committable", commitment, since };
}

/** @param claimable whether the chain would take the claim now */
export function planHolding(
  { signed, tasks }: Holding,
  id: number,
  claimable: boolean,
  context: CommitContext,
): PlanHolding {
  return {
    id,
    workflow: signed.workflow,
    root: signed.root as PlanHolding["root"],
    claimable,
    claimBy: signed.claimBy,
    mask: BigInt(signed.mask),
    word: signed.word,
    bond: BigInt(signed.terms.bond),
    rule: signed.terms.rule,
    isFinal: signed.terms.isFinal,
    tasks: tasks.map((task) => planTask(task, signed.terms.rule, context)),
  };
}

/**
 * Whether nothing is left to be done about a holding. A commit is not enough: a reorganisation may take it back, and then it must be
 * made again, or the claim is late.
 */
export function isOver(holding: Holding, slots: Slots): boolean {
  if (holding.claim === "wanted") return false;
  return holding.tasks.every((task) => slotOfTask(slots, task) === undefined);
}

/** Whether all of a holding is committed: it only waits for its window to pass. */
export function isCommitted(holding: Holding, slots: Slots): boolean {
  return holding.tasks.every((task) => {
    const slot = slotOfTask(slots, task);
    return slot === undefined ? isDead(task.phase) : slot.state === "committed";
  });
}
