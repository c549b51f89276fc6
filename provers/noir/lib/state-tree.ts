/** The Merkle tree of accounts, depth 16; leaves that hold no account are 0. */
import { hashAccount, type Account } from "./account";
import type { Poseidon2 } from "./poseidon2";

export const DEPTH = 16;

/** Keeps every node that is not the root of an empty subtree, and changes one leaf at a time. */
export class StateTree {
  /** `levels[0]` holds the leaves, `levels[DEPTH]` the root; by index in the level. */
  private readonly levels: Map<number, bigint>[] = Array.from(
    { length: DEPTH + 1 },
    () => new Map(),
  );
  /** Root of an empty subtree of each height. */
  private readonly empty: bigint[] = [0n];

  constructor(
    private readonly poseidon2: Poseidon2,
    accounts: readonly Account[],
  ) {
    for (let level = 0; level < DEPTH; level++) {
      this.empty.push(poseidon2([this.empty[level]!, this.empty[level]!]));
    }
    accounts.forEach((account, index) =>
      this.levels[0]!.set(index, hashAccount(poseidon2, account)),
    );
    for (let level = 0; level < DEPTH; level++) {
      const parents = new Set([...this.levels[level]!.keys()].map((index) => index >> 1));
      for (const parent of parents) this.computeNode(level + 1, parent);
    }
  }

  get root(): bigint {
    return this.node(DEPTH, 0);
  }

  /** Puts an account at an index and recomputes the nodes above it. */
  set(index: number, account: Account): void {
    this.levels[0]!.set(index, hashAccount(this.poseidon2, account));
    for (let level = 1; level <= DEPTH; level++) this.computeNode(level, index >> level);
  }

  /** Siblings of a leaf, from the leaf up. */
  path(index: number): bigint[] {
    return Array.from({ length: DEPTH }, (_, level) => this.node(level, (index >> level) ^ 1));
  }

  private node(level: number, index: number): bigint {
    return this.levels[level]!.get(index) ?? this.empty[level]!;
  }

  private computeNode(level: number, index: number): void {
    const children = [this.node(level - 1, 2 * index), this.node(level - 1, 2 * index + 1)];
    this.levels[level]!.set(index, this.poseidon2(children));
  }
}
