import Table from "cli-table3";
import type { Outcome, Verdict } from "./messages";
import type { Mutant } from "./mutants";
import { acceptance, type Accepted } from "./survivors";

/** A mutant that was tried. */
export interface Tried {
  mutant: Mutant;
  verdict: Verdict;
}

type Count = Record<Outcome | "accepted", number>;

export interface Report {
  /** Per cent of the mutants that run, differ and are not accepted survivors; null if there is none. */
  killRate: number | null;
  total: Count;
  byFile: Record<string, Count>;
  /** Survivors that nobody accepted. */
  survivors: (Mutant & { verdict: Verdict })[];
  accepted: (Mutant & { reason: string })[];
  stale: Accepted[];
  /** Mean milliseconds of one worker, of mutants tried in this run or an earlier one. */
  meanMs: { compile: number; test: number };
  tried: { id: string; operator: string; file: string; line: number; verdict: Verdict }[];
}

const noCount = (): Count => ({
  killed: 0,
  survived: 0,
  accepted: 0,
  equivalent: 0,
  invalid: 0,
  unjudged: 0,
});

const mean = (values: number[]) =>
  values.length === 0 ? 0 : Math.round(values.reduce((a, b) => a + b, 0) / values.length);

/** Adds up what became of the mutants. */
export function summarize(tried: Tried[], accepted: Accepted[], stale: Accepted[]): Report {
  const total = noCount();
  const byFile: Record<string, Count> = {};
  const report: Report = {
    killRate: null,
    total,
    byFile,
    survivors: [],
    accepted: [],
    stale,
    meanMs: {
      compile: mean(tried.map(({ verdict }) => verdict.compileMs)),
      test: mean(tried.map(({ verdict }) => verdict.testMs)),
    },
    tried: tried.map(({ mutant: { id, operator, file, line }, verdict }) => ({
      id,
      operator,
      file,
      line,
      verdict,
    })),
  };
  for (const { mutant, verdict } of tried) {
    const entry = verdict.outcome === "survived" ? acceptance(accepted, mutant) : undefined;
    const outcome = entry ? "accepted" : verdict.outcome;
    total[outcome]++;
    (byFile[mutant.file] ??= noCount())[outcome]++;
    if (entry) report.accepted.push({ ...mutant, reason: entry.reason });
    else if (verdict.outcome === "survived") report.survivors.push({ ...mutant, verdict });
  }
  const judged = total.killed + total.survived;
  if (judged > 0) report.killRate = (100 * total.killed) / judged;
  return report;
}

const HEAD: (keyof Count)[] = [
  "killed",
  "survived",
  "accepted",
  "equivalent",
  "invalid",
  "unjudged",
];

const rateOf = ({ killed, survived }: Count) =>
  killed + survived === 0 ? "-" : `${((100 * killed) / (killed + survived)).toFixed(1)}%`;

/** @returns the report for people */
export function renderReport({ total, byFile, survivors, stale, accepted }: Report): string {
  const table = new Table({
    head: ["file", ...HEAD, "kill rate"],
    style: { head: [], border: [] },
    colAligns: ["left", ...HEAD.map(() => "right" as const), "right"],
  });
  const row = (name: string, count: Count) =>
    table.push([name, ...HEAD.map((key) => count[key]), rateOf(count)]);
  for (const file of Object.keys(byFile).sort()) row(file, byFile[file]!);
  row("all", total);
  const lines = [table.toString()];
  const byPlace = [...survivors].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
  if (byPlace.length > 0) lines.push("", `New survivors (${byPlace.length}):`);
  for (const one of byPlace)
    lines.push(
      `${one.file}:${one.line} in ${one.function || one.definition} (${one.operator}, ${one.id})`,
      `  - ${one.original}`,
      `  + ${one.mutated}`,
    );
  if (accepted.length > 0) lines.push("", `${accepted.length} survivors are accepted.`);
  if (stale.length > 0)
    lines.push("", `Accepted survivors that no longer exist (${stale.length}):`);
  for (const { file, function: name, original, mutated } of stale)
    lines.push(`${file} in ${name}`, `  - ${original}`, `  + ${mutated}`);
  return lines.join("\n");
}
