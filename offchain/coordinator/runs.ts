import type { Digest } from "../../protocol/digest";
import { fromBytes32 } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import type { Spec } from "../../protocol/spec";
import { stepsRoot, stepTermsOf, type StepTerms } from "../../protocol/terms";
import { parseSpec, specDigest } from "../../protocol/validate-spec";
import { keepPrograms } from "../db/step-programs";
import { Locality } from "../matchmaker/locality";
import { typicalOf } from "../matchmaker/typical";
import { Lane } from "../runtime/ready-queue";
import { remainingPaths, treeLevels } from "../workflow/graph/priority";
import { laneTermsOf } from "../workflow/lane-terms";
import * as follow from "../workflow/follow";
import { Plan, type PlannedTask } from "../workflow/plan";
import type { TaskOutputs } from "../workflow/result";
import { comesToItsEnd, endRun, isDone, lookAhead } from "./outcomes";
import type { ChainWorkflow } from "./facade";
import { nameInputs, nameSpec } from "./names";
import { allDone, Run, TaskRun, type RunWork } from "./model";
import { openLanes } from "./pause";
import { checkReuse } from "./reuse";
import { inputsOf, sizesOf } from "./sizes";
import type { World } from "./world";

/** Longest wait between two looks for a spec that is not here yet, milliseconds. */
const SPEC_RETRY_MS = 5_000;

/**
 * A life whose database is lost may have signed assignments of a workflow that is older than the database: none is made while those
 * can be claimed.
 * @returns until when that is (chain time, Unix seconds), 0 for a younger workflow
 */
export function blankUntil(world: World, { openedAt }: ChainWorkflow): number {
  if (openedAt >= Math.floor(world.deps.chain.madeAt / 1000)) return 0; // blocks count whole seconds
  return world.chainNow() + world.deps.settings.claimBySeconds;
}

/** Takes a workflow on that was opened with this coordinator. */
export function openRun(world: World, chain: ChainWorkflow): Run {
  const run = new Run(chain.workflow, chain.deadline, chain.openedAt);
  run.reason = "waiting for the spec";
  run.blankUntil = blankUntil(world, chain);
  run.claimableUntil = run.blankUntil;
  world.runs.set(run.id, run);
  nameSpec(world, run, fromBytes32(chain.specHash));
  world.touch(run);
  fetchSpec(world, run);
  return run;
}

/** Loads a workflow's spec in the background; looks again later when it is not here. */
export function fetchSpec(world: World, run: Run): void {
  world.later("loading a spec", { workflow: run.id }, async () => {
    try {
      const chain = world.deps.chain.workflow(run.id);
      if (!chain || run.work || !run.isRead) return;
      const spec = await readSpec(world, chain);
      if (!spec) {
        if (run.state === "completed") return; // nobody will bring it any more
        run.specTries++;
        const wait = Math.min(SPEC_RETRY_MS, 250 * 2 ** Math.min(run.specTries, 8));
        world.chores.set(`spec/${run.id}`, world.now() + wait);
        return;
      }
      const sizes = await sizesOf(world, inputsOf(spec));
      if (run.work || !run.isRead) return; // it ended while the spec was read
      if (run.state === "running") checkReuse(world, spec, chain.requester);
      begin(world, run, spec, chain, sizes);
      nameInputs(world, run, spec);
      run.reason = null;
      unfold(world, run);
    } catch (error) {
      if (!(error instanceof FrobenError) || error.retryable) throw error;
      endRun(world, run, "refused", error.message);
    }
    world.touch(run);
  });
}

/**
 * @returns the spec behind a workflow, or undefined while its artifact is not here
 * @throws FrobenError when this coordinator can't run it
 */
export async function readSpec(world: World, chain: ChainWorkflow): Promise<Spec | undefined> {
  const { store, validator } = world.deps;
  const digest = fromBytes32(chain.specHash);
  if (!(await store.has(digest))) return undefined;
  const spec = parseSpec(parseJson(await store.read(digest)));
  if (specDigest(spec) !== digest)
    throw new FrobenError("spec_not_canonical", "the spec on-chain is not in canonical form", {
      field: "specHash",
    });
  if (stepsRoot(termsOnChain(spec, chain)) !== stepsRoot(chain.steps))
    throw new FrobenError("spec_terms", "the steps on-chain are not those of the spec", {
      field: "steps",
    });
  for (const [i, { rule }] of spec.steps.entries())
    if (rule.kind === "accepted" && !validator.has(rule.validation))
      throw new FrobenError(
        "program_unavailable",
        "this coordinator does not have the validation program",
        { field: `steps[${i}].rule.validation`, value: rule.validation },
      );
  return spec;
}

