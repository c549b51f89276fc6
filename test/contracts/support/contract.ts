import type { BaseContract } from "ethers";
import { ethers } from "hardhat";

/** A contract whose functions are called by name, without generated types. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyContract = BaseContract & Record<string, any>;

/** Deploys a contract of this repository. */
export function deploy(name: string, args: unknown[] = []): Promise<AnyContract> {
  return ethers.deployContract(name, args) as unknown as Promise<AnyContract>;
}
