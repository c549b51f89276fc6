import { sha256, toHex, type Hex } from "viem";
import { inputsDigest, inputsOpening, type InputsOpening } from "../../../protocol/assignment";
import { fromBytes32, type Bytes32 } from "../../../protocol/digest";
import type { Court } from "./court";
import type { Account, Claim } from "./world";

const PROGRAM = fromBytes32(sha256(toHex("program")) as Bytes32);
const PARAMS = { size: "8" };

/** What a task runs on: one file of the requester's, and results of these tasks; by name `from<task>`. */
export function builtOn(...sources: { task: number; attempt: number }[]): {
  digest: Hex;
  opening: InputsOpening;
  /** Position of a source's input. */
  indexOf: (task: number) => number;
} {
  const file = { digest: fromBytes32(sha256(toHex("request")) as Bytes32) };
  const results = sources.map((source) => [
    `from${source.task}`,
    { digest: fromBytes32(sha256(toHex(`result ${source.task}`)) as Bytes32), source },
  ]);
  const inputs = { file, ...(Object.fromEntries(results) as Record<string, typeof file>) };
  const opening = inputsOpening(PROGRAM, PARAMS, inputs);
  const indexOf = (task: number) =>
    opening.inputs.findIndex(({ source }) => (source >> 16n) % 2n ** 32n === BigInt(task));
  return { digest: inputsDigest(PROGRAM, PARAMS, inputs), opening, indexOf };
}

/** The task whose result is struck, and by whom it is made. */
export const CULPRIT = 100;

/** Commits a result of the culprit task: an attempt that the echo verifier does not accept. */
export async function commitCulprit(court: Court, attempt = 1): Promise<Claim> {
  const { w } = court;
  const options = { attempt, slot: CULPRIT + attempt };
  const claim = await w.claim(court.workflow, w.operators[2]!, [CULPRIT], options);
  return w.commit(claim, { wrong: [CULPRIT] });
}

/** Commits it and has it struck. */
export async function strikeCulprit(court: Court, attempt = 1): Promise<void> {
  const batch = await commitCulprit(court, attempt);
  await court.w.send(court.w.challenger, "challenge", court.w.challengeArgs(batch, CULPRIT));
}

interface Building {
  operator?: Account;
  attempt?: number;
  slot?: number;
  wrong?: number[];
  price?: bigint;
  /** Attempt of the culprit that the tasks are built on. */
  source?: number;
}

/** Claims and commits tasks that are built on the culprit's result. */
export async function commitBuilt(
  court: Court,
  tasks: number[],
  { operator = court.w.operators[0]!, wrong = [], source = 1, ...options }: Building = {},
): Promise<Claim> {
  const { digest } = builtOn({ task: CULPRIT, attempt: source });
  const claim = await court.w.claim(court.workflow, operator, tasks, {
    ...options,
    step: Math.floor(tasks[0]! / 192),
    inputsDigests: tasks.map(() => digest),
  });
  return court.w.commit(claim, { wrong });
}

/** Arguments of `voidResult`, each of which a test may spoil. */
export function voidArgs(
  court: Court,
  batch: Claim,
  task: number,
  change: Record<string, unknown> = {},
  source = 1,
): unknown[] {
  const { opening, indexOf } = builtOn({ task: CULPRIT, attempt: source });
  const args = {
    batch: court.w.batchOpening(batch, court.w.tasksOf(batch).indexOf(task)),
    judgeHash: court.judgeHash(batch),
    leaf: court.w.leafOpening(batch, batch.offer.tasks.indexOf(task)),
    inputs: opening,
    index: indexOf(CULPRIT),
    ...change,
  };
  return Object.values(args);
}

/** Arguments of `voidDisputed`. */
export function voidDisputedArgs(
  court: Court,
  batch: Claim,
  task: number,
  change: Record<string, unknown> = {},
  source = 1,
): unknown[] {
  const [, judgeHash, leaf, inputs, index] = voidArgs(court, batch, task, {}, source);
  const args = {
    key: court.key(batch, task),
    root: batch.ticket.root,
    judgeHash,
    leaf,
    inputs,
    index,
    ...change,
  };
  return Object.values(args);
}
