/** Who calls it: the chain loop, once per block or event. Pure: what goes into the next transactions. */
import { RULE } from "../../protocol/terms";
import { ZERO_BYTES32 } from "../../protocol/digest";
import { placeOf } from "../../protocol/task-place";
import type { Slot } from "../chain/slots";
import type {
  Plan,
  PlannedClaim,
  PlannedCommit,
  PlannedExit,
  PlanHolding,
  PlanPolicy,
  PlanState,
  PlanTask,
} from "./plan-types";

/** Commitments of one transaction: the contract reads what it logs, claims included, from at most 64 KiB. */
const MAX_COMMITMENTS = 1_536;

const bitOf = (task: PlanTask) => 1n << BigInt(placeOf(task.task).bit);
const maskOfTasks = (tasks: PlanTask[]) => tasks.reduce((mask, task) => mask | bitOf(task), 0n);

/** Numbers of slots that can take something new: credited ones first, because using them again is cheap. */
function* freeSlots(
  { slots, busy }: Pick<PlanState, "slots" | "busy">,
  settled: Set<number>,
): Generator<number, never> {
  const used = new Set([...slots.map((slot) => slot.slot), ...busy]);
  const reusable = slots.filter(
    (slot) => (slot.state === "credited" || settled.has(slot.slot)) && !busy.has(slot.slot),
  );
  yield* reusable.map((slot) => slot.slot).sort((a, b) => a - b);
  for (let fresh = 0; ; fresh++) if (!used.has(fresh)) yield fresh;
}

const belongsTo = (holding: PlanHolding, { claim }: Slot) =>
  claim.workflow === holding.workflow && claim.root === holding.root && claim.word === holding.word;

/** What to commit of one claimed slot now; undefined: nothing yet. */
function planCommit(
  slot: Slot,
  holding: PlanHolding,
  now: number,
  policy: PlanPolicy,
  nextSlot: () => number,
): PlannedCommit | undefined {
  const { deadline, claim } = slot;
  const { mask } = claim;
  if (now >= deadline) return undefined; // it would revert; what is left is a matter of expiry
  const mine = holding.tasks.filter((task) => (mask & bitOf(task)) !== 0n);
  const ready = mine.filter((task) => task.state === "committable");
  if (ready.length === 0) return undefined;
  const pending = mine.some((task) => task.state === "pending");
  const oldest = Math.min(...ready.map((task) => task.since ?? now));
  const hurry = now >= deadline - policy.deadlineMargin || now - oldest >= policy.commitPatience;
  if (pending && !hurry) return undefined;
  const committed = maskOfTasks(ready);
  const whole = committed === mask;
  return {
    slot: slot.slot,
    ticket: slot.ticket,
    subMask: whole ? 0n : committed,
    mask: committed,
    partSlot: whole ? 0 : nextSlot(),
    commitments: ready.map((task) => task.commitment!),
    needsAcceptance: holding.rule === RULE.accepted,
  };
}

/**
 * What to give back of one claimed slot: with the coordinator's signature; under rule accepted without it; under rule
 * verifier without it only when time runs out, because that costs something, but less than being late; or too late.
 */
function planExit(
  slot: Slot,
  holding: PlanHolding,
  now: number,
  policy: PlanPolicy,
): PlannedExit | undefined {
  const { slot: number, ticket, deadline } = slot;
  if (now > deadline) return { kind: "expire", slot: number, ticket, subMask: 0n };
  const dead = holding.tasks.filter(
    (task) => task.state === "dead" && (slot.claim.mask & bitOf(task)) !== 0n,
  );
  const released = dead.find((task) => task.release !== undefined);
  if (released) {
    const signature = released.release!;
    return { kind: "release", slot: number, ticket, subMask: bitOf(released), signature };
  }
  if (dead.length === 0) return undefined;
  const subMask = maskOfTasks(dead);
  if (holding.rule !== RULE.accepted)
    return now >= deadline - policy.deadlineMargin
      ? { kind: "release", slot: number, ticket, subMask, signature: "0x" }
      : undefined;
  const commitments = dead.map((task) => task.commitment ?? ZERO_BYTES32);
  return { kind: "concede", slot: number, ticket, subMask, commitments };
}

function planClaims(
  state: PlanState,
  now: number,
  policy: PlanPolicy,
  nextSlot: () => number,
): PlannedClaim[] {
  const claims: PlannedClaim[] = [];
  let stake = state.freeStake;
  // The one whose time runs out first goes first.
  const wanted = [...state.holdings].sort((a, b) => a.claimBy - b.claimBy || a.id - b.id);
  for (const holding of wanted) {
    if (claims.length >= policy.maxParts) break;
    if (!holding.claimable || now >= holding.claimBy) continue;
    const isLive = (task: PlanTask) => task.state !== "dead" && (holding.mask & bitOf(task)) !== 0n;
    const live = holding.tasks.filter(isLive);
    const bonds = holding.bond * BigInt(live.length);
    if (live.length === 0 || bonds > stake) continue;
    stake -= bonds;
    const mask = maskOfTasks(live);
    claims.push({
      slot: nextSlot(),
      id: holding.id,
      claimMask: mask === holding.mask ? 0n : mask,
    });
  }
  return claims;
}

/**
 * Decides what to settle, commit, claim and give back next.
 * Claims that must land are never held up; settles wait for company, up to a limit; of one slot only one thing happens
 * at a time, since each changes its ticket.
 * @param now Unix time of the chain, seconds
 */
export function plan(state: PlanState, now: number, policy: PlanPolicy): Plan {
  const matured = state.slots
    .filter((slot) => slot.state === "committed" && slot.maturesAt <= now)
    .filter((slot) => !state.busy.has(slot.slot))
    .sort((a, b) => a.maturesAt - b.maturesAt)
    .slice(0, policy.maxParts);
  const settled = new Set(matured.map((slot) => slot.slot));

  function work(): Omit<Plan, "settles"> {
    const free = freeSlots(state, settled);
    const nextSlot = () => free.next().value;
    const commits: PlannedCommit[] = [];
    const exits: PlannedExit[] = [];
    let room = MAX_COMMITMENTS;
    for (const slot of state.slots) {
      if (slot.state !== "claimed" || state.busy.has(slot.slot)) continue;
      const holding = state.holdings.find((one) => belongsTo(one, slot));
      if (!holding) {
        // A claim of an assignment that the journal lost: nothing will come of it.
        if (now > slot.deadline)
          exits.push({ kind: "expire", slot: slot.slot, ticket: slot.ticket, subMask: 0n });
        continue;
      }
      const fits = commits.length < policy.maxParts && holding.tasks.length <= room;
      const commit =
        fits && !holding.isFinal ? planCommit(slot, holding, now, policy, nextSlot) : undefined;
      if (commit) {
        commits.push(commit);
        room -= commit.commitments.length;
      } else {
        const exit = planExit(slot, holding, now, policy);
        if (exit) exits.push(exit);
      }
    }
    return { commits, exits, claims: planClaims(state, now, policy, nextSlot) };
  }

  const next = work();
  const company = next.commits.length + next.claims.length > 0;
  const overdue = matured.some((slot) => now - slot.maturesAt >= policy.settlePatience);
  if (!company && !overdue) return { settles: [], ...next };
  const settles = matured.map(({ slot, ticket, commitments }) => ({ slot, ticket, commitments }));
  return { settles, ...next };
}
