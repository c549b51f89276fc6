import { join } from "node:path";
import { Cleanup } from "../../devnet/cleanup";
import {
  accepted,
  defineProgram,
  defineWorkflow,
  each,
  file,
  loadPrograms,
  submit,
  waitFor,
  type Workflow,
} from "../../sdk";
import { startChainMarket } from "../runtime/chain-market";
import { runOptions } from "../runtime/options";
import { JUDGE } from "../runtime/workflow";

const MANIFEST = join(__dirname, "programs", "wait.program.json");
const OPERATORS = 4;
/** Leaves, and how many each node of the tree over them takes. */
const LEAVES = 8;
const ARITY = 2;

/** A map and a tree of four levels in all, of tasks that wait: the shortest tasks of a rollup's batch take 20 s. */
async function pacedWorkflow(taskSeconds: number): Promise<Workflow> {
  const programs = await loadPrograms([MANIFEST]);
  const wait = programs.digest("bench/wait");
  const leaf = defineProgram(wait, {
    inputs: { item: file("item") },
    outputs: { proof: file("proof") },
  });
  const merge = defineProgram(wait, {
    inputs: { a: file("proof"), b: file("proof") },
    outputs: { proof: file("proof") },
  });
  const defaults = {
    reward: "1000 gwei",
    bond: "1000 gwei",
    windowSeconds: 2,
    startSeconds: 120,
    runSeconds: taskSeconds * 10,
    claimSeconds: 600,
    silenceSeconds: 60,
    attempts: 3,
    backoffSeconds: 0,
  } as const;
  const common = {
    rule: accepted(JUDGE),
    params: { seconds: String(taskSeconds) },
    resources: { cores: 1, memoryMb: 64 },
  };
  return defineWorkflow("paced", defaults, (w) => {
    const items = Array.from({ length: LEAVES }, (_, i) => Buffer.from(`item ${i}`));
    const { proof } = w.map("leaf", {
      ...common,
      program: leaf,
      inputs: { item: each(w.collection("items", "item", items)) },
      maxTasks: LEAVES,
    });
    const top = w.tree("merge", {
      ...common,
      program: merge,
      source: proof,
      slots: ["a", "b"],
      item: "proof",
      until: 1,
    });
    return { proof: top.at(0) };
  });
}

/** Levels of tasks that follow each other. */
export const LEVELS = 1 + Math.log2(LEAVES) / Math.log2(ARITY);

/**
 * Runs the paced workflow through a market of its own.
 * @param cleanup undoes the market, should it not come to its end
 * @returns from the workflow's opening until it is completed on-chain, milliseconds
 */
export async function pacedMakespan(
  { taskSeconds, blockSeconds }: { taskSeconds: number; blockSeconds: number },
  cleanup: Cleanup,
): Promise<number> {
  const workflow = await pacedWorkflow(taskSeconds);
  const own = new Cleanup();
  cleanup.add(() => own.run());
  const options = runOptions({ operators: OPERATORS, logLevel: "warn" }, 0);
  const operatorEnv: typeof options.operatorEnv = (...of) => ({
    ...options.operatorEnv(...of),
    FROBEN_CONCURRENCY: String(LEAVES / OPERATORS),
    FROBEN_PROGRAMS: MANIFEST,
  });
  const market = await startChainMarket({ ...options, operatorEnv }, blockSeconds, own);
  const { workflow: id } = await submit(market.client, workflow);
  const opened = performance.now();
  await waitFor(market.client, id);
  const makespan = performance.now() - opened;
  await own.run();
  return makespan;
}
