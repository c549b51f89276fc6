import { zeroAddress, zeroHash, type Address } from "viem";
import {
  callJury,
  closeCase,
  closeDemand,
  demand,
  draw,
  reveal,
  strike,
  voidResult,
} from "./disputes";
import {
  addFree,
  advanced,
  BOND,
  COORDINATOR,
  emptyState,
  freeOf,
  MIN_STAKE,
  OPERATORS,
  REQUESTER,
  tasksIn,
  type EventOf,
  type State,
} from "./state";
import { claim, claimOpen, commit, expire, giveBack, settle, takeOver } from "./work";

// A market small enough to be driven by random numbers: each action that is legal in its present state gives the events that
// the contract would emit.

/** A random action: what to do, and three numbers to choose among what there is. */
export type Action = [kind: number, a: number, b: number, c: number];

function deposit(state: State, operator: Address, amount: bigint): EventOf[] {
  addFree(state, operator, amount);
  return [{ name: "StakeDeposited", args: { operator, from: operator, amount } }];
}

function unbond(state: State, operator: Address, c: number): EventOf[] {
  const amount = BigInt(1 + (c % 10));
  if (freeOf(state, operator) < amount) return [];
  addFree(state, operator, -amount);
  return [
    { name: "UnbondingStarted", args: { operator, amount, availableAt: 1000 } },
    { name: "StakeWithdrawn", args: { operator, to: operator, amount } },
  ];
}

function open(state: State): EventOf[] {
  const workflow = ++state.workflows;
  state.taken.set(workflow, new Map());
  const terms = {
    specHash: zeroHash,
    key: zeroHash,
    coordinator: COORDINATOR,
    feeBps: 0,
    deadline: 9999,
    silenceDelay: 600,
  };
  const parties = { requester: REQUESTER, coordinator: COORDINATOR };
  const args = { workflow, ...parties, terms, steps: [], escrow: 10_000n };
  return [{ name: "WorkflowOpened", args }];
}

/** Declares a coordinator silent; then it answers, or the declarer takes its bond back. */
function silence(state: State, by: Address, c: number): EventOf[] {
  if (state.workflows === 0) return [];
  const workflow = 1 + (c % state.workflows);
  const declared = state.silent.get(workflow);
  if (!declared) {
    if (freeOf(state, by) === 0n) return [];
    addFree(state, by, -1n);
    state.silent.set(workflow, by);
    return [{ name: "SilenceDeclared", args: { workflow, by, bond: 1n } }];
  }
  state.silent.delete(workflow);
  const args = { workflow, by: declared, bond: 1n };
  if (c % 2) return [{ name: "SilenceAnswered", args }];
  addFree(state, declared, 1n);
  const late = { workflow, by: zeroAddress, bond: 0n };
  return [
    { name: "SilenceEnded", args },
    { name: "SilenceAnswered", args: late },
  ];
}

/** Takes a juror's seat, or leaves it with a fine. */
function seats(state: State, juror: Address, c: number): EventOf[] {
  const held = state.seats.get(juror) ?? 0;
  if (c % 2 && held > 0) {
    const burned = BigInt(c % 5);
    state.seats.set(juror, held - 1);
    addFree(state, juror, MIN_STAKE - burned);
    return [{ name: "SeatLeft", args: { juror, checkProgram: zeroHash, seat: 0n, burned } }];
  }
  if (freeOf(state, juror) < MIN_STAKE) return [];
  addFree(state, juror, -MIN_STAKE);
  state.seats.set(juror, held + 1);
  return [{ name: "SeatsTaken", args: { juror, checkProgram: zeroHash, count: 1 } }];
}

type Act = (state: State, operator: Address, slot: number, c: number, other: Address) => EventOf[];

const ACTIONS: Act[] = [
  (state, operator, _slot, c) => deposit(state, operator, 50n + BigInt(c % 100)),
  (state) => open(state),
  (state, operator, slot, c) => advanced(operator, claim(state, operator, slot, c)),
  (state, operator, slot, c) => advanced(operator, claim(state, operator, slot, c)),
  (state, operator, slot, c) => advanced(operator, commit(state, operator, slot, c)),
  (state, operator, slot, c) => advanced(operator, commit(state, operator, slot, c)),
  (state, operator, slot) => advanced(operator, settle(state, operator, slot)),
  giveBack,
  (state, operator, slot) => expire(state, operator, slot),
  strike,
  (state, operator, _slot, c) => unbond(state, operator, c),
  // Settles, commits and claims in one transaction, the claim into the slot that was settled.
  (state, operator, slot, c) => {
    const settled = settle(state, operator, slot);
    const committed = commit(state, operator, (slot + 1) % 3, c);
    return advanced(operator, settled, committed, claim(state, operator, slot, c));
  },
  (state, operator, slot, c, other) => takeOver(state, operator, slot, other, c % 3),
  claimOpen,
  voidResult,
  (state, operator, slot, c, other) => demand(state, other, operator, slot, c),
  (state, operator, _slot, c) => reveal(state, operator, c),
  (state, _operator, _slot, c) => closeDemand(state, c),
  (state, operator, slot, c, other) => callJury(state, other, operator, slot, c),
  (state, _operator, _slot, c) => draw(state, c),
  (state, _operator, _slot, c) => closeCase(state, c),
  (state, operator, _slot, c) => silence(state, operator, c),
  (state, operator, _slot, c) => seats(state, operator, c),
  (_state, operator, _slot, c, other) => [
    { name: "DelegateSet", args: { operator, delegate: c % 3 ? other : zeroAddress } },
  ],
];
export const KINDS = ACTIONS.length;

export class MarketModel {
  constructor(private readonly state = emptyState()) {}

  /** @returns a copy to go on from, so that two histories can share their beginning */
  fork(): MarketModel {
    return new MarketModel(structuredClone(this.state));
  }

  /** @returns units of free and of locked stake that an operator should have */
  stake(operator: Address): { free: bigint; locked: bigint } {
    const { slots, disputes, silent, seats } = this.state;
    let locked = MIN_STAKE * BigInt(seats.get(operator) ?? 0);
    for (const [name, slot] of slots)
      if (name.startsWith(`${operator}/`) && ["claimed", "committed"].includes(slot.state))
        locked += BOND * BigInt(tasksIn(slot).length);
    for (const dispute of disputes.values()) {
      if (dispute.phase !== "closed" && dispute.operator === operator) locked += BOND;
      if (dispute.caller === operator) locked += dispute.bond;
    }
    for (const by of silent.values()) if (by === operator) locked += 1n;
    return { free: freeOf(this.state, operator), locked };
  }

  /** @returns the events of an action, none if it is not possible now */
  act([kind, a, b, c]: Action): EventOf[] {
    const act = ACTIONS[kind % KINDS]!;
    const operator = OPERATORS[a % OPERATORS.length]!;
    const other = OPERATORS[(a + 1 + (b % 2)) % OPERATORS.length]!;
    return act(this.state, operator, b % 3, c, other);
  }
}
