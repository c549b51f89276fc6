import { zeroHash, type Address, type Hex } from "viem";
import type { Operations } from "../../../../protocol/operations";
import { judgeHash } from "../../../../protocol/terms";
import { maskOf, packTicket, unpackTicket, withMask } from "../../../../protocol/ticket";
import {
  addFree,
  advanced,
  BOND,
  COORDINATOR,
  freeOf,
  nameOf,
  PRICE,
  reopen,
  slotIn,
  tasksIn,
  TERMS,
  type EventOf,
  type State,
} from "./state";

// Claims, commitments and how they end. A function that can't do what it is asked for does nothing.

type Parts = Partial<Operations>;

/** Tasks that an operator can claim now, with the attempt that it then makes. */
function offerFor(state: State, operator: Address, slot: number, c: number) {
  const held = state.slots.get(nameOf(operator, slot));
  if (state.workflows === 0 || (held && held.state !== "credited" && held.state !== "empty"))
    return undefined;
  const workflow = 1 + (c % state.workflows);
  const taken = state.taken.get(workflow)!;
  const first = (c % 4) * 48;
  const tasks = Array.from({ length: 1 + (c % 5) }, (_, i) => first + i).filter(
    (task) => task < 192 && (taken.get(task) ?? -0.5) < 0,
  );
  if (tasks.length === 0 || freeOf(state, operator) < BOND * BigInt(tasks.length)) return undefined;
  const former = tasks.map((task) => Math.abs(Math.trunc(taken.get(task) ?? 0)));
  return { workflow, tasks, attempt: 1 + Math.max(...former) };
}

/** Puts a claim into a slot. @returns its ticket */
function hold(
  state: State,
  operator: Address,
  slot: number,
  claim: { workflow: number; tasks: number[]; attempt: number; open: boolean },
) {
  const { workflow, tasks, attempt, open } = claim;
  for (const task of tasks) state.taken.get(workflow)!.set(task, attempt);
  addFree(state, operator, -BOND * BigInt(tasks.length));
  const ticket = packTicket({
    workflow,
    step: 0,
    attempt,
    word: 0,
    price: PRICE,
    bond: BOND,
    rule: TERMS.rule,
    window: TERMS.window,
    open,
    mask: maskOf(tasks),
    root: zeroHash,
    judgeHash: judgeHash(TERMS.judge),
  });
  const slotNow = { ticket, state: "claimed", removed: [], voided: [] } as const;
  state.slots.set(nameOf(operator, slot), { ...slotNow, removed: [], voided: [] });
  return ticket;
}

function claimOf(
  state: State,
  operator: Address,
  slot: number,
  offer: { workflow: number; tasks: number[]; attempt: number },
): Parts {
  const { workflow, tasks, attempt } = offer;
  hold(state, operator, slot, { ...offer, open: false });
  const assignment = {
    workflow,
    step: 0,
    attempt,
    word: 0,
    mask: maskOf(tasks),
    price: PRICE,
    claimBy: 0,
    root: zeroHash,
  };
  const opening = { terms: TERMS, path: [] };
  const claim = {
    slot,
    assignment,
    claimMask: 0n,
    signature: "0x",
    opening,
    takeOvers: [],
  } as const;
  return { claims: [{ ...claim, takeOvers: [] }] };
}

export function claim(state: State, operator: Address, slot: number, c: number): Parts {
  const offer = offerFor(state, operator, slot, c);
  return offer ? claimOf(state, operator, slot, offer) : {};
}

/** Claims without the coordinator. */
export function claimOpen(state: State, operator: Address, slot: number, c: number): EventOf[] {
  const offer = offerFor(state, operator, slot, c);
  if (!offer) return [];
  const { money, scope, root, judgeHash } = hold(state, operator, slot, { ...offer, open: true });
  const ticket = { money, scope, bound: zeroHash };
  const { workflow } = offer;
  const args = { operator, workflow, slot, ticket, root, judgeHash, deadline: 500 };
  return [{ name: "OpenClaimed", args }];
}

