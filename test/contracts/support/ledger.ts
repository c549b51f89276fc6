import { expect } from "chai";
import type { LogDescription } from "ethers";
import { ethers } from "hardhat";
import type { AnyContract } from "./contract";

// An independent bookkeeper: it knows events only, and after every call the contract must agree with it to the unit.

interface Account {
  free: bigint;
  locked: bigint;
  owed: bigint;
  unbonding: bigint;
}
interface Escrow {
  requester: string;
  in: bigint;
  refunded: bigint;
  fee: bigint;
  paid: bigint;
}

/** Replays the market's events into balances. Amounts in units. */
export class Ledger {
  readonly accounts = new Map<string, Account>();
  readonly workflows = new Map<bigint, Escrow>();
  private readonly bonds = new Map<string, { each: bigint; mask: bigint }>();
  burned = 0n;
  in = 0n;
  out = 0n;
  private next = 0;

  constructor(private readonly market: AnyContract) {}

  account(address: string): Account {
    let account = this.accounts.get(address);
    if (!account) {
      account = { free: 0n, locked: 0n, owed: 0n, unbonding: 0n };
      this.accounts.set(address, account);
    }
    return account;
  }

  /** Reads new events and holds every balance of the contract against them. */
  async check(): Promise<void> {
    const latest = await ethers.provider.getBlockNumber();
    if (this.next <= latest) {
      const address = await this.market.getAddress();
      const logs = await ethers.provider.getLogs({
        address,
        fromBlock: this.next,
        toBlock: latest,
      });
      for (const log of logs) this.apply(this.market.interface.parseLog(log)!);
      this.next = latest + 1;
    }
    await this.compare();
  }

  private apply({ name, args }: LogDescription): void {
    switch (name) {
      case "StakeDeposited":
        this.account(args.operator).free += args.amount;
        this.in += args.amount;
        break;
      case "UnbondingStarted":
        this.account(args.operator).free -= args.amount;
        this.account(args.operator).unbonding += args.amount;
        break;
      case "StakeWithdrawn":
        this.account(args.operator).unbonding -= args.amount;
        this.out += args.amount;
        break;
      case "OwedWithdrawn":
        this.account(args.account).owed -= args.amount;
        this.out += args.amount;
        break;
      case "WorkflowOpened":
        this.workflows.set(args.workflow, {
          requester: args.requester,
          in: args.escrow,
          refunded: 0n,
          fee: 0n,
          paid: 0n,
        });
        this.in += args.escrow;
        break;
      case "EscrowToppedUp":
        this.workflows.get(args.workflow)!.in += args.amount;
        this.in += args.amount;
        break;
      case "EscrowRefunded": {
        const escrow = this.workflows.get(args.workflow)!;
        escrow.refunded += args.amount;
        this.account(escrow.requester).owed += args.amount;
        break;
      }
      case "FeePaid":
        this.workflows.get(args.workflow)!.fee += args.amount;
        this.account(args.coordinator).owed += args.amount;
        break;
      default:
        this.applyWork(name, args);
    }
  }

  private applyWork(name: string, args: LogDescription["args"]): void {
    const operator = args.operator === undefined ? undefined : this.account(args.operator);
    const key = `${args.operator}:${args.slot}`;
    switch (name) {
      case "Claimed": {
        const each = (args.ticket.head >> 48n) & ((1n << 56n) - 1n);
        const mask = args.ticket.tail & ((1n << 192n) - 1n);
        this.bonds.set(key, { each, mask });
        operator!.free -= each * ones(mask);
        operator!.locked += each * ones(mask);
        break;
      }
      case "Settled":
      case "FinalAccepted":
        operator!.locked -= args.bond;
        operator!.free += args.bond;
        operator!.owed += args.pay;
        this.workflows.get(args.workflow)!.paid += args.pay;
        break;
      case "Released": {
        const bonds = this.bonds.get(key)!.each * ones(args.mask);
        operator!.locked -= bonds;
        operator!.free += bonds;
        break;
      }
      case "Expired": {
        const bonds = this.bonds.get(key)!.each * ones(args.mask);
        expect(args.penalty).to.equal(args.gasRefund + args.burned);
        operator!.locked -= bonds;
        operator!.free += bonds - args.penalty;
        this.account(args.by).owed += args.gasRefund;
        this.burned += args.burned;
        break;
      }
      case "Struck":
        expect(args.bond).to.equal(args.toChallenger + args.toRequester + args.burned);
        operator!.locked -= args.bond;
        this.account(args.challenger).owed += args.toChallenger;
        this.account(this.workflows.get(args.workflow)!.requester).owed += args.toRequester;
        this.burned += args.burned;
        break;
    }
  }

  private async compare(): Promise<void> {
    let held: bigint = this.burned;
    for (const [address, account] of this.accounts) {
      const [free, locked, owed] = await this.market.accountOf(address);
      const [unbonding] = await this.market.unbondingOf(address);
      expect([free, locked, owed, unbonding], `account ${address}`).to.deep.equal([
        account.free,
        account.locked,
        account.owed,
        account.unbonding,
      ]);
      held += free + locked + owed + unbonding;
    }
    for (const [id, w] of this.workflows) {
      const { escrow, refunded }: { escrow: bigint; refunded: bigint } =
        await this.market.workflowOf(id);
      expect([escrow, refunded], `workflow ${id}`).to.deep.equal([w.in, w.refunded]);
      const left: bigint = escrow - refunded - w.fee - w.paid;
      expect(left >= 0n, `workflow ${id} pays more than its escrow`).to.equal(true);
      held += left;
    }
    expect(held, "conservation").to.equal(this.in - this.out);
    const unit: bigint = await this.market.UNIT();
    const balance = await ethers.provider.getBalance(await this.market.getAddress());
    expect(balance, "the contract holds what it owes").to.equal(held * unit);
  }
}

const ones = (mask: bigint): bigint => BigInt(mask.toString(2).replaceAll("0", "").length);
