import type { Hex } from "viem";
import { digestOf, sha256, toBytes32, type Bytes32, type Digest } from "./digest";
import { merklePath, merkleRoot } from "./merkle";
import { bytes32Word, keccakOf, uintWord } from "./words";

/** One task's line under an assignment's root (struct Leaf). */
export interface Leaf {
  task: number;
  attempt: number;
  inputsDigest: Bytes32;
  statementDigest: Bytes32;
  decisionDigest: Bytes32;
}

/** Whose result an input is of. */
export interface InputSource {
  task: number;
  attempt: number;
}

/** An input of a task, as its leaf binds it; without a source it is the requester's. */
export interface InputRef {
  digest: Digest;
  source?: InputSource | undefined;
}

/** What the contract's struct InputsOpening holds: a leaf's inputs digest, opened. */
export interface InputsOpening {
  program: Bytes32;
  params: Bytes32;
  inputs: readonly { name: Bytes32; digest: Bytes32; source: bigint }[];
}

const HAS_SOURCE = 1n << 48n;

/**
 * Opens what a task runs, so that a result whose input was struck can be shown to be void.
 * @param inputs by the name of the port
 */
export function inputsOpening(
  program: Digest,
  params: Record<string, string>,
  inputs: Record<string, InputRef>,
): InputsOpening {
  const opening = { program: toBytes32(program), params: toBytes32(digestOf(params)) };
  return { ...opening, inputs: rowsOf(inputs, new Map()) };
}

/** @param names digests of names that were computed before, and are now */
function rowsOf(
  inputs: Record<string, InputRef>,
  names: Map<string, Bytes32>,
): InputsOpening["inputs"] {
  const nameOf = (name: string): Bytes32 => {
    let digest = names.get(name);
    if (digest === undefined) names.set(name, (digest = toBytes32(sha256(name))));
    return digest;
  };
  const rows = Object.entries(inputs).map(([name, { digest, source }]) => ({
    name: nameOf(name),
    digest: toBytes32(digest),
    source: source ? HAS_SOURCE | (BigInt(source.task) << 16n) | BigInt(source.attempt) : 0n,
  }));
  return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Where the encoding of a third, dynamic value begins. */
const THIRD = uintWord(96, 256);

/** @returns what a leaf says of the inputs, computed from its opening: hash of (bytes32, bytes32, (bytes32, bytes32, uint64)[]) */
export function openingDigest({ program, params, inputs }: InputsOpening): Bytes32 {
  const rows = inputs.map(
    ({ name, digest, source }) => bytes32Word(name) + bytes32Word(digest) + uintWord(source, 64),
  );
  const head = bytes32Word(program) + bytes32Word(params) + THIRD;
  return keccakOf(head + uintWord(rows.length, 256) + rows.join(""));
}

/**
 * Binds what a task runs: the program, its parameters, and the digest and the source of every input by name (see InputsLib).
 * @param inputs by the name of the port
 */
export function inputsDigest(
  program: Digest,
  params: Record<string, string>,
  inputs: Record<string, InputRef>,
): Bytes32 {
  return openingDigest(inputsOpening(program, params, inputs));
}

/** What an assignment says of one task: a leaf, its inputs open. */
export interface AssignedTask {
  task: number;
  attempt: number;
  inputs: Record<string, InputRef>;
  statementDigest: string;
  decisionDigest: string;
}

/**
 * @param assignment signed or yet to be signed
 * @returns its leaves, in the order of its tasks
 */
export function leavesOf(assignment: {
  program: Digest;
  params: Record<string, string>;
  tasks: readonly AssignedTask[];
}): Leaf[] {
  const { params, tasks } = assignment;
  const program = toBytes32(assignment.program);
  const paramsDigest = toBytes32(digestOf(params));
  const names = new Map<string, Bytes32>();
  return tasks.map(({ task, attempt, inputs, statementDigest, decisionDigest }) => ({
    task,
    attempt,
    inputsDigest: openingDigest({ program, params: paramsDigest, inputs: rowsOf(inputs, names) }),
    statementDigest: statementDigest as Bytes32,
    decisionDigest: decisionDigest as Bytes32,
  }));
}

/** @returns the hash of a struct Leaf, twice, as `leafHash` does */
export function assignmentLeafHash(leaf: Leaf): Hex {
  const numbers = uintWord(leaf.task, 32) + uintWord(leaf.attempt, 16);
  const digests = [leaf.inputsDigest, leaf.statementDigest, leaf.decisionDigest].map(bytes32Word);
  return keccakOf(keccakOf(numbers + digests.join("")).slice(2));
}

/** @param leaves one for each task, by rising index @returns the root that the assignment signs */
export function assignmentRoot(leaves: Leaf[]): Hex {
  return merkleRoot(leaves.map(assignmentLeafHash));
}

/** @returns the path from leaf `position` to the assignment's root */
export function assignmentPath(leaves: Leaf[], position: number): Hex[] {
  return merklePath(leaves.map(assignmentLeafHash), position);
}