export function commit(state: State, operator: Address, slot: number, c: number): Parts {
  const held = slotIn(state, operator, slot, "claimed");
  if (!held) return {};
  const tasks = tasksIn(held);
  const commitments = (of: number[]): Hex[] =>
    of.map((task): Hex => `0x${task.toString(16).padStart(64, "0")}`);
  const { ticket } = held;
  const common = { slot, ticket, acceptance: "0x" } as const;
  const part = tasks.slice(0, c % tasks.length);
  const partSlot = 10 + c;
  if (part.length === 0 || state.slots.has(nameOf(operator, partSlot))) {
    held.state = "committed";
    return { commits: [{ ...common, subMask: 0n, partSlot, commitments: commitments(tasks) }] };
  }
  const subMask = maskOf(part);
  held.ticket = withMask(ticket, unpackTicket(ticket).mask & ~subMask);
  state.slots.set(nameOf(operator, partSlot), {
    ticket: withMask(ticket, subMask),
    state: "committed",
    removed: [],
    voided: [],
  });
  return { commits: [{ ...common, subMask, partSlot, commitments: commitments(part) }] };
}

export function settle(state: State, operator: Address, slot: number): Parts {
  const held = slotIn(state, operator, slot, "committed");
  if (!held) return {};
  held.state = "credited";
  addFree(state, operator, BOND * BigInt(tasksIn(held).length));
  return { settles: [{ slot, ticket: held.ticket, commitmentsRoot: zeroHash }] };
}

/** Gives a claim back: with a signature, for a penalty of 1 unit, or conceded. */
export function giveBack(state: State, operator: Address, slot: number, c: number): EventOf[] {
  const held = slotIn(state, operator, slot, "claimed");
  if (!held) return [];
  const { workflow, word, mask } = unpackTicket(held.ticket);
  const tasks = tasksIn(held);
  const penalty = c % 3 === 0 ? 1n : 0n;
  reopen(state, held.ticket, tasks);
  held.state = "empty";
  addFree(state, operator, BOND * BigInt(tasks.length) - penalty);
  const args = { operator, workflow, slot, word, mask, penalty };
  const released: EventOf = { name: "Released", args };
  if (c % 3 < 2) return [released];
  return [released, { name: "Conceded", args: { operator, workflow, slot, commitments: [] } }];
}

/** Ends a claim as late; `by` gets 1 unit of the penalty of 3. */
export function expire(state: State, operator: Address, slot: number, by = COORDINATOR): EventOf[] {
  const held = slotIn(state, operator, slot, "claimed");
  if (!held) return [];
  const { workflow, word, mask } = unpackTicket(held.ticket);
  const tasks = tasksIn(held);
  reopen(state, held.ticket, tasks);
  held.state = "empty";
  addFree(state, operator, BOND * BigInt(tasks.length) - 3n);
  const money = { penalty: 3n, gasRefund: 1n, burned: 2n };
  return [{ name: "Expired", args: { operator, workflow, slot, word, mask, by, ...money } }];
}

/** Claims what another operator holds too long, in the same transaction that ends that claim. */
export function takeOver(
  state: State,
  operator: Address,
  slot: number,
  from: Address,
  fromSlot: number,
): EventOf[] {
  const theirs = slotIn(state, from, fromSlot, "claimed");
  const own = state.slots.get(nameOf(operator, slot))?.state ?? "empty";
  if (from === operator || !theirs || (own !== "empty" && own !== "credited")) return [];
  const tasks = tasksIn(theirs);
  if (freeOf(state, operator) < BOND * BigInt(tasks.length)) return [];
  const { workflow, attempt } = unpackTicket(theirs.ticket);
  const ended = expire(state, from, fromSlot, operator);
  const offer = { workflow, tasks, attempt: attempt + 1 };
  return [...ended, ...advanced(operator, claimOf(state, operator, slot, offer))];
}
