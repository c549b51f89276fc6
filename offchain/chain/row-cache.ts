import type { Row, StoredRow } from "../db/row-writer";

/** A row as it is stored and as the code sees it; nothing of either when there is none. */
export interface Held {
  stored: StoredRow | undefined;
  row: Row | undefined;
}

/** Rows of a table that are kept: some blocks' worth of a wide workflow. */
const MOST_ROWS = 16_384;

/**
 * Rows of one table as they were read or written last: a task that a block changes was read a moment ago, and is asked for several
 * times soon after. True only while nobody else writes the table.
 */
export class RowCache {
  private readonly held = new Map<string, Held>();

  /** @param key of the row, as one text @param read reads it if it is not held */
  of(key: string, read: () => Held): Held {
    let held = this.held.get(key);
    if (!held) this.set(key, (held = read()));
    return held;
  }

  /** The row was written; it outlives those that were read or written before. */
  set(key: string, held: Held): void {
    this.held.delete(key);
    this.held.set(key, held);
    if (this.held.size > MOST_ROWS) this.held.delete(this.held.keys().next().value!);
  }

  /** What was written has been taken back, or was written by somebody else. */
  clear(): void {
    this.held.clear();
  }
}
