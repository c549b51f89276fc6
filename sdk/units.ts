import { formatUnits as formatDecimals, parseEther, parseGwei } from "viem";
import { FrobenError } from "../protocol/errors";
import { LIMITS } from "../protocol/limits";
import { ETHER, type Currency } from "./currency";

/** An amount of money as people write it; a bigint is wei. */
export type Amount = bigint | `${number} ether` | `${number} gwei` | `${number} wei`;

/** Wei of one unit when nobody says otherwise: a gwei. */
export const DEFAULT_UNIT = 1_000_000_000n;

const PARSERS = { ether: parseEther, gwei: parseGwei, wei: (text: string) => BigInt(text) };

/**
 * @param amount wei, or text such as "0.002 ether" or "50 gwei"
 * @returns wei
 * @throws FrobenError `amount_invalid` for text that is not a number with a currency, or below zero
 */
export function toWei(amount: Amount): bigint {
  if (typeof amount === "bigint" && amount >= 0n) return amount;
  const [, number, currency] = /^(\d+(?:\.\d+)?) (ether|gwei|wei)$/.exec(String(amount)) ?? [];
  if (number === undefined || (currency === "wei" && number.includes(".")))
    throw new FrobenError("amount_invalid", `"${amount}" is not an amount of money`, {
      value: String(amount),
      hint: 'write "0.002 ether", "50 gwei", "7 wei", or wei as a bigint',
    });
  return PARSERS[currency as keyof typeof PARSERS](number);
}

/**
 * Turns an amount into the market's units, in which specs and the contract count.
 * @param unit wei of one unit
 * @param field where the amount stands, for the error
 * @returns units, at least 1
 * @throws FrobenError `amount_invalid`, `amount_not_whole` (not a multiple of the unit), `amount_out_of_range`
 */
export function toUnits(amount: Amount, unit: bigint, field: string): number {
  const wei = toWei(amount);
  if (wei % unit !== 0n)
    throw new FrobenError("amount_not_whole", `${field}: not a multiple of the market's unit`, {
      field,
      limit: `${unit} wei`,
      value: String(amount),
    });
  const units = wei / unit;
  if (units < 1n || units > BigInt(LIMITS.maxAmount))
    throw new FrobenError("amount_out_of_range", `${field}: too small or too large`, {
      field,
      limit: units < 1n ? 1 : LIMITS.maxAmount,
      value: String(amount),
    });
  return Number(units);
}

/** @returns units as people write them, e.g. "0.0125 ETH" */
export function formatUnits(
  units: bigint | string,
  unit: bigint,
  { decimals, symbol }: Currency = ETHER,
): string {
  return `${formatDecimals(BigInt(units) * unit, decimals)} ${symbol}`;
}
