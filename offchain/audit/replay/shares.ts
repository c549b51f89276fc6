// The contract's shares as the auditor knows them from contracts/README.md, written down a second time on purpose.

export const BPS = 10_000n;
/** Of a struck bond, to who proved it wrong. */
const STRIKE_CHALLENGER_BPS = 4_000n;
/** Of a struck bond, to the workflow's requester; what is left is burned. */
const STRIKE_REQUESTER_BPS = 3_000n;
/** Of the bonds of late tasks, burned except for the gas refund. */
const LATE_BPS = 2_000n;

/** How a strike splits a bond, in units; the rest that rounding leaves is burned. */
export function strikeShares(bond: bigint): {
  toChallenger: bigint;
  toRequester: bigint;
  burned: bigint;
} {
  const toChallenger = (bond * STRIKE_CHALLENGER_BPS) / BPS;
  const toRequester = (bond * STRIKE_REQUESTER_BPS) / BPS;
  return { toChallenger, toRequester, burned: bond - toChallenger - toRequester };
}

/**
 * What lateness costs, in units.
 * @param bonds of the tasks that end now
 * @param last whether the claim ends with them; one refund is paid for each claim
 * @param lateGasRefund the deployment's fixed refund
 */
export function latePenalty(
  bonds: bigint,
  last: boolean,
  lateGasRefund: bigint,
): { penalty: bigint; gasRefund: bigint; burned: bigint } {
  const penalty = (bonds * LATE_BPS + BPS - 1n) / BPS;
  const gasRefund = !last ? 0n : penalty < lateGasRefund ? penalty : lateGasRefund;
  return { penalty, gasRefund, burned: penalty - gasRefund };
}

/** @returns units of the coordinator's fee, rounded down */
export function feeOf(spent: bigint, feeBps: number): bigint {
  return (spent * BigInt(feeBps)) / BPS;
}
