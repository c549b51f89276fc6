import { formatUnits, type Market } from "../../sdk";

/** @returns a function that writes units as an amount of the market's currency */
export const moneyOf =
  ({ unit, currency }: Pick<Market, "unit" | "currency">) =>
  (units: string | bigint) =>
    formatUnits(units, BigInt(unit), currency);
