import { expect } from "chai";
import { ethers } from "hardhat";
import { minimumEscrow } from "../../../protocol/terms";
import { time } from "@nomicfoundation/hardhat-network-helpers";
import { deploy, type AnyContract } from "../support/contract";
import { told } from "../support/events";
import { freshTokenWorld, TOKEN_UNIT, WEALTH, type TokenWorld } from "../support/token-world";
import { freshWorld, MIN_STAKE, type Account } from "../support/world";

interface Permit {
  value: bigint;
  deadline: number;
  v: number;
  r: string;
  s: string;
}

/** A permit for some units, signed. */
async function permit(w: TokenWorld, owner: Account, units: bigint): Promise<Permit> {
  const value = units * TOKEN_UNIT;
  const deadline = (await time.latest()) + 100_000;
  const domain = {
    name: "Token",
    version: "1",
    chainId: w.chainId,
    verifyingContract: await w.token.getAddress(),
  };
  const types = {
    Permit: [
      { name: "owner", type: "address" },
      { name: "spender", type: "address" },
      { name: "value", type: "uint256" },
      { name: "nonce", type: "uint256" },
      { name: "deadline", type: "uint256" },
    ],
  };
  const nonce = await w.token.nonces(owner.address);
  const message = { owner: owner.address, spender: w.address, value, nonce, deadline };
  const { v, r, s } = ethers.Signature.from(await owner.signTypedData(domain, types, message));
  return { value, deadline, v, r, s };
}

const argsOf = (
  w: TokenWorld,
  { value, deadline, v, r, s }: Permit,
  name: string,
  args: unknown[],
) => [value, deadline, v, r, s, w.market.interface.encodeFunctionData(name, args)];

/** A market where the stranger has tokens, but has allowed nothing. */
async function withoutAllowance() {
  const w = await freshTokenWorld();
  await (w.token.connect(w.stranger) as AnyContract).approve(w.address, 0);
  const owner = w.stranger;
  const send = (p: Permit, name: string, args: unknown[]) =>
    w.send(owner, "permitAndCall", argsOf(w, p, name, args));
  return { w, owner, send };
}

