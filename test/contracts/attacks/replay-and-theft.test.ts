import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import type { Hex } from "viem";
import { marketDomain, TYPES } from "../../../protocol/eip712";
import { deploy } from "../support/contract";
import { freshWorld, MIN_STAKE, range, UNBONDING_DELAY, UNIT, type World } from "../support/world";

const refusedSignature = (w: World): [string, unknown[]] => [
  "SignatureInvalid",
  [w.coordinator.address],
];

describe("Attack: claim sniping", () => {
  it("fails: an assignment to one operator is worth nothing to another", async () => {
    const w = await freshWorld();
    const offer = await w.offer(await w.open(), w.operators[0]!, [0]);
    await w.refuses(
      w.operators[1]!,
      "advance",
      [[], [], [w.claimCall(offer)]],
      ...refusedSignature(w),
    );
  });
});

describe("Attack: signature replay", () => {
  it("across workflows fails", async () => {
    const w = await freshWorld();
    const [one, two] = [await w.open(), await w.open()];
    const offer = await w.offer(one, w.operators[0]!, [0]);
    const moved = { ...offer, assignment: { ...offer.assignment, workflow: two.id } };
    await w.refuses(
      w.operators[0]!,
      "advance",
      [[], [], [w.claimCall(moved)]],
      ...refusedSignature(w),
    );
  });

  it("across attempts, prices, steps, masks and roots fails", async () => {
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
      await w.refuses(
        w.operators[0]!,
        "advance",
        [[], [], [w.claimCall(changed)]],
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
      await w.refuses(operator!, "advance", [[], [], [call]], ...refusedSignature(w));
    }
  });

  it("of one's own assignment, after the claim was released, fails", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const claim = await w.claim(workflow, operator!, [0]);
    await w.send(operator!, "release", [0, claim.ticket, 0, await w.releaseSignature(claim, 1n)]);
    await w.refuses(
      operator!,
      "advance",
      [[], [], [w.claimCall(claim.offer)]],
      "TaskTaken",
      [0, 1],
    );
  });
});

describe("Attack: copied commitment", () => {
  it("binds its operator: the same bytes for the same task by another operator are another commitment", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [honest, thief] = w.operators;
    const original = await w.commit(await w.claim(workflow, honest!, [0]));
    const asThief = { ...original, offer: { ...original.offer, operator: thief! } };
    expect(w.commitmentFor(asThief, 0, original.results[0]!)).not.to.equal(original.commitments[0]);
  });
});

describe("Attack: stake withdrawal in the challenge window", () => {
  it("fails: the bond of an unmatured result is not free, however long ago unbonding began", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    await w.send(operator!, "startUnbonding", [10_000_000n - MIN_STAKE]);
    const batch = await w.commit(await w.claim(workflow, operator!, range(0, 10)), { wrong: [4] });
    await w.refuses(operator!, "startUnbonding", [MIN_STAKE], "StakeInsufficient", [
      MIN_STAKE - 5_010n,
      MIN_STAKE,
    ]);
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 4));
    await time.increase(UNBONDING_DELAY);
    await w.send(operator!, "withdrawStake", [operator!.address]);
    expect((await w.account(operator!.address)).locked).to.equal(9n * 501n);
  });
});

describe("Attack: results taken and then cancelled", () => {
  it("fails: what was committed before is paid, and the refund leaves it and its fee alone", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const batch = await w.commit(await w.claim(workflow, w.operators[0]!, range(0, 5)));
    await w.send(w.requester, "cancel", [workflow.id]);
    await w.send(w.requester, "refund", [workflow.id]);
    await time.increase(300);
    await w.settle(batch);
    await time.increase(700);
    const [fee] = await w.send(w.coordinator, "payFee", [workflow.id]);
    expect([(await w.account(w.operators[0]!.address)).owed, fee!.args.amount]).to.deep.equal([
      5_000n,
      125n,
    ]);
  });
});

describe("Attack: ether forced into the market", () => {
  it("changes nobody's balance", async () => {
    const w = await freshWorld();
    const before = await ethers.provider.getBalance(w.address);
    await ethers.provider.send("hardhat_setBalance", [
      w.address,
      ethers.toQuantity(before + 5n * UNIT),
    ]);
    expect(await w.account(w.operators[0]!.address)).to.deep.equal({
      free: 10_000_000n,
      locked: 0n,
      owed: 0n,
    });
    await ethers.provider.send("hardhat_setBalance", [w.address, ethers.toQuantity(before)]);
    await w.ledger.check();
  });

  it("is refused when it is sent plainly", async () => {
    const w = await freshWorld();
    const sent = w.stranger.sendTransaction({ to: w.address, value: UNIT });
    expect(await sent.catch((error: Error) => error)).to.be.instanceOf(Error);
  });
});

describe("Attack: everyone leaves", () => {
  it("leaves nothing behind but what was burned", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [one, two, three] = w.operators;
    const good = await w.commit(await w.claim(workflow, one!, range(0, 3)));
    const bad = await w.commit(await w.claim(workflow, two!, [3, 4]), { wrong: [4] });
    const late = await w.claim(workflow, three!, [5, 6]);
    await w.send(w.challenger, "challenge", w.challengeArgs(bad, 4));
    await time.increaseTo(workflow.deadline + 901);
    await w.send(w.stranger, "expire", [three!.address, 0, late.ticket]);
    await w.settle(good);
    await w.settle(bad);
    await w.send(w.stranger, "payFee", [workflow.id]);
    await w.send(w.stranger, "refund", [workflow.id]);
    for (const operator of w.operators)
      await w.send(operator, "startUnbonding", [(await w.account(operator.address)).free]);
    await time.increase(UNBONDING_DELAY + 1);
    for (const operator of w.operators) await w.send(operator, "withdrawStake", [operator.address]);
    for (const account of [one!, two!, w.challenger, w.requester, w.coordinator, w.stranger])
      await w.send(account, "withdrawOwed", [account.address]);
    expect(await ethers.provider.getBalance(w.address)).to.equal(w.ledger.burned * UNIT);
    expect(w.ledger.burned).to.equal(151n);
  });
});

describe("Attack: a signature's malleable twin", () => {
  it("fails", async () => {
    const w = await freshWorld();
    const offer = await w.offer(await w.open(), w.operators[0]!, [0]);
    const { r, s, v } = ethers.Signature.from(offer.signature);
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const twin = ethers.concat([
      r,
      ethers.toBeHex(order - BigInt(s), 32),
      ethers.toBeHex(v === 27 ? 28 : 27),
    ]);
    const call = w.claimCall({ ...offer, signature: twin });
    await w.refuses(w.operators[0]!, "advance", [[], [], [call]], ...refusedSignature(w));
  });
});

describe("Attack: a coordinator with code", () => {
  it("is asked by a static call, so an account that is no signer signs nothing", async () => {
    const w = await freshWorld();
    const receiver = await deploy("HostileReceiver");
    const workflow = await w.open();
    await w.send(w.requester, "replaceCoordinator", [workflow.id, await receiver.getAddress()]);
    const offer = await w.offer(workflow, w.operators[0]!, [0]);
    await w.refuses(
      w.operators[0]!,
      "advance",
      [[], [], [w.claimCall(offer)]],
      "SignatureInvalid",
      [await receiver.getAddress()],
    );
  });
});
