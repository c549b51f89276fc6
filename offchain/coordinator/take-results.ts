import { readOutputs, type TaskOutputs } from "../workflow/result";
import { FrobenError } from "../../protocol/errors";
import { workDigest } from "../workflow/work";
import { findFormer } from "./former";
import type { TaskRun } from "./model";
import { nameTaken } from "./names";
import { park } from "./ready";
import { isForgotten, noteReuse, reusable, stands, type Reusable } from "./reuse";
import { completeTask } from "./runs";
import { measure } from "./sizes";
import type { World } from "./world";

/** Results that are looked for among the artifacts at the same time. */
const AT_ONCE = 32;
const RETRY_MS = 2_000;

interface Known {
  found: Reusable;
  outputs: TaskOutputs;
}

/** Worlds in which it is under way. */
const underWay = new WeakSet<World>();

/** Has tasks whose result is known take it, as far as the artifacts are there; the others are run. */
export function takeResults(world: World): void {
  if (world.reusing.size === 0 || underWay.has(world)) return;
  underWay.add(world);
  world.later("taking results that are known", { tasks: world.reusing.size }, async () => {
    try {
      while (world.reusing.size > 0 && !world.stopping.signal.aborted) {
        const [forgotten, known] = some(world, world.reusing);
        await Promise.all(known.map((task) => takeResult(world, task)));
        // These are validated, no more at a time than others are.
        const { validations } = world.deps.settings;
        for (let i = 0; i < forgotten.length; i += validations)
          await Promise.all(
            forgotten.slice(i, i + validations).map((task) => takeResult(world, task)),
          );
        world.commit();
      }
    } finally {
      underWay.delete(world);
    }
  });
}

/** @returns the next tasks to look at: whose result may only be found on-chain, and whose is known */
function some(world: World, tasks: Iterable<TaskRun>): [TaskRun[], TaskRun[]] {
  const found: TaskRun[] = [];
  for (const task of tasks) if (found.push(task) === AT_ONCE) break;
  const isLong = (task: TaskRun) => isForgotten(world, task);
  return [found.filter(isLong), found.filter((task) => !isLong(task))];
}

async function takeResult(world: World, task: TaskRun): Promise<void> {
  const waits = () => task.state === "ready" && task.run.state === "running";
  let known: Known | undefined;
  try {
    known = waits() ? await lookFor(world, task) : undefined;
    if (known) await measure(world, task.run, known.outputs);
  } catch (err) {
    const fields = { workflow: task.run.id, task: task.index, err };
    world.deps.log.warn(fields, "a known result can't be taken");
    // Without a node to ask, nobody knows whether it is valid.
    if (err instanceof FrobenError && err.code === "chain_unavailable") {
      world.reusing.delete(task);
      world.parked.set(task, world.now() + RETRY_MS);
      return;
    }
  }
  world.reusing.delete(task);
  if (!waits()) return;
  // Meanwhile it may have been struck, or an input may have become another one.
  const its = known && workDigest(task.step, task.inputRefs()) === known.found.work;
  if (known && its && stands(world, known.found)) take(world, task, known);
  else park(world, task, "run it");
}

/** @throws FrobenError `result_incomplete` when an artifact is not there any more, and as `findFormer` */
async function lookFor(world: World, task: TaskRun): Promise<Known | undefined> {
  const found = reusable(world, task);
  if (!found) return isForgotten(world, task) ? findFormer(world, task) : undefined;
  const outputs = await readOutputs(task.step.outputs, found.result, world.deps.store);
  nameTaken(world, task, found.result, outputs);
  return { found, outputs };
}

function take(world: World, task: TaskRun, { found, outputs }: Known): void {
  const { workflow, task: of, attempt, work, result } = found;
  task.reused = { workflow, task: of, attempt, work };
  noteReuse(world, task);
  if (task.step.memo) world.memory.remember(work, found);
  world.deps.metrics.taskReused();
  completeTask(world, task, result, outputs);
}
