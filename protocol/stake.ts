/**
 * What of its stake an operator may lock for claims. The contract takes none of an operator whose stake has fallen below the minimum.
 * @param account its balances, units @param minStake the market's, units
 */
export const lockableStake = (
  { free, locked }: { free: bigint; locked: bigint },
  minStake: bigint,
): bigint => (free + locked < minStake ? 0n : free);
