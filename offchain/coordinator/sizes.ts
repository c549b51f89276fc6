import type { Digest } from "../../protocol/digest";
import type { Spec } from "../../protocol/spec";
import { sizeClassOf } from "../matchmaker/size";
import { find } from "../workflow/outlook";
import type { Source } from "../workflow/plan";
import type { TaskOutputs } from "../workflow/result";
import type { Run, RunWork, TaskRun } from "./model";
import type { World } from "./world";

// How many bytes tasks have as inputs, by which durations are learned. Sizes are looked up where the artifacts are read anyway, and kept
// with the workflow: nothing is written down, as the artifacts are still there after a restart.

/** @returns bytes of those artifacts that are there */
export async function sizesOf(
  world: World,
  digests: Iterable<Digest>,
): Promise<Map<Digest, number>> {
  const sizes = new Map<Digest, number>();
  const look = async (digest: Digest) => {
    const bytes = await world.deps.store.size(digest).catch(() => undefined);
    if (bytes !== undefined) sizes.set(digest, bytes);
  };
  await Promise.all([...new Set(digests)].map(look));
  return sizes;
}

/** @returns all artifacts that a spec names as inputs */
export const inputsOf = ({ inputs }: Spec): Digest[] =>
  Object.values(inputs).flatMap((input) => (input.kind === "file" ? [input.digest] : input.items));

const partsOf = ({ outputs, collections }: TaskOutputs): Digest[] => [
  ...Object.values(outputs),
  ...Object.values(collections).flat(),
];

/** Looks up what a task put out, for those that have it as an input. */
export async function measure(world: World, { work }: Run, out: TaskOutputs): Promise<void> {
  if (!work) return;
  for (const [digest, bytes] of await sizesOf(world, partsOf(out))) work.sizes.set(digest, bytes);
}

/** @returns the size class of inputs, if the size of each is known */
export function inputClass(
  { work }: Run,
  inputs: Record<string, { digest: Digest }>,
): number | undefined {
  const digests = Object.values(inputs).map(({ digest }) => digest);
  if (digests.length === 0) return undefined;
  const bytes = digests.reduce((sum, digest) => sum + (work?.sizes.get(digest) ?? NaN), 0);
  return Number.isNaN(bytes) ? undefined : sizeClassOf(bytes);
}

/** A task's inputs are there: notes how large they are. */
export function noteInputs(task: TaskRun, inputs: Record<string, { digest: Digest }>): void {
  const work = task.run.work!;
  task.sizeClass = inputClass(task.run, inputs);
  task.haul = work.locality.haulOf(piecesOf(work, inputs), task.stepIndex, task.index);
}

/** An operator has what a task had as inputs, and what it made of that. */
export function noteHolder(
  { run }: TaskRun,
  operator: string,
  inputs: Record<string, { digest: Digest }>,
  out: TaskOutputs,
): void {
  const work = run.work!;
  const made = partsOf(out).map((digest) => ({ digest }));
  work.locality.note(operator, piecesOf(work, [...Object.values(inputs), ...made]));
}

const piecesOf = (
  { sizes }: RunWork,
  of: Record<string, { digest: Digest }> | { digest: Digest }[],
) => Object.values(of).map(({ digest }) => ({ key: digest, bytes: sizes.get(digest) ?? 0 }));

/** Notes again, after a restart, who made what is there; what operators had fetched is not known any more. */
export function recoverHolders({ tasks, collections }: RunWork): void {
  for (const task of tasks.values()) {
    const { state, step, outputs, current } = task;
    if (state !== "done" || !outputs || !current) continue;
    const lists = Object.keys(step.outputs).map((name) => [name, collections.get(`${task.index}/${name}`) ?? []] as const); // prettier-ignore
    noteHolder(task, current.operator, {}, { outputs, collections: Object.fromEntries(lists) });
  }
}

/** Looks up, after a restart, what tasks that are not over have as inputs. */
export async function recoverSizes(world: World, work: RunWork): Promise<void> {
  const open = [...work.tasks.values()].filter((task) => !task.isOver);
  const there = open.flatMap(({ inputs }) =>
    Object.values(inputs).flatMap((source) => digestOf(source, work.tasks) ?? []),
  );
  for (const [digest, bytes] of await sizesOf(world, there)) work.sizes.set(digest, bytes);
}

function digestOf(source: Source, tasks: ReadonlyMap<number, TaskRun>): Digest | undefined {
  const found = find(source, tasks);
  if (typeof found === "string") return undefined;
  return "task" in found ? tasks.get(found.task)!.outputs?.[found.output] : found.digest;
}
