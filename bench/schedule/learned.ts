import { sha256 } from "../../protocol/digest";
import type { LearnedOf } from "../../offchain/simulate/estimate/market";
import type { SimWorkflow } from "../../offchain/simulate/model";
import type { Simulation } from "../../offchain/simulate/result";

/** @returns what a market has learned that ran these workflows, none of them a spec */
export function learnedFrom(results: Simulation[], workflows: SimWorkflow[]): LearnedOf[] {
  const programs = new Map(
    workflows.flatMap(({ name, tasks }) => tasks.map((t) => [`${name}/${t.id}`, t.program])),
  );
  const learned = new Map<string, LearnedOf>();
  for (const { workflow, task, operator, outcome, start, end } of results.flatMap(
    ({ attempts }) => attempts,
  )) {
    if (outcome === "cancelled") continue;
    const program = sha256(programs.get(`${workflow}/${task}`)!);
    const key = `${program}/${operator}`;
    let of = learned.get(key);
    if (!of)
      learned.set(key, (of = { program, operator, learned: { runs: 0, meanMs: 0, failed: 0 } }));
    if (outcome !== "done") of.learned.failed++;
    else {
      const runs = ++of.learned.runs;
      of.learned.meanMs += ((end - start) * 1000 - of.learned.meanMs) / runs;
    }
  }
  return [...learned.values()];
}
