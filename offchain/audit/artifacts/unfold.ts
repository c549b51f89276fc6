import type { Digest } from "../../../protocol/digest";
import type { Ref, Spec, Step } from "../../../protocol/spec";
import { stepTermsOf } from "../../../protocol/terms";
import { dependenciesOf } from "../../../protocol/spec-graph";
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

/** Why nothing will ever come of a task: its step's policy is to continue without, or to ignore it. */
type Gone = "lost" | "unneeded";

/** An artifact, and the task whose result it is of; `gone` if that will never be. */
interface Item {
  digest: Digest | undefined;
  source?: number | undefined;
  gone?: Gone;
}
const NOTHING: Item = { digest: undefined };

/** What stands at a place of a tree's level: its item, and what else the node there put out. */
interface Place {
  item: Item;
  other(output: string): Item;
}

export interface Unfolding {
  /** Tasks to be run, by index; those of steps whose lists are not known are missing. */
  tasks: Map<number, UnfoldedTask>;
  /** Tasks that are not run, because of tasks that failed, or of their step's condition. */
  leftOut: Set<number>;
}

/**
 * Unfolds a spec with the results of its tasks.
 * @param outputsOf what a task put out, or undefined if that is not known
 * @param hasFailed whether a task has no result because it failed for good
 */
export function unfold(
  spec: Spec,
  outputsOf: (task: number) => Outputs | undefined,
  hasFailed: (task: number) => boolean = () => false,
): Unfolding {
  const tasks = new Map<number, UnfoldedTask>();
  const leftOut = new Set<number>();
  const gone = new Map<number, Gone>();
  const first = stepTermsOf(spec).map(({ firstTask }) => firstTask);
  /** By step id: how many tasks it has, and what stands at the top of its tree. */
  const done = new Map<string, { count: number; tops: Place[] }>();

  const place = (id: string) => spec.steps.findIndex((step) => step.id === id);

  const fileOf = (task: number, output: string): Item => {
    const why = gone.get(task);
    if (why) return { digest: undefined, gone: why };
    return { digest: outputsOf(task)?.files[output], source: task };
  };

  /** Ids of steps whose condition does not hold. */
  const off = new Set<string>();
  const taken = (ref: Ref): Ref =>
    "step" in ref && ref.otherwise && off.has(ref.step) ? ref.otherwise : ref;

  const list = (wanted: Ref): Item[] | undefined => {
    const ref = taken(wanted);
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
    return made.tops.map(({ other }) => other(ref.output));
  };

  const single = (wanted: Ref): Item => {
    const ref = taken(wanted);
    if ("input" in ref) {
      const input = spec.inputs[ref.input]!;
      return input.kind === "file" ? { digest: input.digest } : NOTHING;
    }
    if (ref.index !== undefined) return list(ref)?.[ref.index] ?? NOTHING;
    return fileOf(first[place(ref.step)]!, ref.output);
  };

  const unfoldStep = (at: number, step: Step): void => {
    const { fanOut, when } = step;
    if (when) {
      const { digest } = single(when.value);
      if (!digest) return;
      if ("is" in when ? when.is !== digest : when.isNot === digest) {
        off.add(step.id);
        for (let i = 0; i < step.maxTasks; i++) leftOut.add(first[at]! + i);
        done.set(step.id, { count: 0, tops: [] });
        return;
      }
    }
    const mapped = fanOut.kind === "map" ? fanOut.over : [];
    const fixed: Record<string, Item> = {};
    for (const [name, ref] of Object.entries(step.inputs))
      if (!mapped.includes(name)) fixed[name] = single(ref);
    let count = 0;
    const without = (items: Item[]): Gone | undefined =>
      items.some((item) => item.gone === "lost")
        ? "lost"
        : items.find((item) => item.gone !== undefined)?.gone;
    const lacking = without(Object.values(fixed));
    /**
     * Makes the next task, unless it lacks something.
     * @param over what it goes over, of which it may lack some
     * @param inputs what is there of that; undefined: too little
     */
    const add = (over: Item[], inputs: Record<string, Item> | undefined): number => {
      const task = first[at]! + count++;
      const all = Object.entries({ ...fixed, ...inputs });
      const fails = lacking === "lost" || (lacking !== undefined && step.final);
      const skipped = !fails && (lacking !== undefined || inputs === undefined);
      if (fails || hasFailed(task))
        gone.set(task, step.onFailure === "ignore" ? "unneeded" : "lost");
      if (skipped) {
        gone.set(task, without([...Object.values(fixed), ...over])!);
        leftOut.add(task);
      }
      if (fails || skipped) return task;
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
      add([], {});
      done.set(step.id, { count, tops: [] });
    } else if (fanOut.kind === "map") {
      const lists = mapped.map((name) => list(step.inputs[name]!));
      if (lists.some((items) => items === undefined)) return;
      for (let i = 0; i < lists[0]!.length; i++) {
        const items = lists.map((list) => list![i] ?? NOTHING);
        const inputs = Object.fromEntries(mapped.map((name, j) => [name, items[j]!]));
        add(items, without(items) ? undefined : inputs);
      }
      done.set(step.id, { count, tops: [] });
    } else {
      const source = list(fanOut.source);
      if (!source) return;
      let level: Place[] = source.map((item) => ({ item, other: () => NOTHING }));
      while (level.length > fanOut.until) {
        const above: typeof level = [];
        for (let i = 0; i < level.length; i += fanOut.slots.length) {
          const children = level.slice(i, i + fanOut.slots.length);
          if (children.length === 1) {
            above.push(children[0]!);
            continue;
          }
          const items = children.map(({ item }) => item);
          const left = items.filter((item) => item.gone === undefined);
          const inputs = Object.fromEntries(left.map((item, j) => [fanOut.slots[j]!, item]));
          const task = add(items, left.length > 1 ? inputs : undefined);
          const alone = left.length === 1 && lacking === undefined;
          above.push({
            item: alone ? left[0]! : fileOf(task, fanOut.item),
            other: (output) => fileOf(task, output),
          });
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
  return { tasks, leftOut };
}
