import type { Address } from "viem";
import { FrobenError } from "../../protocol/errors";
import { tasksOf, unpackTicket, withMask, type Ticket } from "../../protocol/ticket";
import { lower } from "./balances";
import type { BlockRows } from "./block-rows";
import type { RowOf } from "./chain-statements";
import type { EventPlace } from "./handlers";

export type Batch = RowOf<"batches">;
type Task = RowOf<"tasks">;

/** @throws FrobenError `ledger_unknown` when nothing was ever claimed into the slot */
export function batchRow(rows: BlockRows, operator: Address, slot: number): Batch {
  const row = rows.find("batches", lower(operator), slot);
  if (!row)
    throw new FrobenError("ledger_unknown", `slot ${slot} of ${operator} was never claimed`, {
      field: "slot",
      hint: "start from the block of the market's deployment",
    });
  return row;
}

/** @returns the fields of a batch that its ticket determines */
export function ticketFields(ticket: Ticket) {
  const { root, judgeHash, ...claim } = unpackTicket(ticket);
  const { money, scope } = ticket;
  return { ...claim, money, scope, root: lower(root), judgeHash: lower(judgeHash) };
}

/** @returns the same fields for other tasks of the claim */
export const partFields = (batch: Batch, mask: bigint): Partial<Batch> =>
  mask === batch.mask ? {} : ticketFields(withMask(batch, mask));

/** Takes tasks out of a claim; a claim without tasks leaves its slot empty. */
export function shrink(rows: BlockRows, batch: Batch, gone: bigint): void {
  const mask = batch.mask & ~gone;
  const state = mask === 0n ? "empty" : batch.state;
  rows.patch("batches", batch, { ...partFields(batch, mask), state });
}

/** @returns the tasks of a part of a batch */
export const ofMask = (batch: Batch, mask: bigint): number[] => tasksOf(batch.word, mask);

/** Changes the pay state of those tasks whose newest claim still is this one. */
export function mark(
  rows: BlockRows,
  at: EventPlace,
  claim: Pick<Batch, "workflow" | "operator" | "attempt">,
  tasks: number[],
  change: (task: Task) => Partial<Task>,
): void {
  for (const task of tasks) {
    const row = rows.find("tasks", claim.workflow, task);
    if (row?.operator !== claim.operator || row.attempt !== claim.attempt) continue;
    rows.patch("tasks", row, { ...change(row), block: at.block });
  }
}
