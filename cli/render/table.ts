import Table from "cli-table3";

/** Text, or lines of text. */
export type Rendered = string | string[];

/** @returns a plain table: one header line, then a line per row */
export function table(head: string[], rows: (string | number)[][]): string {
  if (rows.length === 0) return "none";
  const chars = {
    ...{ top: "", "top-mid": "", "top-left": "", "top-right": "" },
    ...{ bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "" },
    ...{ left: "", "left-mid": "", mid: "", "mid-mid": "", right: "", "right-mid": "" },
    middle: "  ",
  };
  const drawn = new Table({
    head,
    chars,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  drawn.push(...rows.map((row) => row.map(String)));
  return drawn
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

/** @returns `name  value` lines, aligned */
export function fields(pairs: [name: string, value: string | number][]): string[] {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
}
