import { zeroHash, type Address, type Hex } from "viem";
import type { MarketEvent } from "../../../offchain/chain/market-event";
import {
  maskOf,
  packTicket,
  tasksOf,
  unpackTicket,
  withMask,
  type Ticket,
} from "../../../protocol/ticket";

// A market small enough to be driven by random numbers: each action that is legal in its present state gives the events that
// the contract would emit.

type Named<N extends MarketEvent["name"]> = Extract<MarketEvent, { name: N }>;
type EventOf = {
  [N in MarketEvent["name"]]: { name: N; args: Named<N>["args"] };
}[MarketEvent["name"]];

/** A random action: what to do, and three numbers to choose among what there is. */
export type Action = [kind: number, a: number, b: number, c: number];

const address = (n: number): Address => `0x${n.toString(16).padStart(40, "0")}`;
export const OPERATORS = [1, 2, 3].map(address);
const REQUESTER = address(9);
const COORDINATOR = address(8);
const STEP_TASKS = 200; // two words
const PRICE = 5n;
const BOND = 7n;

interface Slot {
  ticket: Ticket;
  state: "claimed" | "committed" | "credited" | "empty";
  struck: number[];
}

export class MarketModel {
  #slots = new Map<string, Slot>();
  #free = new Map<Address, bigint>();
  #workflows = 0;
  #taken = new Map<number, Map<number, number>>(); // workflow -> task -> newest attempt; negative: claimable again

  /** @returns a copy to go on from, so that two histories can share their beginning */
  fork(): MarketModel {
    const copy = new MarketModel();
    copy.#slots = new Map([...this.#slots].map(([k, v]) => [k, { ...v, struck: [...v.struck] }]));
    copy.#free = new Map(this.#free);
    copy.#workflows = this.#workflows;
    copy.#taken = new Map([...this.#taken].map(([k, v]) => [k, new Map(v)]));
    return copy;
  }

  /** @returns the events of an action, none if it is not possible now */
  act([kind, a, b, c]: Action): EventOf[] {
    const operator = OPERATORS[a % OPERATORS.length]!;
    const slot = BigInt(b % 3);
    switch (kind % 11) {
      case 0:
        return this.#deposit(operator, 50n + BigInt(c % 100));
      case 1:
        return this.#open();
      case 2:
      case 3:
        return this.#claim(operator, slot, c);
      case 4:
      case 5:
        return this.#commit(operator, slot, c);
      case 6:
        return this.#settle(operator, slot);
      case 7:
        return this.#giveBack(operator, slot, c);
      case 8:
        return this.#expire(operator, slot);
      case 9:
        return this.#strike(operator, slot, c);
      default:
        return this.#unbond(operator, c);
    }
  }

