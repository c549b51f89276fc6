import type { Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import { isPlainResult } from "../../protocol/program";
import type { Spec } from "../../protocol/spec";
import { readOutputs, type TaskOutputs } from "../workflow/result";
import type { Run, TaskRun } from "./model";
import type { World } from "./world";

// Which artifacts a workflow names: they are kept until it has settled, and for a while after that.

export function name(world: World, run: Run, digests: Digest[]): void {
  // What a settled workflow names would never be given back.
  if (!run.settled) world.deps.retention.name(run.id, digests);
}

export function nameSpec(world: World, run: Run, digest: Digest): void {
  name(world, run, [digest]);
}

export function nameInputs(world: World, run: Run, { inputs }: Spec): void {
  for (const input of Object.values(inputs))
    name(world, run, input.kind === "file" ? [input.digest] : input.items);
}

/** Names what a result consists of. */
function nameParts(world: World, run: Run, { outputs, collections }: TaskOutputs): void {
  name(world, run, Object.values(outputs));
  for (const items of Object.values(collections)) name(world, run, items);
}

/** Names the result of another task, of which this one may take it, with all that it consists of: it outlives the workflow it is from. */
export function nameTaken(world: World, { run }: TaskRun, result: Digest, out: TaskOutputs): void {
  name(world, run, [result]);
  nameParts(world, run, out);
}

/** Names a result, right or wrong, with all that it consists of: a challenge, a jury or an audit may want to see it. */
export async function nameResult(world: World, task: TaskRun, result: Digest): Promise<void> {
  const { run, step } = task;
  name(world, run, [result]);
  if (isPlainResult(step.outputs)) return;
  try {
    nameParts(world, run, await readOutputs(step.outputs, result, world.deps.store));
  } catch (error) {
    if (!(error instanceof FrobenError)) throw error; // not a result of this step, which its validation finds out
  }
}
