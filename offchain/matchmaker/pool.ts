/** So many are kept. */
const MOST_KEPT = 1_024;

/** Things that are written over again and again, as many are needed for a short time. */
export class Pool<T> {
  private readonly all: T[] = [];
  private used = 0;

  /** All that was taken is nobody's any more. */
  clear(): void {
    this.used = 0;
  }

  /** @returns one that is nobody's; nothing when another has to be made, and added */
  take(): T | undefined {
    return this.all[this.used++];
  }

  /** Has one taken again when this is nobody's any more. */
  add(one: T): T {
    if (this.all.length < MOST_KEPT) this.all.push(one);
    return one;
  }
}
