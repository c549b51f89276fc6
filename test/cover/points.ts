// What is looked for, and how the instrumented code says "I was here".

/** A place in a source of which a test run tells whether it was reached. */
export interface Point {
  /** Number in the whole run, from 1. */
  id: number;
  kind: "function" | "line" | "branch";
  /** Source name, e.g. `contracts/Market.sol`. */
  file: string;
  /** Line, from 1. */
  line: number;
  /** The function it is in, e.g. `Market.deposit`. */
  scope: string;
  /** For a branch: condition and outcome, e.g. `a > b is never true`. */
  branch?: string;
}

/**
 * Marks are `MARK + id`: the code puts one on the stack and drops it, which changes nothing but 5 gas. Fifteen bytes, so that no
 * other number meets them by chance.
 */
export const MARK = 0xf40be6c0ffee5ec0ad5n << 40n;
const LAST = MARK + (1n << 32n);

/** @returns the mark as Solidity and Yul write it */
export const literal = (id: number): string => `0x${(MARK + BigInt(id)).toString(16)}`;

/** @returns the point's number if a word is a mark */
export function pointOf(word: bigint): number | undefined {
  return word > MARK && word < LAST ? Number(word - MARK) : undefined;
}
