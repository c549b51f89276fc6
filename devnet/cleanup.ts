import { rm } from "node:fs/promises";

type Step = () => Promise<void> | void;

async function attempt(step: Step): Promise<void> {
  try {
    await step();
  } catch (error) {
    process.stderr.write(`froben: clean-up went on after: ${String(error)}\n`);
  }
}

/**
 * What must be undone at the end, whatever the end is: first all processes are stopped, at the same time, then the other
 * steps run, last in, first out. What is handed over when the end has begun is undone at once.
 */
export class Cleanup {
  private readonly processes: Step[] = [];
  private readonly steps: Step[] = [];
  private running: Promise<void> | undefined;

  add(step: Step): void {
    this.steps.push(step);
    if (this.running) void this.run();
  }

  /** Removes a folder at the end. */
  addFolder(folder: string): void {
    this.add(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  }

  /** Stops a process at the end. Hand it over before it can do anything. */
  addProcess(stop: Step): void {
    this.processes.push(stop);
    if (this.running) void this.run();
  }

  /** Undoes everything, also when a step fails. A later call waits for the first, and for what came since. */
  run(): Promise<void> {
    this.running = (this.running ?? Promise.resolve()).then(async () => {
      await Promise.all(this.processes.splice(0).map(attempt));
      for (const step of this.steps.splice(0).reverse()) await attempt(step);
    });
    return this.running;
  }
}
