/** Who calls it: whatever takes time for a task. Spans under the attempt's trace, which its assignment names. */
import type { Tracing } from "../machine/spans";
import { tasksOf, unpackTicket } from "../protocol/ticket";
import type { Part } from "./chain/advance";
import type { Clock } from "./clock";
import type { Holdings } from "./holdings/holdings";
import type { HeldTask, Holding } from "./holdings/phase";

/** A step of one task. */
export interface TracedStep {
  name: "fetch" | "run" | "upload" | "claim" | "commit" | "submit final proof";
  holding: Holding;
  task: number;
}

export interface TaskTraces {
  /** Does some work, which is a step of one task or of several. @returns what the work gives */
  during<T>(steps: TracedStep[], work: () => Promise<T>): Promise<T>;
}

/** @param tracing undefined: nothing is traced, and nothing is spent on it */
export function createTaskTraces(
  tracing: Tracing | undefined,
  operator: string,
  clock: Clock,
): TaskTraces {
  if (!tracing) return { during: (_steps, work) => work() };
  const note = (steps: TracedStep[], from: number, error?: unknown) => {
    for (const { name, holding, task } of steps) {
      const line = holding.signed.tasks.find((one) => one.task === task);
      if (line?.traceparent === undefined) continue;
      const { workflow } = holding.signed;
      const attributes = { workflow, task, attempt: line.attempt, operator };
      const span = { name, parent: line.traceparent, from, to: clock.now(), attributes };
      tracing.span(error === undefined ? span : { ...span, error: String(error) });
    }
  };
  return {
    async during(steps, work) {
      const from = clock.now();
      try {
        const given = await work();
        note(steps, from);
        return given;
      } catch (error) {
        note(steps, from, error);
        throw error;
      }
    },
  };
}

export const stepOf = (name: TracedStep["name"], holding: Holding, { task }: HeldTask) => ({
  name,
  holding,
  task,
});

/** @returns what a transaction does for tasks @param held holdings by the ids of the parts that claim */
export function stepsOf(parts: Part[], held: Holding[], holdings: Holdings): TracedStep[] {
  return parts.flatMap((part): TracedStep[] => {
    if (part.kind === "claim") {
      const holding = held[part.id]!;
      return holding.tasks.map((task) => stepOf("claim", holding, task));
    }
    if (part.kind !== "commit") return [];
    const { ticket, subMask } = part.call;
    const { workflow, root, word, mask } = unpackTicket(ticket);
    const holding = holdings.find(workflow, root);
    if (!holding) return [];
    const tasks = tasksOf(word, subMask === 0n ? mask : subMask);
    return tasks.map((task) => ({ name: "commit", holding, task }));
  });
}
