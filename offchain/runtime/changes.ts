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
   * @returns what has changed since, each once; undefined when that is more, or too long ago: then all has to be looked at
   */
  since(seen: number, most: number): Set<T> | undefined {
    if (seen < this.dropped || this.count - seen > most) return undefined;
    return new Set(this.log.slice(seen - this.dropped));
  }
}
