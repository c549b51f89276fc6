import { expect } from "chai";
import { ethers } from "hardhat";
import type { Hex } from "viem";
import { marketDomain, TYPES } from "../../../protocol/eip712";
import { ticketHash } from "../../../protocol/ticket";
import type { AnyContract } from "../support/contract";
import {
  freshWorld,
  LATE_CLAIMS,
  MIN_STAKE,
  UNBONDING_DELAY,
  UNIT,
  type World,
} from "../support/world";

// The market is three contracts that run as one: Market, behind it MarketExtension, behind that MarketCourt.

/** The market's functions at its parts' own addresses. */
async function partsOf(w: World): Promise<{ extension: AnyContract; court: AnyContract }> {
  const front = await ethers.getContractAt("Market", w.address);
  const extension: string = await front.getFunction("EXTENSION").staticCall();
  const back = await ethers.getContractAt("MarketExtension", extension);
  const court: string = await back.getFunction("COURT").staticCall();
  const at = (address: string) =>
    new ethers.Contract(address, w.market.interface, w.stranger) as unknown as AnyContract;
  return { extension: at(extension), court: at(court) };
}

describe("The market's parts", () => {
  it("take no money by their own addresses, with any call", async () => {
    const w = await freshWorld();
    const steps = w.steps();
    const terms = await w.terms();
    const escrow = 1_000_000n;
    const calls: [string, unknown[], bigint][] = [
      ["deposit", [w.stranger.address, MIN_STAKE], MIN_STAKE],
      ["openWorkflow", [terms, steps, escrow], escrow],
      ["topUp", [1, 5n], 5n],
    ];
    const { extension, court } = await partsOf(w);
    for (const [name, args, amount] of calls) {
      const value = amount * UNIT;
      const sent = extension.getFunction(name).send(...args, { value });
      await expect(sent, name).to.be.revertedWithCustomError(w.market, "NotTheMarket");
      await expect(court.getFunction(name).send(...args, { value })).to.be.revertedWithoutReason();
    }
  });

  it("take no money that is sent plainly, and neither does the market", async () => {
    const w = await freshWorld();
    const { extension, court } = await partsOf(w);
    for (const part of [extension, court])
      await expect(
        w.stranger.sendTransaction({ to: await part.getAddress(), value: UNIT }),
      ).to.be.revertedWithoutReason();
    await expect(w.stranger.sendTransaction({ to: w.address, value: UNIT }))
      .to.be.revertedWithCustomError(w.market, "AmountInvalid")
      .withArgs(UNIT);
  });

  it("know nothing of what the market knows: their own storage stays empty", async () => {
    const w = await freshWorld();
    const { id } = await w.open();
    const { extension, court } = await partsOf(w);
    await expect(extension.getFunction("cancel").send(id))
      .to.be.revertedWithCustomError(w.market, "WorkflowUnknown")
      .withArgs(id);
    await expect(court.getFunction("declareSilent").send(id)).to.be.revertedWithCustomError(
      w.market,
      "WorkflowUnknown",
    );
    expect(await extension.getFunction("held").staticCall()).to.equal(0n);
  });

  it("have the parameters of the market, which it tells too", async () => {
    const w = await freshWorld();
    const abi = (await ethers.getContractFactory("MarketExtension")).interface;
    const { extension, court } = await partsOf(w);
    for (const address of [w.address, await extension.getAddress(), await court.getAddress()]) {
      const part = new ethers.Contract(address, abi, w.stranger);
      expect(await part.getFunction("parameters").staticCall()).to.deep.equal([
        ethers.ZeroAddress,
        UNIT,
        MIN_STAKE,
        BigInt(UNBONDING_DELAY),
        BigInt(LATE_CLAIMS),
      ]);
    }
  });

  it("refuse calls that none of them knows", async () => {
    const w = await freshWorld();
    for (const data of ["0x", "0x12", "0xdeadbeef", "0xdeadbeef00000000"]) {
      const sent = w.stranger.sendTransaction({ to: w.address, data });
      if (data === "0x")
        await expect(sent).to.be.revertedWithCustomError(w.market, "AmountInvalid").withArgs(0);
      else await expect(sent).to.be.revertedWithoutReason();
    }
  });

  it("check signatures under the market's address: the extension's own would be another domain", async () => {
    const w = await freshWorld();
    const { extension } = await partsOf(w);
    const claim = await w.claim(await w.open(), w.operators[0]!, [0]);
    const domain = marketDomain(w.chainId, (await extension.getAddress()) as Hex);
    const types = { Release: TYPES.Release.map((field) => ({ ...field })) };
    const message = { operator: w.operators[0]!.address, ticket: ticketHash(claim.ticket) };
    const foreign = await w.coordinator.signTypedData(domain as never, types, message);
    await w.refuses(w.operators[0]!, "release", w.releaseArgs(claim, foreign), "SignatureInvalid", [
      w.coordinator.address,
    ]);
    const signature = await w.releaseSignature(claim, 1n);
    await w.send(w.operators[0]!, "release", w.releaseArgs(claim, signature));
  });
});
