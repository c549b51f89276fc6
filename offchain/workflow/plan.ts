import type { Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import type { Ref, Spec, Step, When } from "../../protocol/spec";
import { dependenciesOf, firstTasksOf, holds } from "../../protocol/spec-graph";

/**
 * Where one input comes from: bytes that exist (the requester's or, with `of`, an item of a collection in that task's result), or an
 * output of a task.
 */
export type Source = { digest: Digest; of?: number } | { task: number; output: string };

/** A task that is known to be needed. */
export interface PlannedTask {
  /** Index in the workflow. */
  task: number;
  step: number;
  /** Position in its step. */
  position: number;
  /** Level in a tree, else 0. */
  level: number;
  inputs: Record<string, Source>;
}

/** @returns the items of a collection that a task put out, or undefined while the task isn't done */
export type CollectionOf = (task: number, output: string) => Digest[] | undefined;

/** @returns a file that a task put out, or undefined while the task isn't done */
export type FileOf = (task: number, output: string) => Digest | undefined;

interface Expanded {
  tasks: PlannedTask[];
  /** Of a tree: what is left at the top. */
  roots: Source[];
  /** Its condition does not hold. */
  leftOut?: true;
}

const refused = (code: string, field: string, message: string, details: object = {}) =>
  new FrobenError(code, `${field}: ${message}`, { field, ...details });

/**
 * Unfolds a spec into tasks, step by step, as soon as the lengths of the lists that a step goes over are known, and whether it
 * runs at all. The result depends only on the spec, the collections and the files that conditions look at, not on the order in which they became known.
 */
export class Plan {
  private readonly expanded = new Map<string, Expanded>();
  private readonly firstTask: number[];

  constructor(readonly spec: Spec) {
    this.firstTask = firstTasksOf(spec);
  }

  /** Whether every task is known. */
  get complete(): boolean {
    return this.expanded.size === this.spec.steps.length;
  }

  /** Tasks of a step, or undefined while it isn't unfolded. */
  tasksOf(step: string): PlannedTask[] | undefined {
    return this.expanded.get(step)?.tasks;
  }

  /**
   * Unfolds every step that can be.
   * @param fileOf for the steps' conditions
   * @returns the new tasks
   * @throws FrobenError `fan_out_too_large`, `fan_out_lengths`, `fan_out_index`, `fan_out_root` when the run's data do not fit the spec
   */
  advance(collectionOf: CollectionOf, fileOf: FileOf = () => undefined): PlannedTask[] {
    const found: PlannedTask[] = [];
    for (let progress = true; progress;) {
      progress = false;
      for (const [index, step] of this.spec.steps.entries()) {
        if (this.expanded.has(step.id)) continue;
        const expanded = this.expand(index, step, collectionOf, fileOf);
        if (!expanded) continue;
        if (expanded.tasks.length > step.maxTasks)
          throw refused("fan_out_too_large", `steps[${index}].maxTasks`, "too many tasks", {
            limit: step.maxTasks,
            value: expanded.tasks.length,
          });
        this.expanded.set(step.id, expanded);
        found.push(...expanded.tasks);
        progress = true;
      }
    }
    return found;
  }

  /** What a workflow's output refers to, or undefined while it isn't known. */
  resolve(wanted: Ref, collectionOf: CollectionOf): Source | Source[] | undefined {
    const ref = this.taken(wanted);
    const list = this.listOf(ref, collectionOf);
    if (list === "single") return this.one(ref, "outputs", collectionOf);
    if (!list || !("step" in ref) || ref.index === undefined) return list;
    return this.one(ref, "outputs", collectionOf);
  }

  private expand(
    index: number,
    step: Step,
    collectionOf: CollectionOf,
    fileOf: FileOf,
  ): Expanded | undefined {
    if (step.when) {
      const digest = this.valueOf(step.when.value, fileOf);
      if (digest === undefined) return undefined;
      if (!holds(step.when, digest)) return { tasks: [], roots: [], leftOut: true };
    }
    const needed = dependenciesOf(step);
    if (needed.some((id) => !this.expanded.has(id))) return undefined;
    const { fanOut } = step;
    const field = `steps[${index}]`;
    const task = (position: number, level: number, inputs: Record<string, Source>) => ({
      task: this.firstTask[index]! + position,
      step: index,
      position,
      level,
      inputs,
    });
    const mapped = fanOut.kind === "map" ? fanOut.over : [];
    const fixed: Record<string, Source> = {};
    for (const [name, ref] of Object.entries(step.inputs)) {
      if (mapped.includes(name)) continue;
      const source = this.one(ref, `${field}.inputs.${name}`, collectionOf);
      if (!source) return undefined;
      fixed[name] = source;
    }
    if (fanOut.kind === "single") return { tasks: [task(0, 0, fixed)], roots: [] };
    if (fanOut.kind === "map") {
      const lists: [string, Source[]][] = [];
      for (const name of mapped) {
        const list = this.listOf(step.inputs[name]!, collectionOf);
        if (!Array.isArray(list)) return undefined;
        lists.push([name, list]);
      }
      const length = lists[0]![1].length;
      const other = lists.find(([, list]) => list.length !== length);
      if (other)
        throw refused(
          "fan_out_lengths",
          `${field}.fanOut.over`,
          `the lists "${lists[0]![0]}" and "${other[0]}" differ in length`,
          { limit: length, value: other[1].length },
        );
      const at = (i: number) => Object.fromEntries(lists.map(([name, list]) => [name, list[i]!]));
      return {
        tasks: Array.from({ length }, (_, i) => task(i, 0, { ...fixed, ...at(i) })),
        roots: [],
      };
    }
    const source = this.listOf(fanOut.source, collectionOf);
    if (!Array.isArray(source)) return undefined;
    const tasks: PlannedTask[] = [];
    let items = source;
    for (let level = 0; items.length > fanOut.until; level++) {
      const next: Source[] = [];
      for (let from = 0; from < items.length; from += fanOut.slots.length) {
        const children = items.slice(from, from + fanOut.slots.length);
        if (children.length === 1) {
          next.push(children[0]!);
          continue;
        }
        const slots = Object.fromEntries(children.map((child, i) => [fanOut.slots[i]!, child]));
        const node = task(tasks.length, level, { ...fixed, ...slots });
        tasks.push(node);
        next.push({ task: node.task, output: fanOut.item });
      }
      items = next;
    }
    return { tasks, roots: items };
  }

  /** What a condition looks at. */
  private valueOf(value: When["value"], fileOf: FileOf): Digest | undefined {
    if ("input" in value) {
      const input = this.spec.inputs[value.input]!;
      return input.kind === "file" ? input.digest : undefined;
    }
    const index = this.spec.steps.findIndex((step) => step.id === value.step);
    return fileOf(this.firstTask[index]!, value.output);
  }

  /** What a reference stands for, now that it is known which steps are left out. */
  private taken(ref: Ref): Ref {
    const leftOut = "step" in ref && this.expanded.get(ref.step)?.leftOut;
    return leftOut ? ref.otherwise! : ref;
  }

  /** "single" when the reference stands for one artifact; undefined when the list isn't known yet. */
  private listOf(wanted: Ref, collectionOf: CollectionOf): Source[] | "single" | undefined {
    const ref = this.taken(wanted);
    if ("input" in ref) {
      const input = this.spec.inputs[ref.input]!;
      return input.kind === "collection" ? input.items.map((digest) => ({ digest })) : "single";
    }
    const index = this.spec.steps.findIndex((step) => step.id === ref.step);
    const step = this.spec.steps[index]!;
    const expanded = this.expanded.get(step.id);
    if (!expanded) return undefined;
    if (step.fanOut.kind === "single") {
      if (step.outputs[ref.output] === "file") return "single";
      const of = this.firstTask[index]!;
      return collectionOf(of, ref.output)?.map((digest) => ({ digest, of }));
    }
    if (step.fanOut.kind === "map")
      return expanded.tasks.map(({ task }) => ({ task, output: ref.output }));
    if (ref.output === step.fanOut.item) return expanded.roots;
    return expanded.roots.map((root) => {
      // Something that was carried up is not a node of this tree and has its item only.
      if ("digest" in root || !expanded.tasks.some(({ task }) => task === root.task))
        throw refused("fan_out_root", `steps[${index}].outputs.${ref.output}`, "no node made it");
      return { task: root.task, output: ref.output };
    });
  }

  private one(wanted: Ref, field: string, collectionOf: CollectionOf): Source | undefined {
    const ref = this.taken(wanted);
    if ("input" in ref) {
      const input = this.spec.inputs[ref.input]!;
      return input.kind === "file" ? { digest: input.digest } : undefined;
    }
    if (ref.index === undefined) {
      const index = this.spec.steps.findIndex((step) => step.id === ref.step);
      if (!this.expanded.has(ref.step)) return undefined;
      return { task: this.firstTask[index]!, output: ref.output };
    }
    const list = this.listOf(ref, collectionOf);
    if (!Array.isArray(list)) return undefined;
    const source = list[ref.index];
    if (!source)
      throw refused("fan_out_index", field, `step "${ref.step}" has no item ${ref.index}`, {
        limit: list.length - 1,
        value: ref.index,
      });
    return source;
  }
}
