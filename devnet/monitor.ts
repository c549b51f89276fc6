import { setTimeout as delay } from "node:timers/promises";
import logUpdate from "log-update";
import { FrobenError } from "../protocol/errors";
import { operatorViewSchema, taskViewSchema } from "../protocol/http";
import { getWorkflow, isOver } from "../sdk/actions/watch";
import type { Client } from "../sdk/client";
import { renderFrame, renderLine, type Frame } from "./view";

const REFRESH_MS = 2_000;
/** How often a terminal that can't be redrawn gets a line. */
const LINE_MS = 5_000;

/** A workflow with its tasks; undefined while the coordinator has not seen its opening block yet. */
async function readWorkflow(
  client: Client,
  id: number,
): Promise<Frame["workflows"][number] | undefined> {
  try {
    return {
      view: await getWorkflow(client, id),
      tasks: await client.get(`/v1/workflows/${id}/tasks`, taskViewSchema.array()),
    };
  } catch (error) {
    if (error instanceof FrobenError && error.code === "workflow_unknown") return undefined;
    throw error;
  }
}

/** Reads everything that one frame shows. */
export async function readFrame(
  client: Client,
  workflows: number[],
  startedAt: number,
): Promise<Frame> {
  const [{ unit }, operators, ...read] = await Promise.all([
    client.market(),
    client.get("/v1/operators", operatorViewSchema.array()),
    ...workflows.map((id) => readWorkflow(client, id)),
  ]);
  const now = Date.now();
  return {
    elapsedMs: now - startedAt,
    unit: BigInt(unit),
    now,
    workflows: read.filter((workflow) => workflow !== undefined),
    operators,
  };
}

/** Shows frames: redrawn on a terminal, a line now and then elsewhere. */
export function createDisplay(out: NodeJS.WriteStream): { show(frame: Frame): void; done(): void } {
  if (out.isTTY)
    return { show: (frame) => logUpdate(renderFrame(frame)), done: () => logUpdate.done() };
  let last = -LINE_MS;
  return {
    show(frame) {
      if (frame.elapsedMs - last < LINE_MS) return;
      last = frame.elapsedMs;
      out.write(`${renderLine(frame)}\n`);
    },
    done() {},
  };
}

/**
 * Follows workflows until nothing about them can change any more, and shows what happens.
 * @param startedAt Unix time of the run's start, milliseconds
 * @returns the last frame, and for each workflow when its last task ended and when its last payment did
 */
export async function monitor(
  client: Client,
  workflows: number[],
  startedAt: number,
  out: NodeJS.WriteStream,
  signal: AbortSignal,
): Promise<{ frame: Frame; settledAt: Map<number, number> }> {
  const display = createDisplay(out);
  const settledAt = new Map<number, number>();
  try {
    for (;;) {
      const frame = await readFrame(client, workflows, startedAt);
      display.show(frame);
      for (const { view } of frame.workflows)
        if (isOver(view) && !settledAt.has(view.workflow)) settledAt.set(view.workflow, frame.now);
      if (settledAt.size === workflows.length) return { frame, settledAt };
      await delay(REFRESH_MS, undefined, { signal });
    }
  } finally {
    display.done();
  }
}
