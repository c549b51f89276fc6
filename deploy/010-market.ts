import { zeroAddress, type Address } from "viem";
import { marketAbi } from "../protocol/abi";
import { FrobenError } from "../protocol/errors";
import { readCompiled } from "./compiled";
import type { Deployer } from "./deployer";

/** The market's immutable parameters. */
export interface MarketParameters {
  /** An ERC-20; unset: the chain's native currency. */
  token?: Address;
  /** Wei, or the token's smallest units, of one unit; every amount is a multiple of it. */
  unit: bigint;
  /** Least stake of an operator, units. */
  minStake: bigint;
  /** Seconds from the start of unbonding to withdrawal; it must outlast every claim and challenge window. */
  unbondingDelay: number;
  /**
   * Seconds for which a completed workflow takes claims that a reorganisation took back, and for which its requester waits for what was
   * not spent: as long as the chain may be reorganised.
   */
  lateClaims: number;
}

export const DEFAULT_PARAMETERS: MarketParameters = {
  unit: 10n ** 9n,
  minStake: 10n ** 8n, // 0.1 ether
  unbondingDelay: 15 * 24 * 3600,
  lateClaims: 15 * 60, // more than 64 blocks of twelve seconds
};

/** A run that resumes another one, or finds its market, must mean the same market. */
async function checkParameters(
  { client }: Deployer,
  market: Address,
  wanted: Required<MarketParameters>,
): Promise<void> {
  const read = { address: market, abi: marketAbi } as const;
  const [token, unit, minStake, unbondingDelay, lateClaims] = await Promise.all([
    client.readContract({ ...read, functionName: "TOKEN" }),
    client.readContract({ ...read, functionName: "UNIT" }),
    client.readContract({ ...read, functionName: "MIN_STAKE" }),
    client.readContract({ ...read, functionName: "UNBONDING_DELAY" }),
    client.readContract({ ...read, functionName: "LATE_CLAIMS" }),
  ]);
  const found = { token, unit, minStake, unbondingDelay, lateClaims };
  for (const [name, value] of Object.entries(found)) {
    const limit = String(wanted[name as keyof MarketParameters]);
    if (String(value).toLowerCase() !== limit.toLowerCase())
      throw new FrobenError("parameters_differ", "the record's market has another parameter", {
        field: name,
        limit,
        value: String(value),
        hint: "a market's parameters never change: name another --out file to deploy another market",
      });
  }
}

/**
 * Deploys the market: the court, the extension that runs it, and in front of both the contract that everybody calls.
 * @returns the market's address and the block of its deployment, from which its events are read
 * @throws FrobenError `parameters_differ` when the record has a market, or parts of one, with other parameters
 */
export async function deployMarket(
  deployer: Deployer,
  parameters: MarketParameters = DEFAULT_PARAMETERS,
): Promise<{ address: Address; block: number }> {
  const wanted = { token: zeroAddress, ...parameters };
  const deploy = (name: string, argument: unknown) =>
    deployer.deploy(name, readCompiled(`${name}.sol`, name), [argument]);
  const court = await deploy("MarketCourt", wanted);
  const extension = await deploy("MarketExtension", court.address);
  const market = await deploy("Market", extension.address);
  await checkParameters(deployer, market.address, wanted);
  return market;
}
