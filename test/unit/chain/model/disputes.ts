import { zeroHash, type Address, type Hex } from "viem";
import { disputeKey } from "../../../../protocol/dispute-key";
import { VERDICT } from "../../../../protocol/abi";
import { maskOf, unpackTicket, withMask } from "../../../../protocol/ticket";
import {
  addFree,
  BOND,
  COORDINATOR,
  freeOf,
  JURORS,
  nameOf,
  PRICE,
  reopen,
  slotIn,
  tasksIn,
  type Dispute,
  type EventOf,
  type Slot,
  type State,
} from "./state";

// Strikes, void results, demands and juries.

const DEMAND_BOND = 2n;
const JUROR_FEE = 2n;
const JURY_BOND = 5n * JUROR_FEE + 1n;

const OPEN: Dispute["phase"][] = ["demanded", "revealed", "drawing", "voting"];

/** One task of a slot, if it has any. */
const pick = (slot: Slot | undefined, c: number): number | undefined =>
  slot && tasksIn(slot)[c % Math.max(1, tasksIn(slot).length)];

/** One dispute in a phase. */
function disputeIn(state: State, c: number, ...phases: Dispute["phase"][]) {
  const found = [...state.disputes].filter(([, { phase }]) => phases.includes(phase));
  const [key, dispute] = found[c % Math.max(1, found.length)] ?? [];
  return key && dispute ? { key, dispute } : undefined;
}

/** An attempt has ended without pay. */
function reopenAttempt(
  state: State,
  { workflow, task, attempt }: Pick<Dispute, "workflow" | "task" | "attempt">,
): void {
  const taken = state.taken.get(workflow)!;
  if (taken.get(task) === attempt) taken.set(task, -attempt);
}

function struckEvent(
  state: State,
  of: { operator: Address; workflow: number; task: number; attempt: number; slot: number },
  challenger: Address,
): EventOf {
  const { operator, workflow, task, attempt, slot } = of;
  reopenAttempt(state, of);
  return {
    name: "Struck",
    args: {
      operator,
      workflow,
      task,
      attempt,
      challenger,
      slot,
      bond: BOND,
      toChallenger: 3n,
      toRequester: 2n,
      pot: 1n,
    },
  };
}

/** Strikes a task of a batch or, with two receipts, of a claim. */
export function strike(state: State, operator: Address, slot: number, c: number): EventOf[] {
  const held = state.slots.get(nameOf(operator, slot));
  if (held?.state !== "committed" && held?.state !== "claimed") return [];
  const task = pick(held, c);
  if (task === undefined) return [];
  const { workflow, attempt } = unpackTicket(held.ticket);
  leave(held, task);
  return [struckEvent(state, { operator, workflow, task, attempt, slot }, COORDINATOR)];
}

/** Takes a task out of a claim or a batch. */
function leave(held: Slot, task: number): void {
  if (held.state === "committed") {
    held.removed.push(task);
    held.voided = held.voided.filter((other) => other !== task);
    return;
  }
  const { mask } = unpackTicket(held.ticket);
  held.ticket = withMask(held.ticket, mask & ~maskOf([task]));
  if (tasksIn(held).length === 0) held.state = "empty";
}

export function voidResult(state: State, operator: Address, slot: number, c: number): EventOf[] {
  const open = c % 4 === 0 ? disputeIn(state, c, ...OPEN) : undefined;
  if (open && !open.dispute.isVoid) return voidDisputed(state, open.dispute, c);
  const held = slotIn(state, operator, slot, "committed");
  const task = pick(held, c);
  if (!held || task === undefined || held.voided.includes(task)) return [];
  const { workflow, attempt } = unpackTicket(held.ticket);
  held.voided.push(task);
  reopen(state, held.ticket, [task]);
  const more = { culprit: 0, compensation: BigInt(c % 3) };
  return [{ name: "Voided", args: { operator, workflow, task, attempt, slot, ...more } }];
}

function voidDisputed(state: State, dispute: Dispute, c: number): EventOf[] {
  const { operator, workflow, task, attempt, slot } = dispute;
  dispute.isVoid = true;
  reopenAttempt(state, dispute);
  const more = { culprit: 0, compensation: BigInt(c % 3) };
  return [{ name: "Voided", args: { operator, workflow, task, attempt, slot, ...more } }];
}

