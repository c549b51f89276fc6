import { expect } from "chai";
import { ethers } from "hardhat";
import type { Hex } from "viem";
import { marketDomain, TYPES } from "../../../protocol/eip712";
import { leastEscrow, workflowTermsOf } from "../support/opening";
import {
  deployMarketContracts,
  freshWorld,
  MIN_STAKE,
  operationsOf,
  UNIT,
  type Account,
  type World,
} from "../support/world";

const refusedSignature = (w: World): [string, unknown[]] => [
  "SignatureInvalid",
  [w.coordinator.address],
];

describe("Attack: signature replay", () => {
  it("across workflows fails", async () => {
    const w = await freshWorld();
    const [one, two] = [await w.open(), await w.open()];
    const offer = await w.offer(one, w.operators[0]!, [0]);
    const moved = { ...offer, assignment: { ...offer.assignment, workflow: two.id } };
    await w.refusesOperations(
      w.operators[0]!,
      { claims: [w.claimCall(moved)] },
      ...refusedSignature(w),
    );
  });

  it("across attempts, prices, masks, times and roots fails", async () => {
    const w = await freshWorld();
    const offer = await w.offer(await w.open(), w.operators[0]!, [0], { price: 10n });
    const changes = [
      { attempt: 2 },
      { price: 1_000n },
      { mask: 3n },
      { claimBy: offer.assignment.claimBy - 1 },
      { root: ethers.id("another root") as Hex },
    ];
    for (const change of changes) {
      const changed = { ...offer, assignment: { ...offer.assignment, ...change } };
      await w.refusesOperations(
        w.operators[0]!,
        { claims: [w.claimCall(changed)] },
        ...refusedSignature(w),
      );
    }
  });

  it("across chains and contracts fails", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const offer = await w.offer(await w.open(), operator!, [0]);
    const message = { ...offer.assignment, operator: operator!.address };
    const types = { Assignment: TYPES.Assignment.map((field) => ({ ...field })) };
    const foreign = [
      marketDomain(w.chainId + 1, w.address),
      marketDomain(w.chainId, w.echo as Hex),
    ];
    for (const domain of foreign) {
      const signature = await w.coordinator.signTypedData(domain as never, types, message);
      const call = w.claimCall({ ...offer, signature });
      await w.refusesOperations(operator!, { claims: [call] }, ...refusedSignature(w));
    }
  });

  it("at another market, with the same workflow, coordinator and operator, fails", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const offer = await w.offer(await w.open(), operator!, [0]);
    const bytes = operationsOf({ claims: [w.claimCall(offer)] });
    const other = await deployMarketContracts({});
    const as = (account: Account) => other.connect(account) as typeof other;
    const escrow = leastEscrow(w.steps());
    const terms = await workflowTermsOf(w);
    const value = escrow * UNIT;
    await as(w.requester).getFunction("openWorkflow").send(terms, w.steps(), escrow, { value });
    const stake = { value: MIN_STAKE * UNIT };
    await as(operator!).getFunction("deposit").send(operator!.address, MIN_STAKE, stake);
    await expect(as(operator!).getFunction("advance").send(bytes))
      .to.be.revertedWithCustomError(other, "SignatureInvalid")
      .withArgs(w.coordinator.address);
    await w.send(operator!, "advance", [bytes]);
  });

  it("of one's own assignment, after the claim was released, fails", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const claim = await w.claim(workflow, operator!, [0]);
    const signature = await w.releaseSignature(claim, 1n);
    await w.send(operator!, "release", w.releaseArgs(claim, signature));
    await w.refusesOperations(
      operator!,
      { claims: [w.claimCall(claim.offer)] },
      "TaskTaken",
      [0, 1],
    );
  });
});
