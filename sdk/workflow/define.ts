import { sha256, type Digest } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import type { Spec, Step, WorkflowInput } from "../../protocol/spec";
import { parseSpec, specDigest } from "../../protocol/validate-spec";
import { DEFAULT_UNIT } from "../units";
import {
  Each,
  FileRef,
  ListRef,
  StepListRef,
  type InputPorts,
  type OutputPorts,
  type OutputRef,
  type Program,
} from "./ports";
import { buildStep, type StepDefaults, type StepOptions } from "./step-options";
import { mostTreeTasks } from "./tree-size";

/** A workflow that can be submitted: its spec and the bytes of its own inputs. */
export interface Workflow {
  spec: Spec;
  /** Digest of the spec, as it goes on-chain. */
  digest: Digest;
  /** Bytes to upload, by digest. */
  artifacts: Map<Digest, Uint8Array>;
}

type Files<Ports extends InputPorts> = { [K in keyof Ports]: FileRef<Ports[K]["content"]> };
type FilesOrLists<Ports extends InputPorts> = {
  [K in keyof Ports]: FileRef<Ports[K]["content"]> | Each<Ports[K]["content"]>;
};
type FileOutputs<P extends Program> = {
  [K in keyof P["outputs"]]: P["outputs"][K]["kind"] extends "file" ? K : never;
}[keyof P["outputs"]] &
  string;

type SingleOptions<P extends Program> = Omit<StepOptions<P>, "maxTasks"> & {
  inputs: Files<P["inputs"]>;
  /** Its proof, verified on-chain at once, completes the workflow. */
  final?: boolean;
};
type MapOptions<P extends Program> = StepOptions<P> & { inputs: FilesOrLists<P["inputs"]> };
type TreeOptions<
  P extends Program,
  Item extends FileOutputs<P>,
  Slot extends keyof P["inputs"] & string,
> = StepOptions<P> & {
  /** The list that is aggregated. */
  source: ListRef<P["outputs"][Item]["content"]>;
  /** Inputs that receive neighbours, from left to right; they take what the tree's item is. */
  slots: P["inputs"][Slot]["content"] extends P["outputs"][Item]["content"]
    ? readonly Slot[]
    : never;
  /** The output that goes up. */
  item: Item;
  /** The aggregation ends when so many items, or fewer, are left. */
  until: number;
  /** Inputs that every node gets. */
  inputs?: Files<Omit<P["inputs"], Slot>>;
};

/** What a builder's parts add to. */
class Draft {
  readonly inputs: Record<string, WorkflowInput> = {};
  readonly steps: Step[] = [];
  readonly artifacts = new Map<Digest, Uint8Array>();
}

/**
 * A group of steps that workflows share.
 * @param w adds the group's inputs and steps; their names get the group's name as a prefix
 * @param inputs what the group is given
 * @returns what it puts out
 */
export type SubWorkflow<Inputs, Outputs> = (w: WorkflowBuilder, inputs: Inputs) => Outputs;

/** Adds inputs and steps to a workflow; see `defineWorkflow`. */
export class WorkflowBuilder {
  /** @param prefix of the names of inputs and steps */
  constructor(
    private readonly defaults: StepDefaults,
    private readonly unit: bigint,
    private readonly draft: Draft,
    private readonly prefix = "",
  ) {}

  /**
   * Adds a group of steps. Groups may use groups; a group can be used more than once, under different names.
   * @param name comes before the names of the group's inputs and steps: `name-step`
   * @returns what the group puts out
   * @example const { proof } = w.use("first", provenBatch, { batch });
   */
  use<Inputs, Outputs>(
    name: string,
    group: SubWorkflow<Inputs, Outputs>,
    inputs: NoInfer<Inputs>,
  ): Outputs {
    const { defaults, unit, draft, prefix } = this;
    return group(new WorkflowBuilder(defaults, unit, draft, `${prefix}${name}-`), inputs);
  }

  /** One artifact that the requester brings. @param bytes uploaded when the workflow is submitted */
  file<const Content extends string>(
    name: string,
    content: Content,
    bytes: Uint8Array,
  ): FileRef<Content> {
    const input = this.bring(name, { kind: "file", digest: this.keep(bytes) });
    return new FileRef({ input }, content);
  }

  /** A list of artifacts that the requester brings. @param items uploaded when the workflow is submitted */
  collection<const Content extends string>(
    name: string,
    content: Content,
    items: Uint8Array[],
  ): ListRef<Content> {
    const kept = items.map((bytes) => this.keep(bytes));
    const input = this.bring(name, { kind: "collection", items: kept });
    return new ListRef({ input }, content, items.length);
  }

  /** A step of one task. @returns its outputs, by name */
  single<P extends Program>(
    id: string,
    options: SingleOptions<P>,
  ): { [K in keyof P["outputs"]]: OutputRef<P["outputs"][K]> } {
    const step = this.add(id, options, {
      fanOut: { kind: "single" },
      inputs: refsOf(options.inputs),
      maxTasks: 1,
      final: options.final ?? false,
    });
    const outputs = Object.entries(options.program.outputs as OutputPorts).map(([output, port]) => [
      output,
      port.kind === "file"
        ? new FileRef({ step, output }, port.content)
        : new StepListRef({ step, output }, port.content),
    ]);
    return Object.fromEntries(outputs) as { [K in keyof P["outputs"]]: OutputRef<P["outputs"][K]> };
  }

