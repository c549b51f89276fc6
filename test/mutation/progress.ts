import logUpdate from "log-update";

const clock = (ms: number) => {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
};

const bar = (share: number, width = 24) => {
  const full = Math.round(share * width);
  return "█".repeat(full) + "░".repeat(width - full);
};

/** How far a run is: one live line on a terminal, a line for each tenth elsewhere. */
export class Progress {
  private done = 0;
  private killed = 0;
  private survived = 0;
  private readonly started = performance.now();

  constructor(private readonly total: number) {}

  count(outcome: string): void {
    this.done++;
    if (outcome === "killed") this.killed++;
    if (outcome === "survived") this.survived++;
    this.show();
  }

  /** Leaves the last line on the screen. */
  end(): void {
    if (process.stderr.isTTY) logUpdate.done();
  }

  private show(): void {
    const share = this.done / this.total;
    const spent = performance.now() - this.started;
    const left = (spent / this.done) * (this.total - this.done);
    const text =
      `${bar(share)} ${this.done}/${this.total}, ${this.killed} killed, ${this.survived} survived, ` +
      `${clock(spent)} gone, about ${clock(left)} left`;
    if (process.stderr.isTTY) logUpdate(text);
    else if (Math.floor(share * 10) > Math.floor((share - 1 / this.total) * 10))
      process.stderr.write(`${text}\n`);
  }
}
