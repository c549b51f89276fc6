const NONE = -1;
/** Of a number that is in no list. */
const NOWHERE = -1;

/** Small whole numbers in lists, each in one at most, in the order in which they came; whatever is done with one takes the same short time. */
export class Lists {
  // By number.
  private before = new Int32Array(64);
  private after = new Int32Array(64);
  private list = new Int32Array(64).fill(NOWHERE);
  // By list.
  private readonly heads: number[] = [];
  private readonly tails: number[] = [];
  private readonly sizes: number[] = [];

  /** @param lists how many there are: they are named by their places */
  constructor(lists: number) {
    for (let list = 0; list < lists; list++) {
      this.heads.push(NONE);
      this.tails.push(NONE);
      this.sizes.push(0);
    }
  }

  size(list: number): number {
    return this.sizes[list]!;
  }

  /** Puts a number that is in no list at the end of one. */
  add(list: number, item: number): void {
    if (item >= this.list.length) this.grow(item);
    const last = this.tails[list]!;
    this.list[item] = list;
    this.before[item] = last;
    this.after[item] = NONE;
    if (last === NONE) this.heads[list] = item;
    else this.after[last] = item;
    this.tails[list] = item;
    this.sizes[list]!++;
  }

  has(item: number): boolean {
    return item < this.list.length && this.list[item] !== NOWHERE;
  }

  /** Takes a number out of the list that it is in, if there is one. */
  remove(item: number): void {
    if (!this.has(item)) return;
    const list = this.list[item]!;
    const before = this.before[item]!;
    const after = this.after[item]!;
    if (before === NONE) this.heads[list] = after;
    else this.after[before] = after;
    if (after === NONE) this.tails[list] = before;
    else this.before[after] = before;
    this.list[item] = NOWHERE;
    this.sizes[list]!--;
  }

  /**
   * Goes through the numbers of a list in order; meanwhile it must not change.
   * @param visit returns false to stop
   */
  each(list: number, visit: (item: number) => boolean): void {
    const { heads, after } = this;
    for (let item = heads[list]!; item !== NONE; item = after[item]!) if (!visit(item)) return;
  }

  private grow(item: number): void {
    const size = Math.max(item + 1, 2 * this.list.length);
    const more = (numbers: Int32Array) => {
      const all = new Int32Array(size).fill(NOWHERE);
      all.set(numbers);
      return all;
    };
    this.before = more(this.before);
    this.after = more(this.after);
    this.list = more(this.list);
  }
}
