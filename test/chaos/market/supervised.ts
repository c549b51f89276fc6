import type { Cleanup } from "../../../devnet/cleanup";
import { startProcess, type ManagedProcess, type SpawnOptions } from "../../../devnet/processes";

/** A process that is started again whenever it dies, as a machine's supervisor does. */
export class Supervised {
  /** How often it died without being asked to. */
  deaths = 0;
  /** The failure of a start, if one failed: then it is not started again. */
  failed: Error | undefined;
  private process: ManagedProcess | undefined;
  private lives = 0;
  private starting: Promise<void> | undefined;
  private wanted = false;
  private waiters: (() => void)[] = [];

  /**
   * @param options of every life
   * @param onReady gets what its first line says
   * @param maxFailures so many starts in a row that fail are a crash loop
   */
  constructor(
    readonly name: string,
    private readonly options: () => Omit<SpawnOptions, "name" | "cleanup">,
    private readonly onReady: (answer: string) => void,
    private readonly cleanup: Cleanup,
    private readonly maxFailures = 40,
  ) {
    // At the end nothing is started again.
    cleanup.addProcess(() => void (this.wanted = false));
  }

  get pid(): number {
    return this.process?.pid ?? 0;
  }

  get logFile(): string {
    return this.process?.logFile ?? "";
  }

  /** Resolves when it is ready. */
  async start(): Promise<void> {
    this.wanted = true;
    await this.live();
    if (this.failed) throw this.failed;
  }

  /** Resolves when it is ready again. @throws when it can't be started */
  async standing(): Promise<void> {
    if (this.starting) await this.starting;
    if (this.failed) throw this.failed;
  }

  private live(): Promise<void> {
    this.starting = this.tryToLive().finally(() => (this.starting = undefined));
    return this.starting;
  }

  private async tryToLive(): Promise<void> {
    for (let failures = 1; ; failures++) {
      const name = `${this.name}-${++this.lives}`;
      try {
        const options = { ...this.options(), name, cleanup: this.cleanup };
        const [process, answer] = await startProcess(options);
        this.process = process;
        this.onReady(answer);
        void process.exited.then(() => this.died(process));
        return;
      } catch (error) {
        // Killed while it started: that is a death like another.
        this.deaths++;
        this.tell();
        if (!this.wanted) return;
        if (failures >= this.maxFailures) {
          this.failed = error as Error;
          return;
        }
      }
    }
  }

  private died(process: ManagedProcess): void {
    if (process !== this.process) return;
    this.process = undefined;
    if (!this.wanted) return;
    this.deaths++;
    this.tell();
    void this.live();
  }

  private tell(): void {
    this.waiters.splice(0).forEach((wake) => wake());
  }

  /** Resolves at its next death. */
  death(): Promise<void> {
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  /** `kill -9`; it is started again. */
  kill(): void {
    this.signal("SIGKILL");
  }

  signal(signal: NodeJS.Signals): void {
    if (this.process) process.kill(this.process.pid, signal);
  }

  /** Ends it by `signal`, and it stays ended. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    this.wanted = false;
    await this.starting; // one that is on its way would outlive this
    const { process } = this;
    if (!process) return;
    this.signal(signal);
    if (signal === "SIGTERM") await process.stop();
    await process.exited;
    this.process = undefined;
  }
}
