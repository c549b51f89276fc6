import type { Address } from "viem";
import { readCompiled } from "./compiled";
import type { Deployer } from "./deployer";

/** The market's immutable parameters. */
export interface MarketParameters {
  /** Wei of one unit; every amount is a multiple of it. */
  unit: bigint;
  /** Least stake of an operator, units. */
  minStake: bigint;
  /** Seconds from the start of unbonding to withdrawal; it must outlast every claim and challenge window. */
  unbondingDelay: number;
}

export const DEFAULT_PARAMETERS: MarketParameters = {
  unit: 10n ** 9n,
  minStake: 10n ** 8n, // 0.1 ether
  unbondingDelay: 15 * 24 * 3600,
};

/** @returns the market's address and the block of its deployment, from which its events are read */
export function deployMarket(
  deployer: Deployer,
  parameters: MarketParameters = DEFAULT_PARAMETERS,
): Promise<{ address: Address; block: number }> {
  const { unit, minStake, unbondingDelay } = parameters;
  return deployer.deploy("Market", readCompiled("Market.sol", "Market"), [
    unit,
    minStake,
    unbondingDelay,
  ]);
}
