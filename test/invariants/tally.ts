import Table from "cli-table3";
import { toFunctionSelector, type AbiFunction } from "viem";

/** How often each action's call was accepted and refused, and with which of the market's errors. */
export interface Tally {
  actions: Record<string, { accepted: number; refused: number }>;
  /** By selector, as hex. */
  errors: Record<string, number>;
}

/** One line that the suite writes at the end of a sequence (World.summary). */
interface Line {
  actions: Record<string, [number, number]>;
  errors: Record<string, number>;
}

export function emptyTally(): Tally {
  return { actions: {}, errors: {} };
}

/** Adds up the lines of one forge process. forge ends its last sequence twice: a line that repeats the one before is not counted. */
export function addUp(lines: string): Tally {
  const tally = emptyTally();
  let before = "";
  for (const line of lines.split("\n")) {
    if (line === "" || line === before) continue;
    before = line;
    const { actions, errors } = JSON.parse(line) as Line;
    for (const [name, [accepted, refused]] of Object.entries(actions))
      count(tally, name, accepted, refused);
    for (const [selector, n] of Object.entries(errors)) {
      const hex = `0x${Number(selector).toString(16).padStart(8, "0")}`;
      tally.errors[hex] = (tally.errors[hex] ?? 0) + n;
    }
  }
  return tally;
}

/** Adds the second tally to the first. */
export function merge(into: Tally, more: Tally): void {
  for (const [name, { accepted, refused }] of Object.entries(more.actions))
    count(into, name, accepted, refused);
  for (const [selector, n] of Object.entries(more.errors))
    into.errors[selector] = (into.errors[selector] ?? 0) + n;
}

/** Calls that the market got. */
export function callsOf(tally: Tally): number {
  return Object.values(tally.actions).reduce((sum, n) => sum + n.accepted + n.refused, 0);
}

/** Calls that the market refused. */
export function refusedOf(tally: Tally): number {
  return Object.values(tally.actions).reduce((sum, n) => sum + n.refused, 0);
}

/** @returns a table of all actions, those of the wind-down ("end: ...") last */
export function table(tally: Tally): string {
  const rows = new Table({
    head: ["action", "accepted", "refused", "accepted %"],
    colAligns: ["left", "right", "right", "right"],
  });
  const names = Object.keys(tally.actions).sort((a, b) => rank(a).localeCompare(rank(b)));
  for (const name of names) {
    const { accepted, refused } = tally.actions[name]!;
    rows.push([name, accepted, refused, Math.round((100 * accepted) / (accepted + refused))]);
  }
  return rows.toString();
}

/** @returns names of the errors that the market declares, split into those that calls met and those that none met */
export function errorsMet(
  tally: Tally,
  abi: { type: string; name?: string; inputs?: unknown }[],
): { met: Record<string, number>; unmet: string[] } {
  const met: Record<string, number> = {};
  const unmet: string[] = [];
  for (const item of abi.filter(({ type }) => type === "error")) {
    // Errors have selectors by the same rule as functions.
    const selector = toFunctionSelector({ ...item, type: "function" } as AbiFunction);
    const n = tally.errors[selector];
    if (n) met[item.name!] = n;
    else unmet.push(item.name!);
  }
  return { met, unmet };
}

const rank = (name: string): string => (name.startsWith("end:") ? "1" : "0") + name;

function count(tally: Tally, name: string, accepted: number, refused: number): void {
  const sum = (tally.actions[name] ??= { accepted: 0, refused: 0 });
  sum.accepted += accepted;
  sum.refused += refused;
}
