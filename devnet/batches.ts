import type { Address, Hex } from "viem";
import { decodeFacts } from "../protocol/operations";
import { countOf, tasksOf, unpackTicket } from "../protocol/ticket";

/** Pay for one workflow's tasks, units. */
export interface Pay {
  workflow: number;
  pay: bigint;
}

/** A task of a batch, as events about it name it. */
export interface BatchTask {
  operator: Address;
  slot: number;
  workflow: number;
  task: number;
  attempt: number;
}

interface Batch {
  workflow: number;
  attempt: number;
  word: number;
  mask: bigint;
  price: bigint;
  /** Tasks that the batch does not pay for: struck, in dispute or void. */
  unpaid: Set<number>;
}

/** What is in the slots of all operators: `Advanced` names slots only, and what a settled batch pays depends on what was in it. */
export class Batches {
  private readonly bySlot = new Map<string, Batch>();

  private at(operator: Address, slot: number): string {
    return `${operator}:${slot}`;
  }

  /**
   * Follows the operations of one `Advanced`.
   * @returns what its settled batches pay, and the workflow that each of its operations is about
   */
  advance(operator: Address, facts: Hex): { pays: Pay[]; workflows: number[] } {
    const { settles, commits, claims } = decodeFacts(facts);
    const settled = settles.flatMap((slot) => this.bySlot.get(this.at(operator, slot)) ?? []);
    const pays = settled.map(({ workflow, price, mask, unpaid }) => ({
      workflow,
      pay: price * BigInt(countOf(mask) - unpaid.size),
    }));
    const committed = commits.flatMap(({ fromSlot, slot, subMask }) => {
      const whole = this.bySlot.get(this.at(operator, fromSlot));
      if (whole && fromSlot !== slot) {
        this.bySlot.set(this.at(operator, slot), { ...whole, mask: subMask, unpaid: new Set() });
        this.bySlot.set(this.at(operator, fromSlot), { ...whole, mask: whole.mask & ~subMask });
      }
      return whole ?? [];
    });
    const claimed = claims.map(({ slot, ticket }) => {
      const batch: Batch = { ...unpackTicket(ticket), unpaid: new Set() };
      this.bySlot.set(this.at(operator, slot), batch);
      return batch;
    });
    return { pays, workflows: [...settled, ...committed, ...claimed].map((one) => one.workflow) };
  }

  /** Tasks of a claim came back. */
  shrink(operator: Address, slot: number, mask: bigint): void {
    const claim = this.bySlot.get(this.at(operator, slot));
    if (claim) claim.mask &= ~mask;
  }

  /** A task was struck, went into a dispute or is void; one that was in no batch (any more) changes nothing. */
  leave({ operator, slot, workflow, task, attempt }: BatchTask): void {
    const batch = this.bySlot.get(this.at(operator, slot));
    if (!batch || batch.workflow !== workflow || batch.attempt !== attempt) return;
    if (tasksOf(batch.word, batch.mask).includes(task)) batch.unpaid.add(task);
  }
}