  /**
   * A step with one task for each item of the inputs marked with `each`, which must have the same length.
   * @returns lists of its outputs, in the order of the items
   */
  map<P extends Program<InputPorts, Readonly<Record<string, { kind: "file"; content: string }>>>>(
    id: string,
    options: MapOptions<P>,
  ): { [K in keyof P["outputs"]]: StepListRef<P["outputs"][K]["content"]> } {
    const inputs = Object.entries(options.inputs as FilesOrLists<InputPorts>);
    const lists = inputs.flatMap(([name, from]) =>
      from instanceof Each ? [{ name, list: from.list }] : [],
    );
    const known = lists.flatMap(({ list }) => list.most ?? []);
    const maxTasks = options.maxTasks ?? (known.length > 0 ? Math.min(...known) : undefined);
    if (maxTasks === undefined) throw unbounded(this.prefix + id);
    const step = this.add(id, options, {
      fanOut: { kind: "map", over: lists.map(({ name }) => name) },
      inputs: refsOf(
        Object.fromEntries(
          inputs.map(([name, from]) => [name, from instanceof Each ? from.list : from]),
        ),
      ),
      maxTasks,
      final: false,
    });
    const outputs = Object.entries(options.program.outputs as OutputPorts).map(([output, port]) => [
      output,
      new StepListRef({ step, output }, port.content, maxTasks),
    ]);
    return Object.fromEntries(outputs) as {
      [K in keyof P["outputs"]]: StepListRef<P["outputs"][K]["content"]>;
    };
  }

  /**
   * A step that aggregates a list, neighbours first, level by level.
   * @returns what is left at the top: a list of at most `until` items
   */
  tree<P extends Program, Item extends FileOutputs<P>, Slot extends keyof P["inputs"] & string>(
    id: string,
    options: TreeOptions<P, Item, Slot> & { program: P },
  ): StepListRef<P["outputs"][Item]["content"]> {
    const { source, item, until } = options;
    const slots = options.slots as readonly string[];
    if (options.maxTasks === undefined && source.most === undefined)
      throw unbounded(this.prefix + id);
    const maxTasks = options.maxTasks ?? mostTreeTasks(source.most!, slots.length, until);
    const step = this.add(id, options, {
      fanOut: { kind: "tree", source: source.ref, slots: [...slots], item, until },
      inputs: refsOf((options.inputs ?? {}) as Files<InputPorts>),
      maxTasks,
      final: false,
    });
    return new StepListRef({ step, output: item }, source.content, until);
  }

  /** @returns the step's id in the workflow */
  private add(
    name: string,
    options: StepOptions<Program>,
    shape: Omit<Parameters<typeof buildStep>[0], "id">,
  ): string {
    const id = this.prefix + name;
    this.draft.steps.push(buildStep({ id, ...shape }, options, this.defaults, this.unit));
    return id;
  }

  /** @returns the input's name in the workflow @throws FrobenError `spec_duplicate_input` */
  private bring(name: string, input: WorkflowInput): string {
    const full = this.prefix + name;
    if (Object.hasOwn(this.draft.inputs, full))
      throw new FrobenError("spec_duplicate_input", `inputs.${full}: the name is taken`, {
        field: `inputs.${full}`,
        value: full,
      });
    this.draft.inputs[full] = input;
    return full;
  }

  private keep(bytes: Uint8Array): Digest {
    const digest = sha256(bytes);
    this.draft.artifacts.set(digest, bytes);
    return digest;
  }
}

function refsOf(inputs: Record<string, FileRef | ListRef>): Step["inputs"] {
  return Object.fromEntries(Object.entries(inputs).map(([name, { ref }]) => [name, ref]));
}

function unbounded(id: string): FrobenError {
  return new FrobenError("spec_max_tasks", `${id}: the list's length is decided during the run`, {
    field: `${id}.maxTasks`,
    hint: "give maxTasks: the escrow must cover that many tasks",
  });
}

/**
 * Describes a workflow in code.
 * @param name for people
 * @param options defaults of all steps, the market's unit in wei, and `withinSeconds`: as cheaply as can be within so many seconds of
 *   the opening, instead of as soon as possible
 * @param build adds inputs and steps; returns what the requester takes home
 * @returns the checked spec with the bytes of its inputs
 * @throws FrobenError as `parseSpec`, `spec_duplicate_input`, and `amount_…`
 * @example
 * const workflow = defineWorkflow("squares", { reward: "2000 gwei" }, (w) => {
 *   const numbers = w.collection("numbers", "number", [one, two, three]);
 *   const prove = w.map("prove", { program: square, inputs: { number: each(numbers) }, rule: accepted(check) });
 *   return { proofs: prove.proof };
 * });
 */
export function defineWorkflow(
  name: string,
  options: StepDefaults & { unit?: bigint; withinSeconds?: number },
  build: (w: WorkflowBuilder) => Record<string, FileRef | ListRef>,
): Workflow {
  const { unit = DEFAULT_UNIT, withinSeconds, ...defaults } = options;
  const draft = new Draft();
  const outputs = refsOf(build(new WorkflowBuilder(defaults, unit, draft)));
  const { inputs, steps, artifacts } = draft;
  const spec = parseSpec({
    version: 1,
    name,
    inputs,
    steps,
    outputs,
    ...(withinSeconds === undefined ? {} : { withinSeconds }),
  });
  return { spec, digest: specDigest(spec), artifacts };
}
