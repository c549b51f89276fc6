import { encodeAbiParameters, keccak256 } from "viem";
import { ZERO_BYTES32 } from "../../../protocol/digest";
import { workflowTerms } from "../../../protocol/terms";
import { mapConcurrently } from "../chain/concurrently";
import type { MarketReader } from "../chain/market-reader";
import type { Check, Recorder } from "../recorder";
import type { Ledger, Workflow } from "../replay/ledger";
import { PARALLEL_READS } from "./parallel";

/** @returns keccak256(abi.encode(verifier, statementDigest)), as the contract keeps a completion */
function completionHash(workflow: Workflow): string {
  if (!workflow.final) return ZERO_BYTES32;
  const { verifier, statementDigest } = workflow.final;
  return keccak256(
    encodeAbiParameters([{ type: "address" }, { type: "bytes32" }], [verifier, statementDigest]),
  );
}

async function compareWorkflow(
  workflow: Workflow,
  reader: MarketReader,
  check: Check,
): Promise<void> {
  const where = `workflow ${workflow.workflow}`;
  const [requester, coordinator, status, feeBps, deadline, escrow, refunded, terms, endedAt] =
    await reader.workflow(workflow.workflow);
  const pairs: [string, unknown, unknown][] = [
    ["requester", workflow.requester, requester],
    ["coordinator", workflow.coordinator, coordinator],
    ["status", workflow.status, status],
    ["end", workflow.endedAt ?? 0, endedAt],
    ["fee in basis points", workflow.feeBps, feeBps],
    ["deadline", workflow.deadline, deadline],
    ["escrow", workflow.escrow, escrow],
    ["refunded", workflow.refunded, refunded],
    ["coordinator and steps", workflowTerms(workflow.coordinator, [...workflow.steps]), terms],
    ["completion", completionHash(workflow), await reader.completion(workflow.workflow)],
  ];
  for (const [what, ours, theirs] of pairs)
    check.expect(
      ours === theirs,
      "workflow_differs",
      where,
      () => `${what}: the events make ${String(ours)}, the contract has ${String(theirs)}`,
    );
}

async function compareWords(workflow: Workflow, reader: MarketReader, check: Check): Promise<void> {
  await mapConcurrently([...workflow.claimed.keys()], PARALLEL_READS, async (word) => {
    const where = `workflow ${workflow.workflow} word ${word}`;
    const [claimed, spent] = await reader.taskWord(workflow.workflow, word);
    const ours = workflow.spent.get(word) ?? 0n;
    check.expect(
      ours === spent,
      "spent_differs",
      where,
      () => `spent: the events make ${ours} units, the contract has ${spent}`,
    );
    check.expect(
      workflow.claimed.get(word) === claimed,
      "claimed_bits_differ",
      where,
      () =>
        `claimed bits: the events make ${workflow.claimed.get(word)!.toString(16)}, the contract has ${claimed.toString(16)}`,
    );
  });
}

/** Holds every workflow, and what each word of its tasks has spent, against the contract's. */
export async function compareWorkflows(
  ledger: Ledger,
  reader: MarketReader,
  recorder: Recorder,
  onProgress: (done: number, of: number) => void,
): Promise<void> {
  const check = recorder.check("Every workflow equals the contract's");
  const words = recorder.check("Claimed tasks and spent escrow equal the contract's");
  const workflows = [...ledger.workflows.values()];
  for (const [i, workflow] of workflows.entries()) {
    await compareWorkflow(workflow, reader, check);
    await compareWords(workflow, reader, words);
    onProgress(i + 1, workflows.length);
  }
  // Ids count up from 1: a gap, or one more than is known, is a workflow whose opening was not seen.
  const last = workflows.reduce((max, { workflow }) => Math.max(max, workflow), 0);
  for (let id = 1; id <= last + 1; id++) {
    if (ledger.workflows.has(id)) continue;
    const [, , status] = await reader.workflow(id);
    check.expect(
      status === 0,
      "workflow_unseen",
      `workflow ${id}`,
      "the contract has a workflow that no event opened",
    );
  }
}
