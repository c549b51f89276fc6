import type { Address } from "viem";

/** Of the market that is not there. */
export const CHAIN_ID = 31337;
export const MARKET: Address = `0x${"aa".repeat(20)}`;
