import { time } from "@nomicfoundation/hardhat-network-helpers";
import { sha256, toHex, type Hex } from "viem";
import { assignmentPath, assignmentRoot, type Leaf } from "../../../protocol/assignment";
import { judgeHash, termsOpening, type StepTerms } from "../../../protocol/terms";
import { placeOf } from "../../../protocol/task-place";
import { maskOf, packTicket } from "../../../protocol/ticket";
import {
  range,
  statementOf,
  ZERO32,
  type Account,
  type Claim,
  type OpenWorkflow,
  type World,
} from "./world";

export const DELAY = 3_600;
/** A fresh world's first workflow: its number is in the statements that its requester fixes before it is opened. */
const FIRST = 1;
/** Tasks of step 0 that anybody may claim, in two words, and the final one. */
export const OPEN_TASKS = [...range(0, 40), 192, 193];
export const FINAL_TASK = 492;

/** What the requester fixes of a task. */
const openLeaf = (task: number): Leaf => ({
  task,
  attempt: 0,
  inputsDigest: sha256(toHex(`inputs ${task}`)),
  statementDigest: sha256(statementOf(FIRST, task)),
  decisionDigest: ZERO32,
});

export const OPEN_LEAVES = OPEN_TASKS.map(openLeaf);
const FINAL_LEAVES = [openLeaf(FINAL_TASK)];

/** The world's steps, the first and the final one open to everybody once the coordinator is silent. */
export function openSteps(w: World): StepTerms[] {
  const [verified, accepted, final] = w.steps();
  const open = (step: StepTerms, leaves: Leaf[]): StepTerms => ({
    ...step,
    judge: { ...step.judge, openRoot: assignmentRoot(leaves) },
  });
  return [open(verified!, OPEN_LEAVES), accepted!, open(final!, FINAL_LEAVES)];
}

/** A workflow whose coordinator can be declared silent. */
export const openWorkflow = (w: World, silenceDelay = DELAY): Promise<OpenWorkflow> =>
  w.open({ steps: openSteps(w), silenceDelay });

/** Declares the coordinator silent, and waits for longer than it has to answer. */
export async function silence(w: World, workflow: OpenWorkflow, by = w.operators[2]!) {
  await w.send(by, "declareSilent", [workflow.id]);
  await time.increase(DELAY);
}

const leavesOf = (step: number): Leaf[] => (step === 2 ? FINAL_LEAVES : OPEN_LEAVES);

/** Arguments of `claimOpen`, each of which a test may spoil. */
export function openArgs(
  workflow: OpenWorkflow,
  operator: Account,
  tasks: number[],
  change: Record<string, unknown> & { step?: number } = {},
): unknown[] {
  const step = change.step ?? 0;
  const { terms, path } = termsOpening(workflow.steps, step);
  const leaves = leavesOf(step);
  const args = {
    operator: operator.address,
    slot: 0,
    workflow: workflow.id,
    step,
    terms,
    path,
    attempt: 1,
    leaves: tasks.map((task) => {
      const index = leaves.findIndex((leaf) => leaf.task === task);
      return { leaf: leaves[index], path: assignmentPath(leaves, index) };
    }),
    ...change,
  };
  return Object.values(args);
}

/** Claims open tasks. @returns the claim, as if it had been assigned */
export async function claimOpen(
  w: World,
  workflow: OpenWorkflow,
  operator: Account,
  tasks: number[],
  options: { step?: number; attempt?: number; slot?: number } = {},
): Promise<Claim> {
  await w.send(operator, "claimOpen", openArgs(workflow, operator, tasks, options));
  return openClaim(workflow, operator, tasks, options);
}

export function openClaim(
  workflow: OpenWorkflow,
  operator: Account,
  tasks: number[],
  { step = 0, attempt = 1, slot = 0 }: { step?: number; attempt?: number; slot?: number } = {},
): Claim {
  const terms = workflow.steps[step]!;
  const leaves = leavesOf(step);
  const root: Hex = terms.judge.openRoot;
  const assignment = {
    workflow: workflow.id,
    step,
    attempt,
    word: placeOf(tasks[0]!).word,
    mask: maskOf(tasks),
    price: terms.ceiling,
    claimBy: 0,
    root,
  };
  const ticket = packTicket({
    ...assignment,
    bond: terms.bond,
    rule: terms.rule,
    window: terms.isFinal ? 0 : terms.window,
    open: true,
    judgeHash: judgeHash(terms.judge),
  });
  const all = leaves.map(({ task }) => task);
  const offer = { workflow, step, operator, tasks: all, leaves, assignment, signature: "0x" };
  return { offer, slot, ticket, commitments: [], results: [] };
}
