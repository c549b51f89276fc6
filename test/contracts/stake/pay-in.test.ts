import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { minimumEscrow } from "../../../protocol/terms";
import { deploy } from "../support/contract";
import { told } from "../support/events";
import { freshWorld, MIN_STAKE, UNBONDING_DELAY, UNIT, type World } from "../support/world";

const MOST = (1n << 64n) - 1n;

/** Every call that takes money, in front of its amount; and an amount that it takes. */
async function payIns(w: World): Promise<[string, unknown[], bigint][]> {
  const { id } = await w.open();
  const steps = w.steps();
  const terms = await w.terms();
  return [
    ["deposit", [w.stranger.address], MIN_STAKE],
    ["openWorkflow", [terms, steps], minimumEscrow(steps, 0)],
    ["topUp", [id], 5n],
  ];
}

describe("A pay-in in the native currency", () => {
  it("is refused with a wei more or less than its amount says, or without any value", async () => {
    const w = await freshWorld();
    for (const [name, args, amount] of await payIns(w)) {
      for (const value of [0n, amount * UNIT - 1n, amount * UNIT + 1n, (amount + 1n) * UNIT])
        await w.refuses(w.stranger, name, [...args, amount], "AmountInvalid", [value], { value });
      await w.send(w.stranger, name, [...args, amount], { value: amount * UNIT });
    }
  });

  it("is refused with an amount of zero", async () => {
    const w = await freshWorld();
    const [deposit, , topUp] = await payIns(w);
    for (const [name, args] of [deposit!, topUp!])
      await w.refuses(w.stranger, name, [...args, 0n], "AmountInvalid", [0]);
  });

  it("is refused if the market would hold more than 64 bits of units with it, and taken up to there", async () => {
    const w = await freshWorld();
    const balance = ethers.toQuantity(2n ** 100n);
    await ethers.provider.send("hardhat_setBalance", [w.stranger.address, balance]);
    const room = MOST - ((await w.market.held()) as bigint);
    const deposit = (amount: bigint): [unknown[], { value: bigint }] => [
      [w.stranger.address, amount],
      { value: amount * UNIT },
    ];
    const [args, value] = deposit(room + 1n);
    await w.refuses(w.stranger, "deposit", args, "AmountInvalid", [room + 1n], value);
    await w.send(w.stranger, "deposit", ...deposit(room));
    expect(await w.market.held()).to.equal(MOST);
    const [one, unit] = deposit(1n);
    await w.refuses(w.stranger, "deposit", one, "AmountInvalid", [1], unit);
    await w.send(w.operators[0]!, "startUnbonding", [5]);
    await time.increase(UNBONDING_DELAY + 1);
    await w.send(w.operators[0]!, "withdrawStake", [w.operators[0]!.address]);
    await w.send(w.stranger, "deposit", ...deposit(5n));
  });

  it("says who paid, for whom, and how much", async () => {
    const w = await freshWorld();
    const value = MIN_STAKE * UNIT;
    const args = [w.stranger.address, MIN_STAKE];
    const [event] = await w.send(w.requester, "deposit", args, { value });
    expect(told(event!)).to.deep.equal({
      name: "StakeDeposited",
      operator: w.stranger.address,
      from: w.requester.address,
      amount: MIN_STAKE,
    });
    const { id } = await w.open();
    const [more] = await w.send(w.stranger, "topUp", [id, 3n], { value: 3n * UNIT });
    expect(told(more!)).to.deep.equal({
      name: "EscrowToppedUp",
      workflow: BigInt(id),
      amount: 3n,
    });
  });
});

describe("Calls that take no money", () => {
  it("are refused with any, at the market's address", async () => {
    const w = await freshWorld();
    const { id } = await w.open();
    const calls: [string, unknown[]][] = [
      ["advance", ["0x0003000000"]],
      ["advanceFor", [w.stranger.address, "0x0003000000"]],
      ["startUnbonding", [1]],
      ["withdrawStake", [w.stranger.address]],
      ["withdrawOwed", [w.stranger.address]],
      ["setDelegate", [w.stranger.address]],
      ["cancel", [id]],
      ["finish", [id]],
      ["refund", [id]],
      ["payFee", [id]],
      ["takeSeats", [ethers.ZeroHash, 1]],
      ["declareSilent", [id]],
    ];
    for (const [name, args] of calls) {
      const data = w.market.interface.encodeFunctionData(name, args);
      const sent = w.requester.sendTransaction({ to: w.address, data, value: 1n });
      await expect(sent, name).to.be.revertedWithoutReason();
    }
    await w.ledger.check();
  });
});

describe("A withdrawal of stake", () => {
  it("stays unbonded when the receiver refuses it", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const receiver = await deploy("HostileReceiver");
    await receiver.set(ethers.ZeroAddress, "0x", true);
    const to = await receiver.getAddress();
    await w.send(operator!, "startUnbonding", [1_000]);
    await time.increase(UNBONDING_DELAY + 1);
    await w.refuses(operator!, "withdrawStake", [to], "PaymentFailed", [to]);
    expect((await w.market.unbondingOf(operator!.address))[0]).to.equal(1_000n);
    await w.send(operator!, "withdrawStake", [operator!.address]);
  });
});
