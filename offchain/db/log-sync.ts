import { closeSync, fdatasync, fdatasyncSync, openSync } from "node:fs";
import type { Database } from "better-sqlite3";

/**
 * Commits without waiting for the disk, which another thread brings up to date meanwhile: a commit that waits holds everybody up. What
 * was committed survives the process; whoever lets something leave the machine waits for `synced` first, so that it survives a power
 * cut too. SQLite's write-ahead log is one file, and a transaction in it counts once the file holds all of it.
 */
export class LogSync {
  private file: number | undefined;
  /** Commits so far, and how many of them are on the disk. */
  private commits = 0;
  private onDisk = 0;
  private running: Promise<void> | undefined;
  /** After this nobody knows what the disk holds: the kernel forgets pages that it could not write. */
  private failure: Error | undefined;

  /** @param db in WAL mode, with synchronous = FULL for what is committed in other ways */
  constructor(private readonly db: Database) {}

  /** Runs what commits, without waiting for the disk. */
  commit(write: () => void): void {
    this.db.exec("pragma synchronous = NORMAL");
    try {
      write();
    } finally {
      this.db.exec("pragma synchronous = FULL");
    }
    if (!this.db.memory) this.commits++;
  }

  /** Whether the disk is being written: what is committed now has to wait for the next time. */
  get isBusy(): boolean {
    return this.running !== undefined;
  }

  /** Resolves once all that is committed by now is on the disk. @throws what the disk says, from then on always */
  async synced(): Promise<void> {
    const wanted = this.commits;
    while (this.onDisk < wanted) await (this.running ?? this.start());
    if (this.failure) throw this.failure;
  }

  /** The same, at once. */
  syncNow(): void {
    if (this.failure) throw this.failure;
    if (this.onDisk === this.commits) return;
    fdatasyncSync(this.open());
    this.onDisk = this.commits;
  }

  /** Call it when nobody waits. */
  close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }

  private start(): Promise<void> {
    const file = this.open();
    const until = this.commits;
    this.running = new Promise((resolve) => {
      fdatasync(file, (error) => {
        this.running = undefined;
        this.onDisk = Math.max(this.onDisk, until);
        this.failure ??= error ?? undefined;
        resolve();
      });
    });
    return this.running;
  }

  private open(): number {
    return (this.file ??= openSync(`${this.db.name}-wal`, "r+"));
  }
}
