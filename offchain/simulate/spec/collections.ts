import { sha256, type Digest } from "../../../protocol/digest";
import { FrobenError } from "../../../protocol/errors";
import { LIMITS } from "../../../protocol/limits";
import type { Ref, Spec } from "../../../protocol/spec";
import { refsOf } from "../../../protocol/spec-graph";
import type { Assumption, RunModel } from "../../../protocol/run-model";

/** Stands for whatever bytes a task puts out. */
export const SOME_DIGEST: Digest = sha256("an artifact");

/** Collections that tasks put out, as `step.output`. Only those of steps with one task are ever unfolded. */
export function collectionsOf(spec: Spec): string[] {
  return spec.steps.flatMap(({ id, fanOut, outputs }) =>
    fanOut.kind === "single"
      ? Object.keys(outputs).flatMap((name) =>
          outputs[name] === "collection" ? [`${id}.${name}`] : [],
        )
      : [],
  );
}

/** Everything that a reference may stand for. */
function* alternatives(ref: Ref): Generator<{ name: string; index?: number | undefined }> {
  if ("input" in ref) return;
  yield { name: `${ref.step}.${ref.output}`, index: ref.index };
  if (ref.otherwise) yield* alternatives(ref.otherwise);
}

/** What a step that goes over a list can take of it at most. */
function mostItems({ fanOut, maxTasks }: Spec["steps"][number]): number {
  if (fanOut.kind !== "tree") return maxTasks;
  return maxTasks * (fanOut.slots.length - 1) + fanOut.until;
}

/** The most items of each collection that the steps which go over it directly can take; what nobody goes over has as many as are named. */
function largest(spec: Spec): Map<string, number> {
  const caps = new Map<string, number>();
  const named = new Map<string, number>(collectionsOf(spec).map((name) => [name, 1]));
  const together: string[][] = [];
  const refs = [...Object.values(spec.outputs)];
  for (const step of spec.steps) {
    const { fanOut } = step;
    const over = fanOut.kind === "map" ? fanOut.over.map((port) => `inputs.${port}`) : [];
    const found: string[] = [];
    for (const [place, ref] of refsOf(step)) {
      refs.push(ref);
      if (!over.includes(place) && place !== "fanOut.source") continue;
      for (const { name } of alternatives(ref)) {
        caps.set(name, Math.min(caps.get(name) ?? LIMITS.maxItems, mostItems(step)));
        found.push(name);
      }
    }
    if (found.length > 1) together.push(found);
  }
  for (const ref of refs)
    for (const { name, index = 0 } of alternatives(ref))
      named.set(name, Math.max(named.get(name) ?? 1, index + 1));
  // Lists that one step goes over are of one length.
  for (let changed = true; changed;) {
    changed = false;
    for (const names of together) {
      const least = Math.min(...names.map((name) => caps.get(name)!));
      for (const name of names)
        if (caps.get(name) !== least) {
          caps.set(name, least);
          changed = true;
        }
    }
  }
  return new Map(collectionsOf(spec).map((name) => [name, caps.get(name) ?? named.get(name) ?? 1]));
}

/**
 * How many items each collection has: as the model says; else as many as the spec allows, as a requester pays in advance for that.
 * @param unfolds tries counts out; throws what `Plan` does
 */
export function itemCounts(
  spec: Spec,
  model: RunModel,
  unfolds: (counts: Map<string, number>) => void,
): { counts: Map<string, number>; assumed: Assumption[] } {
  const caps = largest(spec);
  const open = [...caps.keys()].filter((name) => model.items[name] === undefined);
  const countsUpTo = (most: number) =>
    new Map(
      [...caps].map(([name, cap]) => [name, model.items[name] ?? Math.min(cap, most)] as const),
    );
  const tooLarge = (most: number) => {
    try {
      unfolds(countsUpTo(most));
      return false;
    } catch (error) {
      return error instanceof FrobenError && error.code === "fan_out_too_large";
    }
  };
  let most = Math.max(0, ...open.map((name) => caps.get(name)!));
  if (open.length > 0 && tooLarge(most)) {
    let fits = 0;
    while (most - fits > 1) {
      const middle = Math.floor((most + fits) / 2);
      if (tooLarge(middle)) most = middle;
      else fits = middle;
    }
    most = fits;
  }
  const counts = countsUpTo(most);
  const assumed = open.map((name) => ({
    code: "items_unknown",
    of: name,
    message: `${name} has ${counts.get(name)} items, as many as the spec allows`,
  }));
  return { counts, assumed };
}
