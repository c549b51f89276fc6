/** Who calls it: the chain loop. Pure: what the planner sees of holdings and slots. */
import type { Address, Hex } from "viem";
import { commitmentHash } from "../../protocol/commitment";
import { toBytes32, type Digest } from "../../protocol/digest";
import { RULE } from "../../protocol/terms";
import { placeOf } from "../../protocol/task-place";
import { isDead, isUnclaimed, type HeldTask, type Holding } from "../holdings/phase";
import type { PlanHolding, PlanTask } from "../plan/plan-types";
import type { Slot, Slots } from "./slots";

/** Who commits, and where. */
export interface CommitContext {
  chainId: number;
  market: Address;
  operator: Address;
}

/** Slots by what is claimed in them, for each view of them: views are replaced, never changed. */
const indexes = new WeakMap<Slots, Map<string, Slot[]>>();
const keyOf = (workflow: number, root: string) => `${workflow}/${root}`;

/** All slots that hold, or held last, a part of an assignment. */
export function slotsOf(slots: Slots, workflow: number, root: string): readonly Slot[] {
  let index = indexes.get(slots);
  if (!index) {
    index = new Map();
    for (const slot of slots.values()) {
      const key = keyOf(slot.claim.workflow, slot.claim.root);
      const same = index.get(key);
      if (same) same.push(slot);
      else index.set(key, [slot]);
    }
    indexes.set(slots, index);
  }
  return index.get(keyOf(workflow, root)) ?? [];
}

/** The live slot that holds a task: claimed or committed. */
export function slotOfTask(slots: Slots, { workflow, root, task }: HeldTask): Slot | undefined {
  const { word, bit } = placeOf(task);
  return slotsOf(slots, workflow, root).find(
    ({ state, claim }) =>
      state !== "credited" && claim.word === word && ((claim.mask >> BigInt(bit)) & 1n) === 1n,
  );
}

/** A verifier's answer needs no coordinator: then a reported result is enough. */
const isCommittable = (task: HeldTask, rule: number) =>
  task.result !== null &&
  (task.phase === "valid" || (rule === RULE.verifier && task.phase === "reported"));

/** Commitments that were computed, with the result that each is to: plans are made over and over. */
const commitments = new WeakMap<HeldTask, { result: Digest; commitment: Hex }>();

function commitmentOf(task: HeldTask, context: CommitContext): Hex | undefined {
  const { workflow, attempt, root, result } = task;
  if (result === null) return undefined;
  const known = commitments.get(task);
  if (known?.result === result) return known.commitment;
  const fields = { ...context, workflow, task: task.task, attempt, root };
  const commitment = commitmentHash({ ...fields, resultDigest: toBytes32(result) });
  commitments.set(task, { result, commitment });
  return commitment;
}

function planTask(task: HeldTask, rule: number, context: CommitContext): PlanTask {
  const commitment = commitmentOf(task, context);
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
  if (isUnclaimed(holding)) return false;
  return holding.tasks.every((task) => slotOfTask(slots, task) === undefined);
}

/** Whether all of a holding is committed: it only waits for its window to pass. */
export function isCommitted(holding: Holding, slots: Slots): boolean {
  const { workflow, root, mask } = holding.signed;
  const own = slotsOf(slots, workflow, root);
  if (own.length > 0 && own.every((slot) => slot.state === "committed")) {
    const committed = own.reduce((all, { claim }) => all | claim.mask, 0n);
    if (committed === BigInt(mask)) return true; // as almost always: no need to look at each task
  }
  return holding.tasks.every((task) => {
    const slot = slotOfTask(slots, task);
    return slot === undefined ? isDead(task.phase) : slot.state === "committed";
  });
}
