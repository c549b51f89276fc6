import type { Hex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { assignmentRoot, inputsDigest } from "../../../protocol/assignment";
import { sha256, toBytes32, ZERO_BYTES32 } from "../../../protocol/digest";
import { marketDomain, TYPES } from "../../../protocol/eip712";
import type { SignedAssignment } from "../../../protocol/http";
import { RULE, termsOpening, workflowTerms, type StepTerms } from "../../../protocol/terms";
import { maskOf } from "../../../protocol/ticket";
import type { AssignmentFacts } from "../../../operator/assignments/verify-assignment";

export const CHAIN_ID = 31337;
export const MARKET: Hex = "0x00000000000000000000000000000000000000aa";
export const coordinator = privateKeyToAccount(`0x${"11".repeat(32)}`);
export const operator = privateKeyToAccount(`0x${"22".repeat(32)}`);
export const PROGRAM = sha256("program");

const terms = (firstTask: number, rule: number): StepTerms => ({
  firstTask,
  maxTasks: 100,
  ceiling: 1000n,
  bond: 50n,
  claimTime: 100,
  window: 10,
  rule,
  isFinal: false,
  judge: {
    maxReveal: 1024,
    verifierGas: rule === RULE.verifier ? 300_000 : 0,
    verifier: rule === RULE.verifier ? `0x${"cc".repeat(20)}` : `0x${"00".repeat(20)}`,
    checkProgram: ZERO_BYTES32,
    jurorFee: 0n,
    openRoot: ZERO_BYTES32,
  },
});
export const steps = [terms(0, RULE.accepted), terms(100, RULE.verifier)];

/** A correct assignment of tasks 101, 102 and 103 of step 1, signed by the coordinator. */
export async function assignmentFixture(
  tasks = [101, 102, 103],
  attempt = 1,
): Promise<SignedAssignment> {
  const { terms: step, path } = termsOpening(steps, 1);
  const params = { depth: "20" };
  const assigned = tasks.map((task) => ({
    task,
    attempt,
    inputs: {
      request: { digest: sha256(`request ${task}`), source: { task: 7, attempt: 2 } },
      statement: { digest: sha256(`statement ${task}`) },
    },
    statementDigest: toBytes32(sha256(`statement ${task}`)),
    decisionDigest: toBytes32(sha256("decision")),
  }));
  const root = assignmentRoot(
    assigned.map(({ inputs, ...leaf }) => ({
      ...leaf,
      inputsDigest: inputsDigest(PROGRAM, params, inputs),
    })),
  );
  const mask = maskOf(tasks);
  const message = {
    workflow: 7,
    step: 1,
    operator: operator.address,
    attempt,
    word: 0,
    mask,
    price: 900n,
    claimBy: 1030,
    root,
  };
  const signature = await coordinator.signTypedData({
    domain: marketDomain(CHAIN_ID, MARKET),
    types: TYPES,
    primaryType: "Assignment",
    message,
  });
  return {
    ...message,
    stepId: "prove",
    mask: `0x${mask.toString(16).padStart(48, "0")}`,
    price: "900",
    signature,
    terms: {
      ...step,
      ceiling: String(step.ceiling),
      bond: String(step.bond),
      judge: { ...step.judge, jurorFee: String(step.judge.jurorFee) },
    },
    termsPath: path,
    program: PROGRAM,
    params,
    outputs: { proof: "file" },
    statement: "statement",
    resources: { cores: 1, memoryMb: 512, gpus: 0, vramMb: 0 },
    limits: { startSeconds: 30, runSeconds: 60, silenceSeconds: 10 },
    tasks: assigned,
    takeOvers: [],
  };
}

/** What an operator knows that has room for the fixture. */
export function facts(changes: Partial<AssignmentFacts> = {}): AssignmentFacts {
  return {
    operator: operator.address,
    now: 1000,
    workflow: {
      status: 1,
      deadline: 5000,
      coordinator: coordinator.address,
      terms: workflowTerms(coordinator.address, steps),
    },
    struckSources: [],
    signatureValid: true,
    freeStake: 1000n,
    offer: { cores: 2, memoryMb: 1024, gpus: 0, vramMb: 0 },
    concurrency: 1,
    work: { running: [], waiting: [] },
    programs: new Set([PROGRAM]),
    verifierAllowed: true,
    pricing: { priceBps: 9000 },
    revealSeconds: 10,
    ...changes,
  };
}
