import { size, slice, type Address, type Hex } from "viem";
import type { EventArgs, EventName } from "../../../../offchain/chain/market-event";
import { encodeOperations, type Operations } from "../../../../protocol/operations";
import { RULE, type StepTerms } from "../../../../protocol/terms";
import { tasksOf, unpackTicket, type Ticket } from "../../../../protocol/ticket";
import { NO_JUDGE } from "../../../support/no-judge";

// What the model of the market has in mind, and how it speaks.

export type EventOf = { [N in EventName]: { name: N; args: EventArgs<N> } }[EventName];

const address = (n: number): Address => `0x${n.toString(16).padStart(40, "0")}`;
export const OPERATORS = [1, 2, 3].map(address);
export const REQUESTER = address(9);
export const COORDINATOR = address(8);
export const JURORS = [21, 22, 23, 24, 25].map(address);

export const MIN_STAKE = 20n;
export const PRICE = 5n;
export const BOND = 7n;
const STEP_TASKS = 200; // two words

export const TERMS: StepTerms = {
  firstTask: 0,
  maxTasks: STEP_TASKS,
  ceiling: PRICE,
  bond: BOND,
  claimTime: 50,
  window: 10,
  rule: RULE.verifier,
  isFinal: false,
  judge: NO_JUDGE,
};

export interface Slot {
  ticket: Ticket;
  state: "claimed" | "committed" | "credited" | "empty";
  removed: number[];
  voided: number[];
}

export interface Dispute {
  workflow: number;
  task: number;
  attempt: number;
  operator: Address;
  slot: number;
  isVoid: boolean;
  phase: "demanded" | "revealed" | "drawing" | "voting" | "closed";
  caller: Address;
  bond: bigint;
  /** Whether its data were demanded before: that can be once. */
  demanded: boolean;
  isAppeal: boolean;
}

export interface State {
  /** By operator and number. */
  slots: Map<string, Slot>;
  free: Map<Address, bigint>;
  workflows: number;
  /** Workflow -> task -> newest attempt; negative: claimable again. */
  taken: Map<number, Map<number, number>>;
  disputes: Map<Hex, Dispute>;
  /** Who declared a workflow's coordinator silent. */
  silent: Map<number, Address>;
  seats: Map<Address, number>;
}

export const emptyState = (): State => ({
  slots: new Map(),
  free: new Map(),
  workflows: 0,
  taken: new Map(),
  disputes: new Map(),
  silent: new Map(),
  seats: new Map(),
});

export const nameOf = (operator: Address, slot: number) => `${operator}/${slot}`;

/** @returns the slot, if it is in this state */
export function slotIn(
  state: State,
  operator: Address,
  slot: number,
  wanted: Slot["state"],
): Slot | undefined {
  const found = state.slots.get(nameOf(operator, slot));
  return found?.state === wanted ? found : undefined;
}

export const freeOf = (state: State, of: Address): bigint => state.free.get(of) ?? 0n;

export function addFree(state: State, of: Address, amount: bigint): void {
  state.free.set(of, freeOf(state, of) + amount);
}

/** Tasks of a claim; of a batch, those that have not left it. */
export function tasksIn({ ticket, removed }: Slot): number[] {
  const { word, mask } = unpackTicket(ticket);
  return tasksOf(word, mask).filter((task) => !removed.includes(task));
}

/** The task can be claimed again, by a later attempt. */
export function reopen(state: State, ticket: Ticket, tasks: number[]): void {
  const { workflow, attempt } = unpackTicket(ticket);
  const taken = state.taken.get(workflow)!;
  for (const task of tasks) if (taken.get(task) === attempt) taken.set(task, -attempt);
}

export const NO_OPERATIONS: Operations = { settles: [], commits: [], claims: [] };

/** @returns the event of one `advance`, or none if it does nothing */
export function advanced(operator: Address, ...parts: Partial<Operations>[]): EventOf[] {
  const all = { ...NO_OPERATIONS };
  for (const { settles = [], commits = [], claims = [] } of parts) {
    all.settles = [...all.settles, ...settles];
    all.commits = [...all.commits, ...commits];
    all.claims = [...all.claims, ...claims];
  }
  if (Object.values(all).every((list) => list.length === 0)) return [];
  const bytes = encodeOperations(all);
  const length = Number(slice(bytes, 0, 2));
  if (size(bytes) < 2 + length) throw new Error("the facts are longer than the operations");
  return [{ name: "Advanced", args: { operator, facts: slice(bytes, 2, 2 + length) } }];
}