/** The spec's terms, with the roots of open tasks that only the opening fixes: they depend on inputs that no spec need name. */
function termsOnChain(spec: Spec, chain: ChainWorkflow): StepTerms[] {
  return stepTermsOf(spec).map((terms, i) => {
    const openRoot = chain.steps[i]?.judge.openRoot ?? terms.judge.openRoot;
    return { ...terms, judge: { ...terms.judge, openRoot } };
  });
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw new FrobenError("spec_invalid", "the spec is not JSON", { cause });
  }
}

/**
 * Puts a workflow's graph in place, with nothing unfolded yet.
 * @param sizes bytes of the spec's inputs, as far as they are there
 */
export function begin(
  world: World,
  run: Run,
  spec: Spec,
  chain: ChainWorkflow,
  sizes: Map<Digest, number>,
): RunWork {
  const { steps: terms, requester, specHash } = chain;
  keepPrograms(world.deps.db, specHash, spec);
  const plan = new Plan(spec);
  const tasks = new Map<number, TaskRun>();
  const collections = new Map<string, Digest[]>();
  const work: RunWork = {
    spec,
    terms,
    plan,
    tasks,
    lanes: [],
    collections,
    sizes,
    locality: new Locality(),
    over: 0,
  };
  run.name = spec.name;
  run.work = work;
  work.lanes = spec.steps.map((step, index) => {
    const lane = laneTermsOf(
      { workflow: run.id, requester: requester.toLowerCase() },
      step,
      index,
      terms[index]!,
      spec,
    );
    const { program } = step;
    const remaining = (level: number, sizeClass?: number) =>
      remainingMs(world, work, index, level, sizeClass);
    const openedAt = run.openedAt * 1000;
    return new Lane<TaskRun>(lane, {
      remainingMs: remaining,
      deadline: () => run.deadline,
      openedAt: () => openedAt,
      left: () => run.toStart(index) ?? step.maxTasks,
      grows: () => world.experience.grows(program),
    });
  });
  openLanes(world, run);
  return work;
}

/** Computed anew only when a usual duration has clearly changed or a step unfolded. @param sizeClass of the task, where it matters */
function remainingMs(
  world: World,
  work: RunWork,
  step: number,
  level: number,
  sizeClass?: number,
): number {
  const { version } = world.experience;
  const { size } = work.tasks;
  if (work.paths?.version !== version || work.paths.size !== size) {
    const terms = work.lanes.map((lane) => lane.terms);
    const typical = typicalOf(world.experience, terms);
    const levels = (i: number) => {
      const known = work.plan.tasksOf(work.spec.steps[i]!.id);
      if (!known) return treeLevels(work.spec.steps[i]!);
      return known.length > 0 ? known[known.length - 1]!.level + 1 : 0;
    };
    const byStep = remainingPaths(work.spec, (i) => typical[i]!, levels);
    work.paths = { version, size, byStep, typical };
  }
  const { byStep, typical } = work.paths;
  const factor = world.experience.sizeFactor(work.spec.steps[step]!.program, sizeClass);
  return byStep[step]!(level) + typical[step]! * (factor - 1);
}

/**
 * Adds the tasks that can be known by now.
 * @param restore puts a task's former state back, when there is one; such a task is not made ready here
 */
export function unfold(world: World, run: Run, restore?: (task: TaskRun) => boolean): void {
  const work = run.work!;
  const make = ({ task, step, position, level, inputs }: PlannedTask) =>
    new TaskRun(run, task, work.spec.steps[step]!, step, position, level, inputs);
  const begin = (task: TaskRun) => {
    if (!restore?.(task)) {
      task.claimableUntil = run.blankUntil;
      lookAhead(world, task);
    } else if (task.isOver) work.over++;
  };
  let added: number;
  try {
    added = follow.unfold(work, make, begin);
  } catch (error) {
    if (!(error instanceof FrobenError)) throw error;
    endRun(world, run, "failed", error.message);
    return;
  }
  if (added > 0) {
    world.touch(run);
    world.queue.touch(run.id);
  }
  // The last conditions may have left the last steps out.
  else if (allDone(run) && run.state === "running")
    comesToItsEnd(world, run, follow.lostOutput(work));
}

/** A task is done: its dependents come nearer, and what it put out may unfold steps. */
export function completeTask(world: World, task: TaskRun, result: Digest, out: TaskOutputs): void {
  const { run } = task;
  const work = run.work!;
  task.state = "done";
  task.result = result;
  task.outputs = out.outputs;
  task.reason =
    task.reused && `result of workflow ${task.reused.workflow} task ${task.reused.task}`;
  task.endedAt = world.now();
  for (const [name, items] of Object.entries(out.collections))
    work.collections.set(`${task.index}/${name}`, items);
  isDone(world, task);
  if (follow.unfoldsSteps(work.spec, task.step) && run.isRead) unfold(world, run);
}
