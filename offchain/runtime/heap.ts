/** Binary heap with the smallest item on top. Items can be removed from anywhere; every operation takes O(log n). */
export class Heap<T> {
  private readonly items: T[] = [];
  private readonly places = new Map<T, number>();

  /** @param before whether its first argument comes out first; the order of an item in the heap must not change */
  constructor(private readonly before: (a: T, b: T) => boolean) {}

  get size(): number {
    return this.items.length;
  }

  has(item: T): boolean {
    return this.places.has(item);
  }

  peek(): T | undefined {
    return this.items[0];
  }

  /** Adds an item that is not in the heap. */
  push(item: T): void {
    this.items.push(item);
    this.places.set(item, this.items.length - 1);
    this.up(this.items.length - 1);
  }

  pop(): T | undefined {
    const top = this.items[0];
    if (top !== undefined) this.remove(top);
    return top;
  }

  /** @returns whether the item was there */
  remove(item: T): boolean {
    const at = this.places.get(item);
    if (at === undefined) return false;
    this.places.delete(item);
    const last = this.items.pop()!;
    if (last === item) return true;
    this.put(last, at);
    this.up(at);
    this.down(this.places.get(last)!);
    return true;
  }

  private put(item: T, at: number): void {
    this.items[at] = item;
    this.places.set(item, at);
  }

  private up(from: number): void {
    const item = this.items[from]!;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.before(item, this.items[parent]!)) break;
      this.put(this.items[parent]!, at);
      at = parent;
    }
    this.put(item, at);
  }

  private down(from: number): void {
    const item = this.items[from]!;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.items.length) break;
      const right = child + 1;
      if (right < this.items.length && this.before(this.items[right]!, this.items[child]!))
        child = right;
      if (!this.before(this.items[child]!, item)) break;
      this.put(this.items[child]!, at);
      at = child;
    }
    this.put(item, at);
  }
}
