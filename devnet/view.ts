import Table from "cli-table3";
import pc from "picocolors";
import { formatEther } from "viem";
import { TASK_STATES, type OperatorView, type TaskView, type WorkflowView } from "../protocol/http";

/** All that one frame of the live view shows. Times in milliseconds, `unit` in wei. */
export interface Frame {
  elapsedMs: number;
  unit: bigint;
  now: number;
  workflows: { view: WorkflowView; tasks: TaskView[] }[];
  operators: OperatorView[];
}

const BAR_WIDTH = 24;

/** @returns minutes and seconds, e.g. `1:05` */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** @param units decimal string of market units @returns ether with at most six decimals */
export function ether(units: string | bigint, unit: bigint): string {
  const text = formatEther(BigInt(units) * unit);
  const [whole, part = ""] = text.split(".");
  return part.length > 6 ? `${whole}.${part.slice(0, 6)}` : text;
}

function bar(share: number): string {
  const full = Math.round(share * BAR_WIDTH);
  return pc.green("█".repeat(full)) + pc.dim("░".repeat(BAR_WIDTH - full));
}

function countsOf(tasks: TaskView[]): string {
  return TASK_STATES.map((state) => ({
    state,
    n: tasks.filter((task) => task.state === state).length,
  }))
    .filter(({ n }) => n > 0)
    .map(({ state, n }) => `${state} ${n}`)
    .join(" · ");
}

function workflowLines(
  { view, tasks }: Frame["workflows"][number],
  unit: bigint,
  now: number,
): string[] {
  const done = tasks.filter((task) => task.state === "done").length;
  const known = Math.max(tasks.length, 1);
  const state = view.settled ? `${view.state}, settled` : view.state;
  const lasts = clock((view.endedAt ?? now) - view.openedAt);
  return [
    `${pc.bold(view.name.padEnd(11))} ${bar(done / known)} ${String(done).padStart(3)}/${tasks.length} tasks  ` +
      `${lasts}  ${state}  spent ${ether(view.spent, unit)} of ${ether(view.escrow, unit)} ETH`,
    pc.dim(
      `            ${countsOf(tasks) || "waiting for the spec"}${view.reason ? `  (${view.reason})` : ""}`,
    ),
  ];
}

/** What an operator is doing: its newest attempts with progress, elapsed and expected time. */
function workOf(operator: OperatorView, frame: Frame): string {
  const held = frame.workflows.flatMap(({ view, tasks }) =>
    tasks
      .filter((task) => task.operator?.toLowerCase() === operator.address.toLowerCase())
      .filter(
        (task) =>
          task.state === "running" || task.state === "assigned" || task.state === "validating",
      )
      .map((task) => ({ view, task })),
  );
  const busy = held.filter(({ task }) => task.state === "running");
  const shown = (busy.length > 0 ? busy : held).slice(0, 2).map(({ view, task }) => {
    const elapsed = task.startedAt === null ? "" : ` ${clock(frame.now - task.startedAt)}`;
    const expected = task.expectedMs === null ? "" : `/${clock(task.expectedMs)}`;
    const progress =
      task.state === "running" ? ` ${Math.round(task.progress * 100)}%` : ` ${task.state}`;
    return `${view.name} ${task.step}[${task.index}]${progress}${elapsed}${expected}`;
  });
  const more = held.length - shown.length;
  return (
    shown.join(", ") + (more > 0 ? pc.dim(` +${more} more`) : "") ||
    pc.dim(operator.online ? "idle" : "offline")
  );
}

/** Draws one frame. Pure, so that it can be tested. */
export function renderFrame(frame: Frame): string {
  const table = new Table({
    head: ["operator", "working on", "done", "failed", "struck", "owed ETH"].map((text) =>
      pc.dim(text),
    ),
    style: { head: [], border: [], compact: true },
    colWidths: [12, 52, 6, 8, 8, 12],
  });
  for (const operator of frame.operators)
    table.push([
      operator.struck > 0 ? pc.red(operator.name) : operator.name,
      workOf(operator, frame),
      operator.done,
      operator.failed,
      operator.struck,
      ether(operator.owed, frame.unit),
    ]);
  return [
    `${pc.bold("froben")} ${clock(frame.elapsedMs)} elapsed`,
    ...frame.workflows.flatMap((workflow) => workflowLines(workflow, frame.unit, frame.now)),
    table.toString(),
  ].join("\n");
}

/** One line for a terminal that can't be redrawn, e.g. a CI log. */
export function renderLine(frame: Frame): string {
  const parts = frame.workflows.map(({ view, tasks }) => {
    const done = tasks.filter((task) => task.state === "done").length;
    const running = tasks.filter((task) => task.state === "running").length;
    return `${view.name} ${done}/${tasks.length} done, ${running} running${view.settled ? ", settled" : ""}`;
  });
  return `${clock(frame.elapsedMs)}  ${parts.join("  |  ")}`;
}
