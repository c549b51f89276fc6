import { formatUnits } from "../../sdk";

/** @returns a function that writes units as ether */
export const moneyOf = (unit: string) => (units: string | bigint) =>
  formatUnits(units, BigInt(unit));
