import { encodeAbiParameters, keccak256, type Hex } from "viem";
import { digestOf, sha256, toBytes32, type Bytes32, type Digest } from "./digest";
import { leafHash, merklePath, merkleRoot } from "./merkle";

/** One task's line under an assignment's root (struct Leaf). */
export interface Leaf {
  task: number;
  attempt: number;
  inputsDigest: Bytes32;
  statementDigest: Bytes32;
  decisionDigest: Bytes32;
}

const leafAbi = {
  type: "tuple",
  components: [
    { name: "task", type: "uint32" },
    { name: "attempt", type: "uint16" },
    { name: "inputsDigest", type: "bytes32" },
    { name: "statementDigest", type: "bytes32" },
    { name: "decisionDigest", type: "bytes32" },
  ],
} as const;

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
  const rows = Object.entries(inputs).map(([name, { digest, source }]) => ({
    name: toBytes32(sha256(name)),
    digest: toBytes32(digest),
    source: source ? HAS_SOURCE | (BigInt(source.task) << 16n) | BigInt(source.attempt) : 0n,
  }));
  return {
    program: toBytes32(program),
    params: toBytes32(digestOf(params)),
    inputs: rows.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

const inputsAbi = [
  { type: "bytes32" },
  { type: "bytes32" },
  {
    type: "tuple[]",
    components: [
      { name: "name", type: "bytes32" },
      { name: "digest", type: "bytes32" },
      { name: "source", type: "uint64" },
    ],
  },
] as const;

/** @returns what a leaf says of the inputs, computed from its opening */
export function openingDigest({ program, params, inputs }: InputsOpening): Bytes32 {
  return keccak256(encodeAbiParameters(inputsAbi, [program, params, inputs]));
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
  const { program, params, tasks } = assignment;
  return tasks.map(({ task, attempt, inputs, statementDigest, decisionDigest }) => ({
    task,
    attempt,
    inputsDigest: inputsDigest(program, params, inputs),
    statementDigest: statementDigest as Bytes32,
    decisionDigest: decisionDigest as Bytes32,
  }));
}

export function assignmentLeafHash(leaf: Leaf): Hex {
  return leafHash(encodeAbiParameters([leafAbi], [leaf]));
}

/** @param leaves one for each task, by rising index @returns the root that the assignment signs */
export function assignmentRoot(leaves: Leaf[]): Hex {
  return merkleRoot(leaves.map(assignmentLeafHash));
}

/** @returns the path from leaf `position` to the assignment's root */
export function assignmentPath(leaves: Leaf[], position: number): Hex[] {
  return merklePath(leaves.map(assignmentLeafHash), position);
}
