import { expect } from "chai";
import { encodeBytes32String } from "ethers";
import { ethers } from "hardhat";
import {
  deployMarketContracts,
  LATE_CLAIMS,
  MIN_STAKE,
  UNBONDING_DELAY,
  UNIT,
} from "./support/world";

const FORTNIGHT = 14 * 86_400;
const MOST = (1n << 256n) - 1n;

describe("Market's constructor", () => {
  it("fixes the parameters for ever", async () => {
    const market = await deployMarketContracts({});
    expect(await market.TOKEN()).to.equal(ethers.ZeroAddress);
    expect(await market.UNIT()).to.equal(UNIT);
    expect(await market.MIN_STAKE()).to.equal(MIN_STAKE);
    expect(await market.UNBONDING_DELAY()).to.equal(UNBONDING_DELAY);
    expect(await market.LATE_CLAIMS()).to.equal(LATE_CLAIMS);
    expect(await market.LATE_GAS_REFUND()).to.equal(MIN_STAKE / 100n);
  });

  type Change = Parameters<typeof deployMarketContracts>[0];
  const refused: [keyof Change, Change, unknown, unknown, unknown][] = [
    ["unit", { unit: UNIT - 1n }, UNIT - 1n, UNIT, MOST],
    ["unit", { token: `0x${"11".repeat(20)}`, unit: 0n }, 0, 1, MOST],
    ["minStake", { minStake: 99n }, 99, 100, (1n << 64n) - 1n],
    ["unbondingDelay", { unbondingDelay: FORTNIGHT }, FORTNIGHT, FORTNIGHT + 1, 365 * 86_400],
    [
      "unbondingDelay",
      { unbondingDelay: 365 * 86_400 + 1 },
      365 * 86_400 + 1,
      FORTNIGHT + 1,
      365 * 86_400,
    ],
    ["lateClaims", { lateClaims: 86_401 }, 86_401, 0, 86_400],
  ];
  for (const [name, change, value, least, most] of refused)
    it(`refuses ${name} ${String(value)}`, async () => {
      const court = await ethers.getContractFactory("MarketCourt");
      await expect(deployMarketContracts(change))
        .to.be.revertedWithCustomError(court, "TermOutOfRange")
        .withArgs(encodeBytes32String(name), value, least, most);
    });

  it("fits the code size limit of EIP-170, with all its three parts", async () => {
    const market = await deployMarketContracts({});
    const front = await ethers.getContractAt("Market", await market.getAddress());
    const extension = await ethers.getContractAt(
      "MarketExtension",
      await front.getFunction("EXTENSION").staticCall(),
    );
    for (const part of [
      front,
      extension,
      { target: await extension.getFunction("COURT").staticCall() },
    ]) {
      const code = await ethers.provider.getCode(part.target);
      expect((code.length - 2) / 2).to.be.within(1_000, 24_576);
    }
  });

  it("takes no ether without a call, and none at the addresses of its parts", async () => {
    const market = await deployMarketContracts({});
    const [sender] = await ethers.getSigners();
    const paid = sender!.sendTransaction({ to: await market.getAddress(), value: UNIT });
    await expect(paid).to.be.revertedWithCustomError(market, "AmountInvalid").withArgs(UNIT);
    const front = await ethers.getContractAt("Market", await market.getAddress());
    const extension = await ethers.getContractAt(
      "MarketExtension",
      await front.getFunction("EXTENSION").staticCall(),
    );
    await expect(
      extension.getFunction("deposit").send(sender!.address, 1_000_000n, {
        value: 1_000_000n * UNIT,
      }),
    ).to.be.revertedWithCustomError(extension, "NotTheMarket");
  });
});
