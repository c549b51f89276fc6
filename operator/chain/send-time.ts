/** Who calls it: the chain loop, to know whether what it has planned is sent now. Pure. */

/** Parts of each kind in one transaction. */
export const MAX_PARTS = 16;
/** Transactions that may be under way when another one claims. */
export const MAX_UNDER_WAY = 3;

/**
 * Claims hold results up: they go out though other transactions are under way. The last that may be is for all that comes until the block is
 * due: sent at once, it would have what comes after it wait for one more block. What nobody waits for goes along, or when nothing is under way.
 * @param claims that are planned
 * @param underWay transactions
 * @param spareMs how long one can wait and still be in the next block, milliseconds
 * @returns how long to wait, milliseconds; Infinity: until a transaction is included
 */
export function sendInMs(claims: number, underWay: number, spareMs: number): number {
  if (underWay === 0) return 0;
  if (claims === 0 || underWay >= MAX_UNDER_WAY) return Infinity;
  const isLast = underWay === MAX_UNDER_WAY - 1;
  return isLast && claims < MAX_PARTS ? spareMs : 0;
}
