import { expect } from "chai";
import { encodeBytes32String } from "ethers";
import { ethers } from "hardhat";
import { deploy } from "./support/contract";
import { MIN_STAKE, UNBONDING_DELAY, UNIT } from "./support/world";

const FORTNIGHT = 14 * 86_400;

describe("Market's constructor", () => {
  it("fixes the parameters for ever", async () => {
    const market = await deploy("Market", [UNIT, MIN_STAKE, UNBONDING_DELAY]);
    expect(await market.UNIT()).to.equal(UNIT);
    expect(await market.MIN_STAKE()).to.equal(MIN_STAKE);
    expect(await market.UNBONDING_DELAY()).to.equal(UNBONDING_DELAY);
    expect(await market.LATE_GAS_REFUND()).to.equal(MIN_STAKE / 100n);
  });

  const refused: [string, unknown[], unknown, unknown, unknown][] = [
    ["unit", [UNIT - 1n, MIN_STAKE, UNBONDING_DELAY], UNIT - 1n, UNIT, (1n << 256n) - 1n],
    ["minStake", [UNIT, 99, UNBONDING_DELAY], 99, 100, (1n << 64n) - 1n],
    ["unbondingDelay", [UNIT, MIN_STAKE, FORTNIGHT], FORTNIGHT, FORTNIGHT + 1, 365 * 86_400],
    [
      "unbondingDelay",
      [UNIT, MIN_STAKE, 365 * 86_400 + 1],
      365 * 86_400 + 1,
      FORTNIGHT + 1,
      365 * 86_400,
    ],
  ];
  for (const [name, args, value, least, most] of refused)
    it(`refuses ${name} ${String(value)}`, async () => {
      const factory = await ethers.getContractFactory("Market");
      await expect(factory.deploy(...(args as [bigint, bigint, number])))
        .to.be.revertedWithCustomError(factory, "TermOutOfRange")
        .withArgs(encodeBytes32String(name), value, least, most);
    });

  it("fits the code size limit of EIP-170", async () => {
    const market = await deploy("Market", [UNIT, MIN_STAKE, UNBONDING_DELAY]);
    const code = await ethers.provider.getCode(await market.getAddress());
    expect((code.length - 2) / 2 <= 24_576).to.equal(true);
  });
});
