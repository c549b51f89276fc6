import type { TaskView, WorkflowView } from "../../protocol/http";
import { burnDown } from "./burn-down";
import { fields, table } from "./table";

type Money = (units: string | bigint) => string;

/** @returns minutes and seconds, e.g. "1:05", or "-" */
export function duration(from: number | null, to: number | null): string {
  if (from === null || to === null) return "-";
  const seconds = Math.max(0, Math.round((to - from) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

const countsOf = (view: WorkflowView): string =>
  Object.entries(view.counts)
    .filter(([, n]) => n > 0)
    .map(([state, n]) => `${state} ${n}`)
    .join(", ");

const stateOf = ({ state, paused }: WorkflowView): string => (paused ? `${state}, paused` : state);

/** @param now Unix time, milliseconds */
export function workflowTable(views: WorkflowView[], money: Money, now: number): string {
  return table(
    ["workflow", "name", "state", "tasks", "time", "spent", "of"],
    views.map((view) => [
      view.workflow,
      view.name,
      view.state === "running" || view.settled ? stateOf(view) : `${view.state}, settling`,
      countsOf(view),
      duration(view.openedAt, view.endedAt ?? now),
      money(view.spent),
      money(view.escrow),
    ]),
  );
}

const outputOf = (digests: string | string[]): string =>
  typeof digests === "string" ? digests : `${digests.length} files`;

export function workflowDetails(view: WorkflowView, money: Money, now: number): string[] {
  return fields([
    ["workflow", `${view.workflow} (${view.name})`],
    ["state", stateOf(view) + (view.reason ? `: ${view.reason}` : "")],
    ["requester", view.requester],
    ["spec", view.spec],
    ["tasks", countsOf(view)],
    ["attempts", view.attempts],
    ...(view.reused > 0
      ? [["not run", `${view.reused} tasks: results of other workflows`] as [string, string]]
      : []),
    ["time", duration(view.openedAt, view.endedAt ?? now)],
    ["settled", view.settled ? "yes" : "no"],
    ["escrow", money(view.escrow)],
    ["spent", money(view.spent)],
    ["refunded", money(view.refunded)],
    ["left", money(burnDown([view]).left)],
    ...(view.completionTx ? [["verified in", view.completionTx] as [string, string]] : []),
    ...Object.entries(view.outputs).map(([name, digests]): [string, string] => [
      `output ${name}`,
      outputOf(digests),
    ]),
  ]);
}

/** One line for each change of a watched workflow. */
export function workflowLine(view: WorkflowView, money: Money, now: number): string {
  const time = duration(view.openedAt, view.endedAt ?? now);
  const state = view.settled ? `${view.state}, settled` : stateOf(view);
  return `${time}  ${view.name} #${view.workflow} ${state}  ${countsOf(view)}  spent ${money(view.spent)}`;
}

/** @param now Unix time, milliseconds */
export function taskTable(tasks: TaskView[], now: number): string {
  return table(
    ["task", "step", "state", "pay", "attempt", "operator", "progress", "time", "reason"],
    tasks.map((task) => [
      task.task,
      `${task.step}[${task.index}]`,
      task.state,
      task.pay,
      task.attempt || "-",
      task.operator ?? "-",
      task.state === "running" ? `${Math.round(task.progress * 100)}%` : "-",
      duration(task.startedAt, task.endedAt ?? (task.startedAt === null ? null : now)),
      task.reason ?? task.note ?? "",
    ]),
  );
}
