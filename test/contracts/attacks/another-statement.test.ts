import { sha256, toHex, type Hex } from "viem";
import { freshWorld, statementOf } from "../support/world";

const OTHER: Hex = toHex("a statement that is easy to prove");

describe("Attack: a valid proof of another statement", () => {
  it("earns no pay: it is struck with the statement that was signed, and the other one can't defend it", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const claim = await w.claim(workflow, w.operators[0]!, [0]);
    const commitments = [w.commitmentFor(claim, 0, OTHER)];
    const { call } = await w.commitCall(claim);
    await w.advance(w.operators[0]!, { commits: [{ ...call, commitments }] });
    const batch = { ...claim, commitments, results: [OTHER] };
    const signed = sha256(statementOf(workflow.id, 0));
    await w.refuses(
      w.challenger,
      "challenge",
      w.challengeArgs(batch, 0, { statement: OTHER }),
      "StatementMismatch",
      [sha256(OTHER), signed],
    );
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 0));
  });

  it("strikes no valid result: a challenger can't bring a statement that it is no proof of", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const batch = await w.commit(await w.claim(workflow, w.operators[0]!, [0, 1]));
    for (const statement of [OTHER, statementOf(workflow.id, 1), "0x" as Hex])
      await w.refuses(
        w.challenger,
        "challenge",
        w.challengeArgs(batch, 0, { statement }),
        "StatementMismatch",
        [sha256(statement), sha256(statementOf(workflow.id, 0))],
      );
    // Nor the neighbour's leaf, to have its statement taken for this task's result.
    const args = w.challengeArgs(batch, 0, {
      leaf: w.leafOpening(batch, 1),
      statement: statementOf(workflow.id, 1),
    });
    await w.refuses(w.challenger, "challenge", args, "CommitmentMismatch");
  });

  it("completes no workflow", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const claim = await w.claim(workflow, w.operators[0]!, [492], { step: 2 });
    const args = w.finalArgs(claim, { statement: OTHER, result: OTHER });
    await w.refuses(w.operators[0]!, "submitFinal", args, "StatementMismatch", [
      sha256(OTHER),
      sha256(statementOf(workflow.id, 492)),
    ]);
    const proof = w.finalArgs(claim, { result: OTHER });
    await w.refuses(w.operators[0]!, "submitFinal", proof, "ResultInvalid", [w.echo]);
  });
});
