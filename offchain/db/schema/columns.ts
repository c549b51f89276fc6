import { customType } from "drizzle-orm/sqlite-core";

/** An amount in market units: bigint in code, decimal text in the database (SQLite's integers end at 2^63). */
export const units = customType<{ data: bigint; driverData: string }>({
  dataType: () => "text",
  toDriver: (value) => value.toString(),
  fromDriver: (text) => BigInt(text),
});

/** A 192- or 256-bit word: bigint in code, 0x hex text in the database. */
export const word = customType<{ data: bigint; driverData: string }>({
  dataType: () => "text",
  toDriver: (value) => `0x${value.toString(16)}`,
  fromDriver: (text) => BigInt(text),
});

/** A value kept as JSON text; bigints in it must be strings already. */
export const json = <T>() =>
  customType<{ data: T; driverData: string }>({
    dataType: () => "text",
    toDriver: (value) => JSON.stringify(value),
    fromDriver: (text) => JSON.parse(text) as T,
  });
