import { recoverTypedDataAddress, type Hex, type TypedDataDomain } from "viem";
import { assignmentRoot, type Leaf } from "../../../protocol/assignment";
import type { SignedChoice } from "../../../protocol/decision-view";
import { toBytes32, type Digest } from "../../../protocol/digest";
import { TYPES } from "../../../protocol/eip712";
import { choose } from "../../matchmaker/choose";
import { decisionDigest, type DecisionRecord } from "../../matchmaker/decision";

/** A decision as it was published. */
export interface PublishedDecision {
  digest: Digest;
  record: DecisionRecord;
  /** What was signed for it, where that is known. */
  assignment?: SignedChoice | null;
}

/** Who signs assignments, and for which market. */
export interface Signatory {
  coordinator: string;
  domain: TypedDataDomain;
}

/** Something that does not come out as published. */
export interface Mismatch {
  code:
    | "record_unreadable"
    | "digest_differs"
    | "choice_differs"
    | "operator_differs"
    | "tasks_differ"
    | "root_differs"
    | "signature_differs";
  message: string;
}

/** Makes the choice again. */
function checkChoice(record: DecisionRecord): Mismatch[] {
  try {
    const { choice, explored } = choose(record) ?? { choice: "nobody", explored: false };
    if (choice === record.choice && explored === record.explored) return [];
    const tried = (of: boolean) => (of ? " to learn about it" : "");
    return [
      {
        code: "choice_differs",
        message: `the record says ${record.choice}${tried(record.explored)}, and gives ${choice}${tried(explored)}`,
      },
    ];
  } catch (error) {
    return [{ code: "record_unreadable", message: (error as Error).message }];
  }
}

async function checkAssignment(
  { record }: PublishedDecision,
  digest: Digest,
  signed: SignedChoice,
  { coordinator, domain }: Signatory,
): Promise<Mismatch[]> {
  const found: Mismatch[] = [];
  const differs = (code: Mismatch["code"], message: string) => void found.push({ code, message });
  if (signed.operator.toLowerCase() !== record.choice.toLowerCase())
    differs("operator_differs", `${record.choice} was chosen, ${signed.operator} got the tasks`);
  const tasks = signed.leaves.map(({ task }) => task);
  if (signed.attempt !== record.attempt || tasks.join() !== record.tasks.join())
    differs("tasks_differ", `decided for tasks ${record.tasks.join()}, signed for ${tasks.join()}`);
  const leaves = signed.leaves.map((leaf) => ({
    ...leaf,
    attempt: signed.attempt,
    decisionDigest: toBytes32(digest),
  })) as Leaf[];
  const root = assignmentRoot(leaves);
  if (root !== signed.root)
    differs("root_differs", `the leaves have root ${root}, ${signed.root} was signed`);
  const { signature, mask, price, leaves: _, ...rest } = signed;
  const message = { ...rest, mask: BigInt(mask), price: BigInt(price) };
  const types = { Assignment: TYPES.Assignment };
  const signer = await recoverTypedDataAddress({
    ...{ domain, types, primaryType: "Assignment", signature: signature as Hex },
    message: message as never,
  }).catch(() => "nobody");
  if (signer.toLowerCase() !== coordinator.toLowerCase())
    differs("signature_differs", `it is signed by ${signer}, not by ${coordinator}`);
  return found;
}

/**
 * Makes a decision again from its record: the choice, the digest, and its place under what was signed.
 * @param signatory of the assignments; without one they are not looked at
 * @returns what does not come out as published
 */
export async function replayDecision(
  decision: PublishedDecision,
  signatory?: Signatory,
): Promise<Mismatch[]> {
  const { record, assignment } = decision;
  const digest = decisionDigest(record);
  const found: Mismatch[] = [];
  if (digest !== decision.digest)
    found.push({
      code: "digest_differs",
      message: `published under ${decision.digest}, the record has ${digest}`,
    });
  found.push(...checkChoice(record));
  if (assignment && signatory && found.every(({ code }) => code !== "record_unreadable"))
    found.push(...(await checkAssignment(decision, digest, assignment, signatory)));
  return found;
}
