/**
 * Items in order, to be gone through from the smallest. Finding a place takes O(log n); making room there moves what comes after it, which
 * for 10,000 items takes a microsecond or two.
 */
export class Sorted<T> {
  private readonly all: T[] = [];

  /** @param compare below 0: its first argument comes first; 0 only for one and the same; an item's place must not change */
  constructor(private readonly compare: (a: T, b: T) => number) {}

  get items(): readonly T[] {
    return this.all;
  }

  /** Adds an item that is not there. */
  add(item: T): void {
    this.all.splice(this.placeOf(item), 0, item);
  }

  /** @returns whether the item was there */
  remove(item: T): boolean {
    const at = this.placeOf(item);
    if (this.all[at] !== item) return false;
    this.all.splice(at, 1);
    return true;
  }

  /** Of the first item that does not come before this one. */
  private placeOf(item: T): number {
    let from = 0;
    let to = this.all.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.compare(this.all[middle]!, item) < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** Leaves in an array what is to be kept, in the same order. */
export function keep<T>(items: T[], isKept: (item: T) => boolean): void {
  let kept = 0;
  for (const item of items) if (isKept(item)) items[kept++] = item;
  items.length = kept;
}

/**
 * Puts in order what was in order not long ago: takes as long as there are items, and as items that have changed places, times the places
 * that they move.
 */
export function sortAgain<T>(items: T[], isBefore: (a: T, b: T) => boolean): void {
  let moves = 4 * items.length;
  for (let i = 1; i < items.length; i++) {
    const item = items[i]!;
    let at = i;
    for (; at > 0 && isBefore(item, items[at - 1]!); at--) items[at] = items[at - 1]!;
    items[at] = item;
    moves -= i - at;
    // More has changed than that.
    if (moves < 0) return void items.sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }
}
