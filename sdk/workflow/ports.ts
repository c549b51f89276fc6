import { sha256, type Digest } from "../../protocol/digest";
import type { Ref, When } from "../../protocol/spec";

/** Whether a port carries one artifact or a list of them. */
export type PortKind = "file" | "collection";

/**
 * What a port carries. `Content` is a name that the author chooses, such as "proof": outputs connect only to inputs of
 * the same kind and content, which the compiler checks.
 */
export interface Port<Kind extends PortKind = PortKind, Content extends string = string> {
  readonly kind: Kind;
  readonly content: Content;
}

/** A port for one artifact. */
export const file = <const Content extends string>(content: Content): Port<"file", Content> => ({
  kind: "file",
  content,
});

/** A port for a list of artifacts. */
export const list = <const Content extends string>(
  content: Content,
): Port<"collection", Content> => ({ kind: "collection", content });

export type InputPorts = Readonly<Record<string, Port<"file">>>;
export type OutputPorts = Readonly<Record<string, Port>>;

/** A program as a workflow sees it: its digest and the ports that it takes and gives. */
export interface Program<
  Inputs extends InputPorts = InputPorts,
  Outputs extends OutputPorts = OutputPorts,
> {
  readonly digest: Digest;
  readonly inputs: Inputs;
  readonly outputs: Outputs;
}

/**
 * Describes a program's ports, once for all workflows that use it.
 * @param digest what names the program, see `loadPrograms`
 */
export function defineProgram<const Inputs extends InputPorts, const Outputs extends OutputPorts>(
  digest: Digest,
  ports: { inputs: Inputs; outputs: Outputs },
): Program<Inputs, Outputs> {
  return { digest, ...ports };
}

/** One artifact that exists or will exist. */
export class FileRef<Content extends string = string> {
  readonly kind = "file";
  constructor(
    readonly ref: Ref,
    readonly content: Content,
  ) {}
}

/** A list of artifacts; `most` bounds its length where that is known. */
export class ListRef<Content extends string = string> {
  readonly kind = "collection";
  constructor(
    readonly ref: Ref,
    readonly content: Content,
    readonly most?: number,
  ) {}
}

/** A list that a step makes: its items can be picked out. */
export class StepListRef<Content extends string = string> extends ListRef<Content> {
  constructor(
    private readonly source: { step: string; output: string },
    content: Content,
    most?: number,
  ) {
    super(source, content, most);
  }

  /** @param index position in the list, from 0 */
  at(index: number): FileRef<Content> {
    return new FileRef({ ...this.source, index }, this.content);
  }
}

/** A list of which each task of a mapped step takes one item. */
export class Each<Content extends string = string> {
  readonly kind = "each";
  constructor(readonly list: ListRef<Content>) {}
}

/** Marks the input over whose items a step fans out: task i takes item i. */
export const each = <Content extends string>(over: ListRef<Content>): Each<Content> =>
  new Each(over);

/** Where a conditional step's file or list comes from when the step is left out; see `whenSchema` for what may stand there. */
export function either<Content extends string>(
  of: FileRef<Content>,
  otherwise: FileRef<NoInfer<Content>>,
): FileRef<Content>;
export function either<Content extends string>(
  of: ListRef<Content>,
  otherwise: ListRef<NoInfer<Content>>,
): ListRef<Content>;
export function either(of: FileRef | ListRef, otherwise: FileRef | ListRef): FileRef | ListRef {
  const ref = { ...of.ref, otherwise: otherwise.ref } as Ref; // checked with the whole spec
  if (of instanceof FileRef) return new FileRef(ref, of.content);
  const { most } = otherwise as ListRef;
  const known = of.most !== undefined && most !== undefined;
  return new ListRef(ref, of.content, known ? Math.max(of.most, most) : undefined);
}

/** The step runs only if a file has these bytes (text: in UTF-8). */
export const is = ({ ref }: FileRef, bytes: string | Uint8Array): When => ({
  value: ref as When["value"],
  is: sha256(bytes),
});

/** The step runs only if a file has other bytes than these. */
export const isNot = ({ ref }: FileRef, bytes: string | Uint8Array): When => ({
  value: ref as When["value"],
  isNot: sha256(bytes),
});

/** What a single task's output port becomes. */
export type OutputRef<P extends Port> =
  P extends Port<"collection", infer C> ? StepListRef<C> : FileRef<P["content"]>;
