import { assignmentRoot } from "../../../protocol/assignment";
import { freshCourt, type Court } from "../support/court";
import { builtOn, CULPRIT, strikeCulprit, voidArgs } from "../support/inputs";
import type { Claim } from "../support/world";

/** A batch whose assignment was signed with a leaf of attempt 7, by mistake: the assignment is attempt 1. */
async function batchWithOddLeaf({ w, workflow }: Court): Promise<Claim> {
  const [operator] = w.operators;
  const { digest } = builtOn({ task: CULPRIT, attempt: 1 });
  const offer = await w.offer(workflow, operator!, [0], { inputsDigests: [digest] });
  const leaves = [{ ...offer.leaves[0]!, attempt: 7 }];
  const assignment = { ...offer.assignment, root: assignmentRoot(leaves) };
  const message = { ...assignment, operator: operator!.address };
  const odd = { ...offer, leaves, assignment, signature: await w.sign("Assignment", message) };
  await w.advance(operator!, { claims: [w.claimCall(odd)] });
  return w.commit(w.claimFrom(odd, 0), { wrong: [0] });
}

describe("A leaf of another attempt than its assignment's, although the coordinator signed it", () => {
  it("is no evidence: not for a challenge, nor for voiding, nor in a dispute", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await batchWithOddLeaf(court);
    await strikeCulprit(court);
    const refused = (name: string, args: unknown[]) =>
      w.refuses(w.challenger, name, args, "LeafMismatch", [0, 7]);
    await refused("challenge", w.challengeArgs(batch, 0));
    await refused("voidResult", voidArgs(court, batch, 0));
    await court.demand(batch, 0);
    await refused("challengeDisputed", court.disputedArgs(batch, 0));
  });
});