/** Moves a task out of its slot into a dispute whose caller locks a bond. */
function moveOut(
  state: State,
  operator: Address,
  slot: number,
  task: number,
  call: Pick<Dispute, "phase" | "caller" | "bond"> & Partial<Dispute>,
): { key: Hex; workflow: number } {
  const held = state.slots.get(nameOf(operator, slot))!;
  const { workflow, attempt } = unpackTicket(held.ticket);
  const isVoid = held.voided.includes(task);
  leave(held, task);
  const key = disputeKey({ workflow, task, attempt });
  addFree(state, call.caller, -call.bond);
  const common = { workflow, task, attempt, operator, slot, isVoid };
  state.disputes.set(key, { ...common, demanded: false, isAppeal: false, ...call });
  return { key, workflow };
}

export function demand(
  state: State,
  caller: Address,
  operator: Address,
  slot: number,
  c: number,
): EventOf[] {
  if (freeOf(state, caller) < DEMAND_BOND) return [];
  const call = { phase: "demanded", caller, bond: DEMAND_BOND } as const;
  const open = disputeIn(state, c, "revealed");
  if (open && !open.dispute.demanded) {
    addFree(state, caller, -DEMAND_BOND);
    Object.assign(open.dispute, call, { demanded: true });
    return [demanded(open.key, open.dispute)];
  }
  const task = pick(slotIn(state, operator, slot, "committed"), c);
  if (task === undefined) return [];
  const { key } = moveOut(state, operator, slot, task, { ...call, demanded: true });
  return [demanded(key, state.disputes.get(key)!)];
}

function demanded(key: Hex, { operator, workflow, slot, caller, bond }: Dispute): EventOf {
  return { name: "Demanded", args: { operator, workflow, key, caller, slot, bond, until: 700 } };
}

/** Ends the caller's bond; what is spent went to others. */
function endCall(state: State, key: Hex, dispute: Dispute, back: bigint, spent: bigint): EventOf[] {
  if (dispute.bond === 0n) return [];
  dispute.bond = 0n;
  addFree(state, dispute.caller, back);
  return [{ name: "CallEnded", args: { caller: dispute.caller, key, back, spent } }];
}

export function reveal(state: State, revealer: Address, c: number): EventOf[] {
  const found = disputeIn(state, c, "demanded");
  if (!found) return [];
  const { key, dispute } = found;
  const { operator, workflow, bond } = dispute;
  const ended = endCall(state, key, dispute, 0n, bond);
  dispute.phase = "revealed";
  const args = { operator, workflow, key, revealer, bond, until: 800, result: "0x" } as const;
  return [...ended, { name: "Revealed", args }];
}

function pay(state: State, key: Hex, dispute: Dispute): EventOf[] {
  const { operator, workflow, isVoid } = dispute;
  dispute.phase = "closed";
  addFree(state, operator, BOND);
  const args = { operator, workflow, key, pay: isVoid ? 0n : PRICE, bond: BOND };
  return [{ name: "DisputePaid", args }];
}

/** Strikes what was not revealed, pays what was. */
export function closeDemand(state: State, c: number): EventOf[] {
  const found = disputeIn(state, c, "demanded", "revealed");
  if (!found) return [];
  const { key, dispute } = found;
  if (dispute.phase === "revealed") return pay(state, key, dispute);
  const ended = endCall(state, key, dispute, dispute.bond, 0n);
  dispute.phase = "closed";
  return [...ended, struckEvent(state, dispute, dispute.caller)];
}

function juryCalled(key: Hex, { operator, workflow, slot, caller }: Dispute): EventOf {
  const more = { bond: JURY_BOND, checkProgram: zeroHash, drawBlock: 12n };
  return { name: "JuryCalled", args: { operator, workflow, key, caller, slot, ...more } };
}

