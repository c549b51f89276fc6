/** Who calls it: the sync loop. Which of the held attempts the next request names: what is new about them, and now and then all. */
import type { SyncRequest } from "../../protocol/http";
import type { HeldTask } from "../holdings/phase";

type Report = SyncRequest["running"][number];

/** Attempts that one request may name. */
const MAX_NAMED = 1_024;

interface Told {
  progress: number;
  note: string | undefined;
  /** Unix time, milliseconds. */
  at: number;
}

/** The coordinator wants to hear of each attempt once in a while; of one that got on it hears at once, whoever else there is. */
export class ProgressReports {
  private told = new WeakMap<HeldTask, Told>();

  /**
   * @param everyMs how often what is not new is said again
   * @returns tasks to name, and whether there are more
   */
  due(held: HeldTask[], now: number, everyMs: number): { tasks: HeldTask[]; more: boolean } {
    const fresh: HeldTask[] = [];
    const again: { task: HeldTask; at: number }[] = [];
    for (const task of held) {
      const told = this.told.get(task);
      if (!told || told.progress !== task.progress || told.note !== task.note) fresh.push(task);
      else if (now - told.at >= everyMs) again.push({ task, at: told.at });
    }
    again.sort((a, b) => a.at - b.at);
    const tasks = [...fresh, ...again.map(({ task }) => task)];
    return { tasks: tasks.slice(0, MAX_NAMED), more: tasks.length > MAX_NAMED };
  }

  /** The coordinator has heard what a request said. @param reports of the tasks, in their order */
  heard(tasks: HeldTask[], reports: Report[], now: number): void {
    for (const [i, task] of tasks.entries()) {
      const { progress, note } = reports[i]!;
      this.told.set(task, { progress, note, at: now });
    }
  }

  /** Who could not be reached may have forgotten all. */
  forget(): void {
    this.told = new WeakMap();
  }
}
