import fc from "fast-check";

// Values that are nearly right.

const FAR = "99999999999999999999999";

/** What stands in the place of something that was expected. */
export const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, -1, 0, 0.5, 2 ** 53, 1e308, "", "0x", FAR, [], {}),
  fc.constantFrom<unknown>(`0x${"f".repeat(64)}`, "NaN", "__proto__", "constructor", "../../etc"),
  fc.integer(),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.jsonValue({ maxDepth: 3 }),
  fc.constant("x".repeat(70_000)),
  fc.constant(Array<number>(5_000).fill(1)),
  fc.constant(JSON.parse(`${"[".repeat(2_000)}${"]".repeat(2_000)}`)),
);

/** Paths of all places of a value. */
function placesOf(value: unknown, at: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, item]) => placesOf(item, [...at, key]))];
}

/** @returns a copy with something else at a place, or with nothing there if that is undefined */
function withAt(value: unknown, [key, ...rest]: string[], other: unknown): unknown {
  if (key === undefined) return other;
  const copy = (
    Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }
  ) as Record<string, unknown>;
  if (rest.length === 0 && other === undefined) delete copy[key];
  else copy[key] = withAt(copy[key], rest, other);
  return copy;
}

/** @returns a value of which one place, at any depth, holds junk or nothing */
export const changed = (value: unknown): fc.Arbitrary<unknown> =>
  fc
    .tuple(fc.constantFrom(...placesOf(value)), fc.option(junk, { nil: undefined, freq: 6 }))
    .map(([place, other]) => withAt(value, place, other));
