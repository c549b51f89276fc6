import type { WorkflowView } from "../../protocol/http";
import { table } from "./table";

type Money = (units: string | bigint) => string;

/** Where an escrow has gone. Units, as decimal text; `paid` is the sum of the others. */
export interface BurnDown {
  /** Into escrow, top-ups included. */
  paid: string;
  /** On results, and on tasks that operators have claimed and not delivered yet. */
  spent: string;
  /** The coordinator's. */
  fee: string;
  /** Back to the requester. */
  refunded: string;
  left: string;
}

/** One workflow's burn-down. */
export interface WorkflowBurnDown extends BurnDown {
  workflow: number;
  name: string;
  state: WorkflowView["state"];
  paused: boolean;
}

/** @returns the sums over some workflows */
export function burnDown(
  views: Pick<WorkflowView, "escrow" | "spent" | "feePaid" | "refunded">[],
): BurnDown {
  const sum = (of: "escrow" | "spent" | "feePaid" | "refunded") =>
    views.reduce((total, view) => total + BigInt(view[of]), 0n);
  const [paid, spent, fee, refunded] = [
    sum("escrow"),
    sum("spent"),
    sum("feePaid"),
    sum("refunded"),
  ];
  return {
    paid: paid.toString(),
    spent: spent.toString(),
    fee: fee.toString(),
    refunded: refunded.toString(),
    left: (paid - spent - fee - refunded).toString(),
  };
}

/** @returns the burn-down of each workflow */
export function burnDowns(views: WorkflowView[]): WorkflowBurnDown[] {
  return views.map((view) => {
    const { workflow, name, state, paused } = view;
    return { workflow, name, state, paused, ...burnDown([view]) };
  });
}

/** @returns whole percents of what was paid, rounded down */
const percent = (part: string, { paid }: BurnDown): string =>
  BigInt(paid) === 0n ? "-" : `${(BigInt(part) * 100n) / BigInt(paid)}%`;

/** A line for each workflow: what was paid in, and what is left of it. */
export function burnDownTable(burns: WorkflowBurnDown[], money: Money): string {
  return table(
    ["workflow", "name", "state", "paid", "spent", "refunded", "left", "of it"],
    burns.map((burn) => [
      burn.workflow,
      burn.name,
      burn.paused ? `${burn.state}, paused` : burn.state,
      money(burn.paid),
      money(burn.spent),
      money(burn.refunded),
      money(burn.left),
      percent(burn.left, burn),
    ]),
  );
}
