import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import type { Signer } from "ethers";
import { ethers } from "hardhat";
import { deploy, type AnyContract } from "./contract";
import { Ledger } from "./ledger";
import { World, worldParts } from "./world";

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
  const token = await deploy(tokenName);
  const change = { token: await token.getAddress(), unit: TOKEN_UNIT };
  const w = new TokenWorld(...(await worldParts(change)));
  w.token = token;
  for (const account of [w.requester, w.stranger, ...w.operators]) {
    await token.getFunction("mint").send(account.address, WEALTH * TOKEN_UNIT);
    if (tokenName === "PermitToken")
      await (token.connect(account) as AnyContract).approve(w.address, ethers.MaxUint256);
  }
  for (const operator of w.operators) await w.send(operator, "deposit", [operator.address, STAKE]);
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