describe("Market.permitAndCall", () => {
  it("deposits with an allowance by signature, in one transaction", async () => {
    const { w, owner, send } = await withoutAllowance();
    const signed = await permit(w, owner, MIN_STAKE);
    const events = await send(signed, "deposit", [owner.address, MIN_STAKE]);
    expect(events.map(told)).to.deep.equal([
      {
        name: "StakeDeposited",
        operator: owner.address,
        from: owner.address,
        amount: MIN_STAKE,
      },
    ]);
    expect(await w.tokensOf(owner)).to.equal((WEALTH - MIN_STAKE) * TOKEN_UNIT);
    expect(await w.token.allowance(owner.address, w.address)).to.equal(0n);
  });

  it("opens a workflow as the caller, and answers with what the call answers", async () => {
    const { w, owner, send } = await withoutAllowance();
    const steps = w.steps();
    const escrow = minimumEscrow(steps, 0);
    const terms = await w.terms();
    const signed = await permit(w, owner, escrow + 5n);
    const args = argsOf(w, signed, "openWorkflow", [terms, steps, escrow]);
    const answer = await w
      .as(owner)
      .getFunction("permitAndCall")
      .staticCall(...args);
    expect(BigInt(answer)).to.equal(1n);
    const events = await w.send(owner, "permitAndCall", args);
    expect(events[0]!.args.requester).to.equal(owner.address);
    await send(await permit(w, owner, 5n), "topUp", [1, 5n]);
    expect((await w.market.workflowOf(1)).escrow).to.equal(escrow + 5n);
  });

  it("works although somebody else has used the permit before", async () => {
    const { w, owner, send } = await withoutAllowance();
    const signed = await permit(w, owner, MIN_STAKE);
    const { value, deadline, v, r, s } = signed;
    const thief = w.token.connect(w.challenger) as AnyContract;
    await thief.permit(owner.address, w.address, value, deadline, v, r, s);
    await send(signed, "deposit", [owner.address, MIN_STAKE]);
    expect((await w.account(owner.address)).free).to.equal(MIN_STAKE);
  });

  it("fails like the call itself without a good permit", async () => {
    const { w, owner } = await withoutAllowance();
    const signed = await permit(w, w.operators[0]!, MIN_STAKE);
    const args = argsOf(w, signed, "deposit", [owner.address, MIN_STAKE]);
    const call = w
      .as(owner)
      .getFunction("permitAndCall")
      .send(...args);
    await expect(call).to.be.revertedWithCustomError(w.token, "ERC20InsufficientAllowance");
    await w.ledger.check();
  });

  it("takes the caller's tokens only, whoever's permit it brings", async () => {
    const { w, owner } = await withoutAllowance();
    const victim = w.operators[0]!;
    const before = await w.tokensOf(victim);
    const args = argsOf(w, await permit(w, victim, MIN_STAKE), "deposit", [
      w.challenger.address,
      MIN_STAKE,
    ]);
    const call = w
      .as(owner)
      .getFunction("permitAndCall")
      .send(...args);
    expect(await call.catch((error: Error) => error)).to.be.instanceOf(Error);
    expect(await w.tokensOf(victim)).to.equal(before);
  });

  it("passes the call's own error on", async () => {
    const { w, owner } = await withoutAllowance();
    const signed = await permit(w, owner, MIN_STAKE);
    const few = argsOf(w, signed, "deposit", [owner.address, MIN_STAKE - 1n]);
    await w.refuses(owner, "permitAndCall", few, "StakeBelowMinimum", [MIN_STAKE - 1n, MIN_STAKE]);
    const foreign = argsOf(w, signed, "advanceFor", [w.operators[0]!.address, "0x0003000000"]);
    await w.refuses(owner, "permitAndCall", foreign, "NotOperator", [
      owner.address,
      w.operators[0]!.address,
    ]);
    const nested = argsOf(w, signed, "permitAndCall", few);
    await w.refuses(owner, "permitAndCall", nested, "StakeBelowMinimum");
  });

  it("refuses in a market of the native currency", async () => {
    const w = await freshWorld();
    const data = w.market.interface.encodeFunctionData("setDelegate", [w.stranger.address]);
    const args = [0, 0, 27, ethers.ZeroHash, ethers.ZeroHash, data];
    await w.refuses(w.stranger, "permitAndCall", args, "NotAToken", []);
  });
});

describe("The market's parts at their own addresses", () => {
  it("take no money: it would be in nobody's account", async () => {
    const w = await freshTokenWorld();
    const token = await w.token.getAddress();
    const parameters = {
      token,
      unit: TOKEN_UNIT,
      minStake: MIN_STAKE,
      unbondingDelay: 15 * 86_400,
      lateClaims: 0,
    };
    const court = await deploy("MarketCourt", [parameters]);
    const extension = await deploy("MarketExtension", [await court.getAddress()]);
    const address = await extension.getAddress();
    const mine = w.token.connect(w.stranger) as AnyContract;
    await mine.approve(address, ethers.MaxUint256);
    const direct = new ethers.Contract(address, w.market.interface, w.stranger);
    const deposit = [w.stranger.address, MIN_STAKE];
    await expect(direct.getFunction("deposit").send(...deposit)).to.be.revertedWithCustomError(
      w.market,
      "NotTheMarket",
    );
    const data = w.market.interface.encodeFunctionData("deposit", deposit);
    const permitted = [0, 0, 27, ethers.ZeroHash, ethers.ZeroHash, data];
    await expect(
      direct.getFunction("permitAndCall").send(...permitted),
    ).to.be.revertedWithCustomError(w.market, "NotTheMarket");
    expect(await w.tokensOf(address)).to.equal(0n);
  });
});
