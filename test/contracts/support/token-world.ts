import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import type { Signer } from "ethers";
import { ethers } from "hardhat";
import type { Hex } from "viem";
import { deploy, type AnyContract } from "./contract";
import { Ledger } from "./ledger";
import { deployMarketContracts, World, type Account } from "./world";

/** The token's smallest units of one unit. */
export const TOKEN_UNIT = 1_000n;
/** What everybody has at first, in units. */
export const WEALTH = 1_000_000_000n;
const STAKE = 10_000_000n;

/** A market in a token: calls carry no value. */
export class TokenWorld extends World {
  token!: AnyContract;

  override send(account: Signer, name: string, args: unknown[]) {
    return super.send(account, name, args);
  }

  tokensOf(account: { address: string } | string): Promise<bigint> {
    return this.token.balanceOf(typeof account === "string" ? account : account.address);
  }
}

async function deployWith(tokenName: string): Promise<TokenWorld> {
  const [requester, coordinator, challenger, stranger, ...rest] =
    (await ethers.getSigners()) as unknown as Account[];
  const token = await deploy(tokenName);
  const market = await deployMarketContracts({
    token: await token.getAddress(),
    unit: TOKEN_UNIT,
  });
  const echo = await deploy("EchoVerifier");
  const operators = rest.slice(0, 3);
  const w = new TokenWorld(
    market,
    await echo.getAddress(),
    requester!,
    coordinator!,
    operators,
    challenger!,
    stranger!,
    31337,
    (await market.getAddress()) as Hex,
  );
  w.token = token;
  for (const account of [requester!, stranger!, ...operators]) {
    await token.getFunction("mint").send(account.address, WEALTH * TOKEN_UNIT);
    if (tokenName === "PermitToken")
      await (token.connect(account) as AnyContract).approve(w.address, ethers.MaxUint256);
  }
  for (const operator of operators) await w.send(operator, "deposit", [operator.address, STAKE]);
  return w;
}

const deployPermit = () => deployWith("PermitToken");
const deployHostile = () => deployWith("HostileToken");

async function fresh(make: () => Promise<TokenWorld>): Promise<TokenWorld> {
  const w = await loadFixture(make);
  w.ledger = new Ledger(w.market);
  await w.ledger.check();
  return w;
}

/** A market in a token as it should be, with three staked operators. */
export const freshTokenWorld = (): Promise<TokenWorld> => fresh(deployPermit);

/** A market in a token that can be told to misbehave. */
export const freshHostileWorld = (): Promise<TokenWorld> => fresh(deployHostile);