  #slot(operator: Address, slot: bigint, state: Slot["state"]): Slot | undefined {
    const found = this.#slots.get(`${operator}${slot}`);
    return found?.state === state ? found : undefined;
  }

  #deposit(operator: Address, amount: bigint): EventOf[] {
    this.#free.set(operator, (this.#free.get(operator) ?? 0n) + amount);
    return [{ name: "StakeDeposited", args: { operator, from: operator, amount } }];
  }

  #unbond(operator: Address, c: number): EventOf[] {
    const amount = BigInt(1 + (c % 10));
    const free = this.#free.get(operator) ?? 0n;
    if (free < amount) return [];
    this.#free.set(operator, free - amount);
    return [
      { name: "UnbondingStarted", args: { operator, amount, availableAt: 1000 } },
      { name: "StakeWithdrawn", args: { operator, to: operator, amount } },
    ];
  }

  #open(): EventOf[] {
    const workflow = ++this.#workflows;
    this.#taken.set(workflow, new Map());
    const terms = {
      specHash: zeroHash,
      key: zeroHash,
      coordinator: COORDINATOR,
      feeBps: 0,
      deadline: 9999,
    };
    return [
      {
        name: "WorkflowOpened",
        args: {
          workflow,
          requester: REQUESTER,
          coordinator: COORDINATOR,
          terms,
          steps: [],
          escrow: 10_000n,
        },
      },
    ];
  }

  #claim(operator: Address, slot: bigint, c: number): EventOf[] {
    const held = this.#slots.get(`${operator}${slot}`);
    if (this.#workflows === 0 || (held && held.state !== "credited" && held.state !== "empty"))
      return [];
    const workflow = 1 + (c % this.#workflows);
    const taken = this.#taken.get(workflow)!;
    const first = (c % 4) * 48;
    const tasks = Array.from({ length: 1 + (c % 5) }, (_, i) => first + i).filter(
      (task) => task < STEP_TASKS && (taken.get(task) ?? -0.5) < 0,
    );
    const bond = BOND * BigInt(tasks.length);
    const free = this.#free.get(operator) ?? 0n;
    if (tasks.length === 0 || free < bond) return [];
    const attempt =
      1 + Math.max(0, ...tasks.map((task) => Math.abs(Math.trunc(taken.get(task) ?? 0))));
    for (const task of tasks) taken.set(task, attempt);
    this.#free.set(operator, free - bond);
    const ticket = packTicket({
      workflow,
      step: 0,
      attempt,
      word: 0,
      price: PRICE,
      bond: BOND,
      deadline: 500,
      rule: 0,
      window: 10,
      mask: maskOf(tasks),
      root: zeroHash,
    });
    this.#slots.set(`${operator}${slot}`, { ticket, state: "claimed", struck: [] });
    return [{ name: "Claimed", args: { operator, workflow, slot, ticket } }];
  }

  #commit(operator: Address, slot: bigint, c: number): EventOf[] {
    const held = this.#slot(operator, slot, "claimed");
    if (!held) return [];
    const { workflow, word, mask } = unpackTicket(held.ticket);
    const tasks = tasksOf(word, mask);
    const commitments = (of: number[]): Hex[] =>
      of.map((task): Hex => `0x${task.toString(16).padStart(64, "0")}`);
    const part = tasks.slice(0, c % tasks.length);
    const partSlot = 10n + BigInt(c);
    if (part.length === 0 || this.#slots.has(`${operator}${partSlot}`)) {
      held.state = "committed";
      return [
        {
          name: "Committed",
          args: {
            operator,
            workflow,
            fromSlot: slot,
            slot,
            ticket: held.ticket,
            maturesAt: 600,
            commitments: commitments(tasks),
          },
        },
      ];
    }
    const ticket = withMask(held.ticket, maskOf(part));
    held.ticket = withMask(held.ticket, mask & ~maskOf(part));
    this.#slots.set(`${operator}${partSlot}`, { ticket, state: "committed", struck: [] });
    return [
      {
        name: "Committed",
        args: {
          operator,
          workflow,
          fromSlot: slot,
          slot: partSlot,
          ticket,
          maturesAt: 600,
          commitments: commitments(part),
        },
      },
    ];
  }

  #settle(operator: Address, slot: bigint): EventOf[] {
    const held = this.#slot(operator, slot, "committed");
    if (!held) return [];
    const { workflow, word, mask } = unpackTicket(held.ticket);
    const count = BigInt(tasksOf(word, mask).length - held.struck.length);
    held.state = "credited";
    this.#free.set(operator, this.#free.get(operator)! + BOND * count);
    return [
      {
        name: "Settled",
        args: { operator, workflow, slot, pay: PRICE * count, bond: BOND * count },
      },
    ];
  }

  /** The tasks of a mask can be claimed again, by a later attempt. */
  #reopen(ticket: Ticket): { workflow: number; word: number; mask: bigint; tasks: number[] } {
    const { workflow, word, mask, attempt } = unpackTicket(ticket);
    const tasks = tasksOf(word, mask);
    for (const task of tasks) this.#taken.get(workflow)!.set(task, -attempt);
    return { workflow, word, mask, tasks };
  }

  #giveBack(operator: Address, slot: bigint, c: number): EventOf[] {
    const held = this.#slot(operator, slot, "claimed");
    if (!held) return [];
    const { workflow, word, mask, tasks } = this.#reopen(held.ticket);
    held.state = "empty";
    this.#free.set(operator, this.#free.get(operator)! + BOND * BigInt(tasks.length));
    const released: EventOf = { name: "Released", args: { operator, workflow, slot, word, mask } };
    return c % 2
      ? [released]
      : [released, { name: "Conceded", args: { operator, workflow, slot, commitments: [] } }];
  }

  #expire(operator: Address, slot: bigint): EventOf[] {
    const held = this.#slot(operator, slot, "claimed");
    if (!held) return [];
    const { workflow, word, mask, tasks } = this.#reopen(held.ticket);
    held.state = "empty";
    const bond = BOND * BigInt(tasks.length);
    this.#free.set(operator, this.#free.get(operator)! + bond - 3n);
    return [
      {
        name: "Expired",
        args: {
          operator,
          workflow,
          slot,
          word,
          mask,
          by: COORDINATOR,
          penalty: 3n,
          gasRefund: 1n,
          burned: 2n,
        },
      },
    ];
  }

  #strike(operator: Address, slot: bigint, c: number): EventOf[] {
    const held = this.#slot(operator, slot, "committed");
    if (!held) return [];
    const { workflow, word, mask, attempt } = unpackTicket(held.ticket);
    const tasks = tasksOf(word, mask).filter((task) => !held.struck.includes(task));
    const task = tasks[c % Math.max(1, tasks.length)];
    if (task === undefined) return [];
    held.struck.push(task);
    this.#taken.get(workflow)!.set(task, -attempt);
    return [
      {
        name: "Struck",
        args: {
          operator,
          workflow,
          task,
          attempt,
          challenger: COORDINATOR,
          slot,
          bond: BOND,
          toChallenger: 3n,
          toRequester: 2n,
          burned: 2n,
        },
      },
    ];
  }
}
