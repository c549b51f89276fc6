import { expect } from "chai";
import { ethers } from "hardhat";
import { encodeAbiParameters, type Hex } from "viem";
import { deploy } from "./support/contract";
import { freshWorld } from "./support/world";

const [genesis, next, other] = ["genesis", "next", "other"].map(
  (name) => ethers.id(name) as Hex,
) as [Hex, Hex, Hex];
const transition = (from: Hex, to: Hex) =>
  encodeAbiParameters([{ type: "bytes32" }, { type: "bytes32" }], [from, to]);

describe("RollupState.applyBatch", () => {
  /** A market whose workflow completed with a verified proof of genesis -> next. */
  async function completed() {
    const w = await freshWorld();
    const workflow = await w.open();
    const statement = transition(genesis, next);
    const claim = await w.claim(workflow, w.operators[0]!, [492], {
      step: 2,
      statements: [statement],
    });
    const state = await deploy("RollupState", [w.address, w.echo, genesis]);
    const submit = () =>
      w.send(w.operators[0]!, "submitFinal", w.finalArgs(claim, { statement, result: statement }));
    return { w, workflow, state, submit };
  }

  it("moves the root along a transition that the market verified, whoever calls", async () => {
    const { w, workflow, state, submit } = await completed();
    await submit();
    await expect(state.connect(w.stranger).getFunction("applyBatch")(workflow.id, genesis, next))
      .to.emit(state, "BatchApplied")
      .withArgs(workflow.id, genesis, next);
    expect(await state.root()).to.equal(next);
  });

  it("applies a batch once", async () => {
    const { workflow, state, submit } = await completed();
    await submit();
    await state.applyBatch(workflow.id, genesis, next);
    await expect(state.applyBatch(workflow.id, genesis, next))
      .to.be.revertedWithCustomError(state, "RootMismatch")
      .withArgs(genesis, next);
  });

  it("refuses a workflow that has no verified proof yet, or one of another transition", async () => {
    const { workflow, state, submit } = await completed();
    await expect(state.applyBatch(workflow.id, genesis, next))
      .to.be.revertedWithCustomError(state, "NotProved")
      .withArgs(workflow.id);
    await submit();
    await expect(state.applyBatch(workflow.id, genesis, other))
      .to.be.revertedWithCustomError(state, "NotProved")
      .withArgs(workflow.id);
  });

  it("refuses a proof by another adapter", async () => {
    const { w, workflow, submit } = await completed();
    await submit();
    const strict = await deploy("RollupState", [w.address, w.address, genesis]);
    await expect(strict.applyBatch(workflow.id, genesis, next)).to.be.revertedWithCustomError(
      strict,
      "NotProved",
    );
  });
});
