import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Reads a scrape in Prometheus' text format.
 * @returns value by series, `name{label="value",...}` as the text has it
 */
export function seriesOf(text: string): Map<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(" ");
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}

/** Names of all metrics in a scrape, also of those without a value yet. */
export const namesOf = (text: string): string[] =>
  [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!);

/** Names in the tables of docs/observability.md, sorted. */
export function documentedNames(): string[] {
  const text = readFileSync(join(__dirname, "../../docs/observability.md"), "utf8");
  return [...text.matchAll(/^\| `(froben_[a-z_]+)`/gm)].map(([, name]) => name!).sort();
}
