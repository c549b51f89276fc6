/** Entries that are kept at least. */
const KEPT = 8_192;

/** What has changed, in order, for those who keep something about it and catch up when they are asked. */
export class Changes<T> {
  private log: T[] = [];
  /** How many entries there were before those of the log. */
  private dropped = 0;

  add(item: T): void {
    this.log.push(item);
    if (this.log.length <= 2 * KEPT) return;
    this.dropped += this.log.length - KEPT;
    this.log = this.log.slice(-KEPT);
  }

  /** How many changes there have been: where one who has seen them all goes on. */
  get count(): number {
    return this.dropped + this.log.length;
  }

  /**
   * @param seen how many changes are known
   * @param most that the caller wants to hear of
   * @returns whether all that has changed since can be told; else, as that is more, or too long ago, all has to be looked at
   */
  tells(seen: number, most: number): boolean {
    return seen >= this.dropped && this.count - seen <= most;
  }

  /** Tells what has changed since, in order; what has changed twice, twice. @param seen how many changes are known */
  each(seen: number, visit: (item: T) => void): void {
    for (let i = seen - this.dropped; i < this.log.length; i++) visit(this.log[i]!);
  }
}