/** Calls a jury on a task of a batch, appeals with one of a claim, or goes on with a revealed one. */
export function callJury(
  state: State,
  caller: Address,
  operator: Address,
  slot: number,
  c: number,
): EventOf[] {
  const held = state.slots.get(nameOf(operator, slot));
  const revealed = disputeIn(state, c, "revealed");
  if (freeOf(state, caller) < JURY_BOND) return [];
  if (revealed) {
    addFree(state, caller, -JURY_BOND);
    const call = { phase: "drawing", caller, bond: JURY_BOND } as const;
    Object.assign(revealed.dispute, call);
    return [juryCalled(revealed.key, revealed.dispute)];
  }
  const task = pick(held, c);
  if (!held || task === undefined) return [];
  const isAppeal = held.state === "claimed";
  if (!isAppeal && held.state !== "committed") return [];
  const by = isAppeal ? operator : caller;
  if (freeOf(state, by) < JURY_BOND) return [];
  const call = { phase: "drawing", caller: by, bond: JURY_BOND, isAppeal } as const;
  const { key, workflow } = moveOut(state, operator, slot, task, call);
  const called = juryCalled(key, state.disputes.get(key)!);
  if (!isAppeal) return [called];
  const args = { operator, workflow, key, slot, resultDigest: zeroHash };
  return [{ name: "Appealed", args }, called];
}

/** Draws the jury, names another block, or finds too few jurors. */
export function draw(state: State, c: number): EventOf[] {
  const found = disputeIn(state, c, "drawing");
  if (!found) return [];
  const { key, dispute } = found;
  const { operator, workflow } = dispute;
  if (c % 4 === 0) return [{ name: "DrawPostponed", args: { key, drawBlock: BigInt(20 + c) } }];
  if (c % 4 === 1) {
    const ended = endCall(state, key, dispute, dispute.bond, 0n);
    dispute.phase = "revealed";
    const dismissed: EventOf = {
      name: "CaseDismissed",
      args: { operator, workflow, key, until: 850 },
    };
    const end = dispute.isAppeal ? endVoid(state, key, dispute) : [];
    return [...ended, dismissed, ...end];
  }
  dispute.phase = "voting";
  const jurors = JURORS as unknown as readonly [Address, Address, Address, Address, Address];
  return [{ name: "JuryDrawn", args: { key, jurors, until: 900 } }];
}

/** Opens votes, two bits of `c` for each juror, and closes the case as three of five find. */
export function closeCase(state: State, c: number): EventOf[] {
  const found = disputeIn(state, c, "voting");
  if (!found) return [];
  const { key, dispute } = found;
  const { operator, workflow, caller, bond } = dispute;
  const votes = JURORS.map((_, i) => (c % 7 === i ? 0 : 1 + ((c >> (c % 3)) % 4)));
  if (c % 5 === 0) votes.splice(0, 2, 2, 3);
  const opened = JURORS.flatMap((juror, i): EventOf[] =>
    votes[i] ? [{ name: "VoteOpened", args: { key, juror, verdict: votes[i]! } }] : [],
  );
  const verdict = [1, 2, 3, 4].find((v) => votes.filter((vote) => vote === v).length > 2) ?? 0;
  const paid = votes.filter((vote) => vote !== 0 && (verdict === 0 || vote === verdict)).length;
  const fees = JUROR_FEE * BigInt(paid);
  const closed: EventOf = {
    name: "CaseClosed",
    args: { operator, workflow, key, verdict, fees },
  };
  const frivolous = verdict === VERDICT.valid && caller !== operator;
  const back = frivolous ? 0n : bond - fees;
  const ended = endCall(state, key, dispute, back, bond - back);
  dispute.phase = "closed";
  const events = [...opened, closed, ...ended];
  if (verdict === VERDICT.invalid || verdict === VERDICT.unavailable)
    return [...events, struckEvent(state, dispute, caller)];
  if (verdict === VERDICT.inputsWrong || (verdict === VERDICT.none && dispute.isAppeal))
    return [...events, ...endVoid(state, key, dispute)];
  return [...events, ...pay(state, key, dispute)];
}

/** Unpaid, with its bond back. */
function endVoid(state: State, key: Hex, dispute: Dispute): EventOf[] {
  const { operator, workflow } = dispute;
  dispute.phase = "closed";
  addFree(state, operator, BOND);
  reopenAttempt(state, dispute);
  return [{ name: "DisputeVoided", args: { operator, workflow, key, bond: BOND } }];
}
