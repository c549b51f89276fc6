// The contract's shares as the auditor knows them from contracts/README.md, written down a second time on purpose.

export const BPS = 10_000n;
/** Of a struck bond, to who proved it wrong. */
const STRIKE_CHALLENGER_BPS = 4_000n;
/** Of a struck bond, to the workflow's requester. */
const STRIKE_REQUESTER_BPS = 3_000n;
/** Of a struck bond, for operators whose results are void with it; what is left is burned, and what they leave too. */
const STRIKE_POT_BPS = 1_500n;
/** Of the bonds of tasks given back early without consent, all burned. */
const EARLY_BPS = 1_000n;
/** Of a seat's bond, what a juror who did not vote is fined. */
const SILENT_JUROR_BPS = 1_000n;
/** And at most so many juror fees. */
const SILENT_JUROR_FEES = 10n;
/** Of the bonds of late tasks, burned except for the gas refund. */
const LATE_BPS = 2_000n;

/** Bytes of a result that each further refund of gas stands for in the bond of a demand. */
const DEMAND_BYTES = 1024;
/** Jurors drawn for one dispute. */
export const JURY_SIZE = 5;
/** Blocks from a jury's call to the block whose hash draws it. */
export const DRAW_DELAY = 2;
/** Blocks after which that hash can't be had any more. */
export const HASH_BLOCKS = 256;
/** Seats looked at in one draw. */
export const DRAW_TRIES = 64;
/** Tasks of one claim without a coordinator. */
export const MAX_OPEN_CLAIM = 32;

/** How a strike splits a bond, in units; the pot is a part of what is burned until somebody is compensated out of it. */
export function strikeShares(bond: bigint): {
  toChallenger: bigint;
  toRequester: bigint;
  pot: bigint;
  burned: bigint;
} {
  const toChallenger = (bond * STRIKE_CHALLENGER_BPS) / BPS;
  const toRequester = (bond * STRIKE_REQUESTER_BPS) / BPS;
  const pot = (bond * STRIKE_POT_BPS) / BPS;
  return { toChallenger, toRequester, pot, burned: bond - toChallenger - toRequester };
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

/** @returns units that an early release without consent costs, rounded up */
export function earlyPenalty(bonds: bigint): bigint {
  return (bonds * EARLY_BPS + BPS - 1n) / BPS;
}

/** @returns units that a juror who did not vote is fined: a share of its seat's bond, and not many times what it would have earned */
export function silentFine(minStake: bigint, jurorFee: bigint): bigint {
  const share = (minStake * SILENT_JUROR_BPS) / BPS;
  const most = jurorFee * SILENT_JUROR_FEES;
  return share < most ? share : most;
}

/** @returns units that whoever demands a result locks; they pay for the calldata of its revelation */
export function demandBond(lateGasRefund: bigint, maxReveal: number): bigint {
  return lateGasRefund * BigInt(2 + Math.floor(maxReveal / DEMAND_BYTES));
}

/** @returns units that whoever calls a jury locks */
export function juryBond(lateGasRefund: bigint, jurorFee: bigint): bigint {
  return BigInt(JURY_SIZE) * jurorFee + lateGasRefund;
}
