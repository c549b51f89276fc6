/** Beyond so many names, what is kept of former ones is given up. */
const MOST_KEPT = 65_536;

/** A set of names that is emptied and filled again and again; that makes no garbage. */
export class Names {
  /** When each was added last. */
  private readonly times = new Map<string, number>();
  private time = 0;

  clear(): void {
    this.time++;
    if (this.times.size > MOST_KEPT) this.times.clear();
  }

  add(name: string): void {
    this.times.set(name, this.time);
  }

  has(name: string): boolean {
    return this.times.get(name) === this.time;
  }
}
