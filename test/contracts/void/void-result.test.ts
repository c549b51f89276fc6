import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { toHex, type Hex } from "viem";
import { assignmentPath } from "../../../protocol/assignment";
import { BOND, freshCourt, PRICE, SHARE, WINDOW } from "../support/court";
import { told } from "../support/events";
import {
  builtOn,
  commitBuilt,
  commitCulprit,
  CULPRIT,
  strikeCulprit,
  voidArgs,
} from "../support/inputs";
import { batchArgs, OTHER_RESULT, receipt } from "../support/receipts";
import { ZERO32 } from "../support/world";

const STAKE = 10_000_000n;

describe("Market.voidResult", () => {
  it("leaves a result that was built on a struck one unpaid, its bond in the batch, and compensates out of the pot", async () => {
    const court = await freshCourt();
    const { w } = court;
    const [operator] = w.operators;
    const batch = await commitBuilt(court, [0, 1, 2], { slot: 3 });
    await strikeCulprit(court);
    const burned = w.ledger.burned;
    const events = await w.send(w.stranger, "voidResult", voidArgs(court, batch, 1));
    expect(events.map(told)).to.deep.equal([
      {
        name: "Voided",
        operator: operator!.address,
        workflow: BigInt(court.workflow.id),
        task: 1n,
        attempt: 1n,
        slot: 3n,
        culprit: BigInt(CULPRIT),
        compensation: SHARE.pot,
      },
    ]);
    expect(burned - w.ledger.burned).to.equal(SHARE.pot);
    expect(await w.account(operator!.address)).to.deep.equal({
      free: STAKE - 3n * BOND,
      locked: 3n * BOND,
      owed: SHARE.pot,
    });
    const { removed, voided } = await w.market.slotOf(operator!.address, 3);
    expect([removed, voided]).to.deep.equal([0n, 1n]);
    expect(await w.market.retryOf(court.workflow.id, 1)).to.deep.equal([1n, true]);
    expect((await w.market.taskWordOf(court.workflow.id, 0)).spent).to.equal(2n * PRICE);
    expect(await court.fate(1)).to.deep.equal([true, false, false, 0n]);
    expect(await court.fate(CULPRIT)).to.deep.equal([false, true, true, 0n]);
    await time.increase(WINDOW);
    await w.settle(batch);
    expect(await w.account(operator!.address)).to.deep.equal({
      free: STAKE,
      locked: 0n,
      owed: 2n * PRICE + SHARE.pot,
    });
  });

  it("compensates with the price at most, first come first served, until the pot is empty", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await commitBuilt(court, [0, 1, 2, 3], { price: 30n });
    await strikeCulprit(court);
    const paid: bigint[] = [];
    for (const task of [0, 1, 2, 3]) {
      const [event] = await w.send(w.stranger, "voidResult", voidArgs(court, batch, task));
      paid.push(event!.args.compensation as bigint);
    }
    expect(paid).to.deep.equal([30n, 30n, 15n, 0n]);
    expect((await court.fate(CULPRIT)).at(-1)).to.equal(0n);
  });

  it("opens the task to a later attempt, while the void one is still in its batch", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await commitBuilt(court, [0]);
    await strikeCulprit(court);
    await w.send(w.stranger, "voidResult", voidArgs(court, batch, 0));
    const next = await commitBuilt(court, [0], {
      operator: w.operators[1]!,
      attempt: 2,
      source: 2,
    });
    await time.increase(WINDOW);
    await w.settle(batch);
    await w.settle(next);
    expect((await w.account(w.operators[0]!.address)).owed).to.equal(SHARE.pot);
    expect((await w.account(w.operators[1]!.address)).owed).to.equal(PRICE);
  });

  it("voids however the input was struck: withheld, or with two results signed for it", async () => {
    const court = await freshCourt();
    const { w } = court;
    const culprit = await commitCulprit(court);
    const other = await w.commit(
      await w.claim(court.workflow, w.operators[2]!, [101], { slot: 1 }),
    );
    const batch = await commitBuilt(court, [0]);
    const signed = await receipt(w, other, 101, OTHER_RESULT);
    await w.send(w.stranger, "strikeReceipt", batchArgs(w, other, 101, signed));
    await court.demand(culprit, CULPRIT);
    await time.increase(WINDOW + 1);
    const late = await commitBuilt(court, [1], { slot: 5 });
    await w.refuses(w.stranger, "voidResult", voidArgs(court, late, 1), "InputNotStruck");
    await w.send(w.stranger, "closeDemand", [court.key(culprit, CULPRIT)]);
    await w.send(w.stranger, "voidResult", voidArgs(court, late, 1));
    expect((await court.fate(101)).slice(1, 3)).to.deep.equal([true, true]);
    await w.refuses(w.stranger, "voidResult", voidArgs(court, batch, 0), "Matured");
  });

  it("refuses inputs that stand, the requester's own, and inputs that there are not", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await commitBuilt(court, [0]);
    await commitCulprit(court);
    const { opening, indexOf } = builtOn({ task: CULPRIT, attempt: 1 });
    const source = (1n << 48n) | (BigInt(CULPRIT) << 16n) | 1n;
    const refused = (index: number, args: unknown[]) =>
      w.refuses(
        w.stranger,
        "voidResult",
        voidArgs(court, batch, 0, { index }),
        "InputNotStruck",
        args,
      );
    await refused(indexOf(CULPRIT), [source]);
    await refused(
      opening.inputs.findIndex((one) => one.source === 0n),
      [0],
    );
    await refused(2, [0]);
  });

  it("refuses an input of another attempt than the struck one", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await commitBuilt(court, [0], { source: 2 });
    await strikeCulprit(court);
    await w.refuses(w.stranger, "voidResult", voidArgs(court, batch, 0, {}, 2), "InputNotStruck");
  });

  it("refuses sources of attempt zero and of other kinds, which no strike can be of", async () => {
    const court = await freshCourt();
    const { w } = court;
    await strikeCulprit(court);
    const name = toHex("name", { size: 32 });
    const own = BigInt(CULPRIT) << 16n;
    for (const [i, source] of [
      (1n << 48n) | own,
      (1n << 48n) | (50n << 16n),
      (2n << 48n) | own | 1n,
      own | 1n,
    ].entries()) {
      const inputs = { program: name, params: name, inputs: [{ name, digest: name, source }] };
      const digest = digestOf(inputs);
      const claim = await w.claim(court.workflow, w.operators[0]!, [i], {
        inputsDigests: [digest],
        slot: i,
      });
      const args = voidArgs(court, await w.commit(claim), i, { inputs, index: 0 });
      await w.refuses(w.stranger, "voidResult", args, "InputNotStruck", [source]);
    }
  });

  it("refuses inputs, leaves, terms and roots that were not signed", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await commitBuilt(court, [0, 1]);
    await strikeCulprit(court);
    const { leaves } = batch.offer;
    const other = builtOn({ task: CULPRIT, attempt: 1 }, { task: 7, attempt: 1 }).opening;
    const spoiled: [Record<string, unknown>, string][] = [
      [{ inputs: other }, "InputsMismatch"],
      [{ leaf: { leaf: leaves[0], path: [] } }, "LeafMismatch"],
      [
        { leaf: { leaf: { ...leaves[0]!, attempt: 2 }, path: assignmentPath(leaves, 0) } },
        "LeafMismatch",
      ],
      [{ leaf: w.leafOpening(batch, 1) }, "CommitmentMismatch"],
      [{ judgeHash: ZERO32 }, "StepsMismatch"],
      [{ batch: { ...w.batchOpening(batch, 0), root: ZERO32 } }, "StepsMismatch"],
      [{ batch: { ...w.batchOpening(batch, 0), slot: 9 } }, "SlotState"],
    ];
    for (const [change, error] of spoiled)
      await w.refuses(w.stranger, "voidResult", voidArgs(court, batch, 0, change), error);
  });

  it("refuses what is void, struck, in dispute or matured", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await commitBuilt(court, [0, 1, 2, 3], { wrong: [1] });
    const maturesAt = (await time.latest()) + WINDOW;
    await strikeCulprit(court);
    const refused = (task: number, error: string, args: unknown[]) =>
      w.refuses(w.stranger, "voidResult", voidArgs(court, batch, task), error, args);
    await w.send(w.stranger, "voidResult", voidArgs(court, batch, 0));
    await refused(0, "AlreadyVoid", [0, 1]);
    await w.send(w.stranger, "challenge", w.challengeArgs(batch, 1));
    await refused(1, "AlreadyStruck", [1, 1]);
    await court.demand(batch, 2);
    await refused(2, "AlreadyStruck", [2, 1]);
    await time.setNextBlockTimestamp(maturesAt);
    await refused(3, "Matured", [maturesAt]);
  });
});

/** keccak256(abi.encode(program, params, inputs)), as InputsLib has it. */
function digestOf(opening: {
  program: string;
  params: string;
  inputs: { name: string; digest: string; source: bigint }[];
}) {
  const types = ["bytes32", "bytes32", "tuple(bytes32 name, bytes32 digest, uint64 source)[]"];
  const { program, params, inputs } = opening;
  const coder = ethers.AbiCoder.defaultAbiCoder();
  return ethers.keccak256(coder.encode(types, [program, params, inputs])) as Hex;
}
