import { Heap } from "./heap";

interface Entry<T> {
  key: T;
  at: number;
  order: number;
}

/** Moments at which something is due, one for each key; all operations take O(log n). */
export class Timers<T> {
  private readonly heap = new Heap<Entry<T>>(
    (a, b) => a.at < b.at || (a.at === b.at && a.order < b.order),
  );
  private readonly entries = new Map<T, Entry<T>>();
  private order = 0;

  /** Sets or moves the moment of a key. @param at Unix milliseconds */
  set(key: T, at: number): void {
    this.clear(key);
    const entry = { key, at, order: this.order++ };
    this.entries.set(key, entry);
    this.heap.push(entry);
  }

  has(key: T): boolean {
    return this.entries.has(key);
  }

  clear(key: T): void {
    const entry = this.entries.get(key);
    if (!entry) return;
    this.entries.delete(key);
    this.heap.remove(entry);
  }

  /** Takes out the keys that are due, the earliest first. */
  due(now: number): T[] {
    const keys: T[] = [];
    for (let top = this.heap.peek(); top && top.at <= now; top = this.heap.peek()) {
      this.clear(top.key);
      keys.push(top.key);
    }
    return keys;
  }

  /** @returns the earliest moment, if there is any */
  next(): number | undefined {
    return this.heap.peek()?.at;
  }
}
