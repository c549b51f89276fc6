import { expect } from "chai";
import type { ContractTransactionReceipt, LogDescription, Signer } from "ethers";
import type { Hex } from "viem";
import type { AnyContract } from "./contract";
import { Ledger } from "./ledger";
import type { Account } from "./scenario";

type Overrides = Partial<Record<"value", bigint>>;

/** A deployed market with its people: calls to it, after each of which the books are checked. */
export class Caller {
  ledger: Ledger;
  constructor(
    readonly market: AnyContract,
    readonly echo: string,
    readonly requester: Account,
    readonly coordinator: Account,
    readonly operators: Account[],
    readonly challenger: Account,
    readonly stranger: Account,
    readonly chainId: number,
    readonly address: Hex,
  ) {
    this.ledger = new Ledger(market);
  }

  as(account: Signer): AnyContract {
    return this.market.connect(account) as AnyContract;
  }

  /** Sends a call, checks conservation after it. @returns the market's events by name */
  async send(account: Signer, name: string, args: unknown[], overrides: Overrides = {}) {
    const tx = await this.as(account)
      .getFunction(name)
      .send(...args, overrides);
    const receipt = (await tx.wait()) as ContractTransactionReceipt;
    await this.ledger.check();
    return this.eventsOf(receipt);
  }

  eventsOf(receipt: ContractTransactionReceipt): LogDescription[] {
    return receipt.logs
      .map((log) => this.market.interface.parseLog(log))
      .filter((log) => log !== null);
  }

  /** Expects a call to revert with a custom error of the market, with these arguments if given. */
  async refuses(
    account: Signer,
    name: string,
    args: unknown[],
    error: string,
    errorArgs?: unknown[],
    overrides: Overrides = {},
  ) {
    const call = this.as(account)
      .getFunction(name)
      .send(...args, overrides);
    if (errorArgs)
      await expect(call)
        .to.be.revertedWithCustomError(this.market, error)
        .withArgs(...errorArgs);
    else await expect(call).to.be.revertedWithCustomError(this.market, error);
    await this.ledger.check();
  }

  async account(address: string): Promise<{ free: bigint; locked: bigint; owed: bigint }> {
    const [free, locked, owed] = await this.market.accountOf(address);
    return { free, locked, owed };
  }
}
