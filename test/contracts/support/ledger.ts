import { expect } from "chai";
import type { LogDescription } from "ethers";
import { ethers } from "hardhat";
import type { Hex } from "viem";
import { decodeFacts } from "../../../protocol/operations";
import type { StepTerms } from "../../../protocol/terms";
import { countOf, unpackTicket, type Ticket } from "../../../protocol/ticket";
import type { AnyContract } from "./contract";
import { CourtLedger } from "./ledger-court";
import type { Books, Escrow, Held, LedgerAccount } from "./ledger-books";

// An independent bookkeeper: it knows events only, and after every call the contract must agree with it to the unit.

/** Replays the market's events into balances. Amounts in units. */
export class Ledger implements Books {
  readonly accounts = new Map<string, LedgerAccount>();
  readonly workflows = new Map<bigint, Escrow>();
  readonly slots = new Map<string, Held>();
  private readonly court = new CourtLedger(this);
  burned = 0n;
  in = 0n;
  out = 0n;
  private next = 0;

  constructor(private readonly market: AnyContract) {}

  account(address: string): LedgerAccount {
    let account = this.accounts.get(address);
    if (!account) {
      account = { free: 0n, locked: 0n, owed: 0n, unbonding: 0n };
      this.accounts.set(address, account);
    }
    return account;
  }

  /** Reads new events and holds every balance of the contract against them. */
  async check(): Promise<void> {
    this.court.minStake ||= await this.market.MIN_STAKE();
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
          coordinator: args.coordinator,
          tasks: args.steps.reduce((sum: number, s: StepTerms) => sum + Number(s.maxTasks), 0),
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
      case "CoordinatorReplaced":
        this.workflows.get(args.workflow)!.coordinator = args.coordinator;
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
    const held = this.slots.get(`${args.operator}:${args.slot}`);
    switch (name) {
      case "Advanced":
        return this.advanced(args.operator, args.facts);
      case "FinalAccepted":
        operator!.locked -= args.bond;
        operator!.free += args.bond;
        operator!.owed += args.pay;
        held!.count = 0n;
        this.workflows.get(args.workflow)!.paid += args.pay;
        break;
      case "Released": {
        const count = ones(args.mask);
        held!.count -= count;
        operator!.locked -= held!.bond * count;
        operator!.free += held!.bond * count - args.penalty;
        this.burned += args.penalty;
        break;
      }
      case "Expired": {
        const count = ones(args.mask);
        held!.count -= count;
        expect(args.penalty).to.equal(args.gasRefund + args.burned);
        operator!.locked -= held!.bond * count;
        operator!.free += held!.bond * count - args.penalty;
        this.account(args.by).owed += args.gasRefund;
        this.burned += args.burned;
        break;
      }
      default:
        this.court.apply(name, args, held);
    }
  }

  /** A claim of an operator's slot. */
  put(address: string, slot: number, ticket: Ticket): void {
    const { workflow, price, bond, mask } = unpackTicket(ticket);
    const count = BigInt(countOf(mask));
    const none = { committed: false, removed: 0n, voided: 0n };
    const held = { workflow: BigInt(workflow), price, bond, count, ...none };
    this.slots.set(`${address}:${slot}`, held);
    this.account(address).free -= bond * count;
    this.account(address).locked += bond * count;
  }

  private advanced(address: string, facts: Hex): void {
    const operator = this.account(address);
    const at = (slot: number) => `${address}:${slot}`;
    const { settles, commits, claims } = decodeFacts(facts);
    for (const slot of settles) {
      const { workflow, bond, price, count, removed, voided } = this.slots.get(at(slot))!;
      const bonds = (count - removed) * bond;
      const pay = (count - removed - voided) * price;
      operator.locked -= bonds;
      operator.free += bonds;
      operator.owed += pay;
      this.workflows.get(workflow)!.paid += pay;
      this.slots.delete(at(slot));
    }
    for (const { fromSlot, slot, subMask } of commits) {
      const whole = this.slots.get(at(fromSlot))!;
      const part = fromSlot !== slot;
      if (part) whole.count -= ones(subMask);
      const count = part ? ones(subMask) : whole.count;
      this.slots.set(at(slot), { ...whole, count, committed: true });
    }
    for (const { slot, ticket } of claims) this.put(address, slot, ticket);
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
      let spent = 0n;
      for (let word = 0; word * 192 < w.tasks; word++)
        spent += (await this.market.taskWordOf(id, word)).spent;
      expect(spent, `spent of workflow ${id}`).to.equal(w.paid + this.live(id));
    }
    expect(held, "conservation").to.equal(this.in - this.out);
    expect(await this.market.held()).to.equal(held);
    const unit: bigint = await this.market.UNIT();
    expect(await this.balance(), "the contract holds what it owes").to.equal(held * unit);
  }

  /** Prices of a workflow's tasks that are claimed, committed or in dispute. */
  private live(workflow: bigint): bigint {
    let sum = this.court.live(workflow);
    for (const held of this.slots.values())
      if (held.workflow === workflow) sum += (held.count - held.removed - held.voided) * held.price;
    return sum;
  }

  private async balance(): Promise<bigint> {
    const [token, address] = [await this.market.TOKEN(), await this.market.getAddress()];
    if (token === ethers.ZeroAddress) return ethers.provider.getBalance(address);
    const contract = await ethers.getContractAt("IERC20", token);
    return contract.getFunction("balanceOf")(address);
  }
}

const ones = (mask: bigint): bigint => BigInt(mask.toString(2).replaceAll("0", "").length);
