import type { Digest } from "../../../protocol/digest";
import type { Ref, Spec, Step } from "../../../protocol/spec";
import { stepTermsOf } from "../../../protocol/terms";
import { dependenciesOf } from "../../../protocol/validate-spec";
import type { Outputs } from "./outputs";

/** The auditor's own reading of how a spec becomes tasks: it knows all results, so that it needs no scheduler. */
export interface UnfoldedTask {
  task: number;
  step: number;
  /** Digest of each input; undefined where the task that makes it has no result that could be read. */
  inputs: Record<string, Digest | undefined>;
  /** Whose result each input is of, for those that are not the requester's. */
  sources: Record<string, number>;
}

/** An artifact, and the task whose result it is of. */
interface Item {
  digest: Digest | undefined;
  source?: number | undefined;
}
const NOTHING: Item = { digest: undefined };

/**
 * Unfolds a spec with the results of its tasks.
 * @param outputsOf what a task put out, or undefined if that is not known
 * @returns tasks by index; those of steps whose lists are not known are missing
 */
export function unfold(
  spec: Spec,
  outputsOf: (task: number) => Outputs | undefined,
): Map<number, UnfoldedTask> {
  const tasks = new Map<number, UnfoldedTask>();
  const first = stepTermsOf(spec).map(({ firstTask }) => firstTask);
  /** By step id: how many tasks it has, and what stands at the top of its tree. */
  const done = new Map<string, { count: number; tops: { item: Item; task?: number }[] }>();

  const place = (id: string) => spec.steps.findIndex((step) => step.id === id);

  const fileOf = (task: number, output: string): Item => ({
    digest: outputsOf(task)?.files[output],
    source: task,
  });

  const list = (ref: Ref): Item[] | undefined => {
    if ("input" in ref) {
      const input = spec.inputs[ref.input]!;
      return input.kind === "collection" ? input.items.map((digest) => ({ digest })) : undefined;
    }
    const at = place(ref.step);
    const step = spec.steps[at]!;
    const made = done.get(ref.step);
    if (!made) return undefined;
    const source = first[at]!;
    if (step.fanOut.kind === "single")
      return outputsOf(source)?.items[ref.output]?.map((digest) => ({ digest, source }));
    if (step.fanOut.kind === "map")
      return Array.from({ length: made.count }, (_, i) => fileOf(source + i, ref.output));
    if (ref.output === step.fanOut.item) return made.tops.map(({ item }) => item);
    return made.tops.map(({ task }) => (task === undefined ? NOTHING : fileOf(task, ref.output)));
  };

  const single = (ref: Ref): Item => {
    if ("input" in ref) {
      const input = spec.inputs[ref.input]!;
      return input.kind === "file" ? { digest: input.digest } : NOTHING;
    }
    if (ref.index !== undefined) return list(ref)?.[ref.index] ?? NOTHING;
    return fileOf(first[place(ref.step)]!, ref.output);
  };

  const unfoldStep = (at: number, step: Step): void => {
    const { fanOut } = step;
    const mapped = fanOut.kind === "map" ? fanOut.over : [];
    const fixed: Record<string, Item> = {};
    for (const [name, ref] of Object.entries(step.inputs))
      if (!mapped.includes(name)) fixed[name] = single(ref);
    let count = 0;
    const add = (inputs: Record<string, Item>): number => {
      const task = first[at]! + count++;
      const all = Object.entries({ ...fixed, ...inputs });
      tasks.set(task, {
        task,
        step: at,
        inputs: Object.fromEntries(all.map(([name, { digest }]) => [name, digest])),
        sources: Object.fromEntries(
          all.flatMap(([name, { source }]) => (source === undefined ? [] : [[name, source]])),
        ),
      });
      return task;
    };
    if (fanOut.kind === "single") {
      add({});
      done.set(step.id, { count, tops: [] });
    } else if (fanOut.kind === "map") {
      const lists = mapped.map((name) => list(step.inputs[name]!));
      if (lists.some((items) => items === undefined)) return;
      for (let i = 0; i < lists[0]!.length; i++)
        add(Object.fromEntries(mapped.map((name, j) => [name, lists[j]![i] ?? NOTHING])));
      done.set(step.id, { count, tops: [] });
    } else {
      const source = list(fanOut.source);
      if (!source) return;
      let level: { item: Item; task?: number }[] = source.map((item) => ({ item }));
      while (level.length > fanOut.until) {
        const above: typeof level = [];
        for (let i = 0; i < level.length; i += fanOut.slots.length) {
          const children = level.slice(i, i + fanOut.slots.length);
          if (children.length === 1) {
            above.push(children[0]!);
            continue;
          }
          const task = add(
            Object.fromEntries(children.map(({ item }, j) => [fanOut.slots[j]!, item])),
          );
          above.push({ item: fileOf(task, fanOut.item), task });
        }
        level = above;
      }
      done.set(step.id, { count, tops: level });
    }
  };

  const visited = new Set<string>();
  const visit = (id: string): void => {
    if (visited.has(id)) return;
    visited.add(id);
    const at = place(id);
    const step = spec.steps[at]!;
    dependenciesOf(step).forEach(visit);
    unfoldStep(at, step);
  };
  for (const { id } of spec.steps) visit(id);
  return tasks;
}
