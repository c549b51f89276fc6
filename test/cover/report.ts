import type { Point } from "./points";

/** How many of a kind of points there are, and how many were reached. */
export interface Share {
  total: number;
  reached: number;
}

/** Coverage of one file, or of all. */
export interface Shares {
  lines: Share;
  branches: Share;
  functions: Share;
}

/** A branch that no test took. */
export interface Missed {
  /** Names the branch in the file of accepted ones; it holds no line number, so that it survives changes elsewhere. */
  name: string;
  file: string;
  line: number;
}

export interface Report {
  total: Shares;
  files: Record<string, Shares & { missedLines: number[]; missedFunctions: string[] }>;
  missed: Missed[];
}

/** @returns what was reached of what there is */
export function reportOf(points: Point[], reached: ReadonlySet<number>): Report {
  const files: Report["files"] = {};
  for (const file of new Set(points.map((point) => point.file))) {
    const inFile = points.filter((point) => point.file === file);
    const lines = firstOfEachLine(inFile);
    const missed = (kind: Point[]) => kind.filter(({ id }) => !reached.has(id));
    files[file] = {
      ...sharesOf(inFile, reached),
      missedLines: missed(lines).map(({ line }) => line),
      missedFunctions: missed(ofKind(inFile, "function")).map(({ scope }) => scope),
    };
  }
  return { total: sharesOf(points, reached), files, missed: missedBranches(points, reached) };
}

/** @returns per cent, rounded down; 100 where there is nothing to reach */
export function percent({ total, reached }: Share): number {
  return total === 0 ? 100 : Math.floor((reached * 10_000) / total) / 100;
}

const ofKind = (points: Point[], kind: Point["kind"]) =>
  points.filter((point) => point.kind === kind);

/** A line counts by the first statement that begins on it; what else is on it shows in the branches. */
function firstOfEachLine(points: Point[]): Point[] {
  const byLine = new Map<string, Point>();
  for (const point of ofKind(points, "line").toReversed())
    byLine.set(`${point.file}:${point.line}`, point);
  return [...byLine.values()].toSorted((a, b) => a.id - b.id);
}

function sharesOf(points: Point[], reached: ReadonlySet<number>): Shares {
  const share = (some: Point[]): Share => ({
    total: some.length,
    reached: some.filter(({ id }) => reached.has(id)).length,
  });
  return {
    lines: share(firstOfEachLine(points)),
    branches: share(ofKind(points, "branch")),
    functions: share(ofKind(points, "function")),
  };
}

/** The second branch of the same words in one function is "(2)", and so on. */
function missedBranches(points: Point[], reached: ReadonlySet<number>): Missed[] {
  const seen = new Map<string, number>();
  return ofKind(points, "branch").flatMap(({ id, file, line, scope, branch }) => {
    const words = `${file} ${scope}: ${branch}`;
    const nth = (seen.get(words) ?? 0) + 1;
    seen.set(words, nth);
    return reached.has(id) ? [] : [{ name: nth > 1 ? `${words} (${nth})` : words, file, line }];
  });
}
