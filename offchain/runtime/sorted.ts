/** A block has so many items at most; one that gets more is cut in two. */
const MOST_IN_BLOCK = 128;

/** Items in order, to be gone through from the smallest. They are kept in blocks, so that adding one, or taking one out, moves few others. */
export class Sorted<T> {
  /** None of them is empty. */
  private readonly blocks: T[][] = [];
  private count = 0;

  /** @param compare below 0: its first argument comes first; 0 only for one and the same; an item's place must not change */
  constructor(private readonly compare: (a: T, b: T) => number) {}

  get size(): number {
    return this.count;
  }

  /** Adds an item that is not there. */
  add(item: T): void {
    const { blocks } = this;
    this.count++;
    if (blocks.length === 0) return void blocks.push([item]);
    const b = Math.min(this.blockOf(item), blocks.length - 1);
    const block = blocks[b]!;
    const at = placeIn(block, block.length, item, this.compare);
    block.push(item);
    for (let i = block.length - 1; i > at; i--) block[i] = block[i - 1]!;
    block[at] = item;
    if (block.length > MOST_IN_BLOCK) blocks.splice(b + 1, 0, block.splice(MOST_IN_BLOCK >> 1));
  }

  /** @returns whether the item was there */
  remove(item: T): boolean {
    const { blocks } = this;
    const b = this.blockOf(item);
    const block = blocks[b];
    if (!block) return false;
    const at = placeIn(block, block.length, item, this.compare);
    if (block[at] !== item) return false;
    this.count--;
    for (let i = at + 1; i < block.length; i++) block[i - 1] = block[i]!;
    block.pop();
    const next = blocks[b + 1];
    if (block.length === 0) blocks.splice(b, 1);
    else if (next && block.length + next.length <= MOST_IN_BLOCK >> 1) {
      block.push(...next);
      blocks.splice(b + 1, 1);
    }
    return true;
  }

  /**
   * Goes through the items in order; meanwhile none may be added or taken out.
   * @param from how many are left out at the beginning
   * @param visit returns false to stop
   */
  each(from: number, visit: (item: T) => boolean): void {
    let left = from;
    for (const block of this.blocks) {
      for (let i = left; i < block.length; i++) if (!visit(block[i]!)) return;
      left = Math.max(0, left - block.length);
    }
  }

  /** Of the first block that does not end before an item. */
  private blockOf(item: T): number {
    const { blocks, compare } = this;
    let from = 0;
    let to = blocks.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      const block = blocks[middle]!;
      if (compare(block[block.length - 1]!, item) < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** @returns the place of the first of some items in order that does not come before this one, among so many */
function placeIn<T>(
  items: readonly T[],
  count: number,
  item: T,
  compare: (a: T, b: T) => number,
): number {
  let from = 0;
  let to = count;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (compare(items[middle]!, item) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Leaves in an array what is to be kept, in the same order. */
export function keep<T>(items: T[], isKept: (item: T) => boolean): void {
  let kept = 0;
  for (const item of items) if (isKept(item)) items[kept++] = item;
  items.length = kept;
}

/**
 * Puts some items into an array that is in order.
 * @param added others than those in it; in order afterwards, too
 * @param compare below 0: its first argument comes first
 */
export function insert<T>(items: T[], added: T[], compare: (a: T, b: T) => number): void {
  added.sort(compare);
  let end = items.length;
  for (const item of added) items.push(item);
  for (let i = added.length - 1; i >= 0; i--) {
    const at = placeIn(items, end, added[i]!, compare);
    while (end > at) items[end + i] = items[--end]!;
    items[at + i] = added[i]!;
  }
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
