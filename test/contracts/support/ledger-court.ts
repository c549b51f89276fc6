import { expect } from "chai";
import type { LogDescription } from "ethers";
import { numberToHex, type Hex } from "viem";
import type { Books, Held } from "./ledger-books";

type Args = LogDescription["args"];

const VALID = 1n;

/** A task that has left its batch. */
interface Case {
  operator: string;
  workflow: bigint;
  price: bigint;
  bond: bigint;
  isVoid: boolean;
  caller: string;
  callerBond: bigint;
  votes: Map<string, bigint>;
}

/** @returns the name of a dispute (DisputeLib.keyOf) */
export const disputeKey = (
  workflow: bigint | number,
  task: bigint | number,
  attempt: bigint | number,
): Hex =>
  numberToHex((BigInt(workflow) << 48n) | (BigInt(task) << 16n) | BigInt(attempt), { size: 32 });

/** The part of the bookkeeping that is about disputes, juries and silence. */
export class CourtLedger {
  minStake = 0n;
  private readonly cases = new Map<Hex, Case>();
  /** Void tasks that are still in their batch. */
  private readonly voids = new Set<Hex>();

  constructor(private readonly ledger: Books) {}

  /** Prices of a workflow's tasks in dispute. */
  live(workflow: bigint): bigint {
    let sum = 0n;
    for (const one of this.cases.values())
      if (one.workflow === workflow && !one.isVoid) sum += one.price;
    return sum;
  }

  apply(name: string, args: Args, held: Held | undefined): void {
    switch (name) {
      case "Struck":
        return this.struck(args, held);
      case "Voided":
        return this.voided(args, held);
      case "Appealed":
        held!.count--;
        this.enter(args, held!);
        break;
      case "Demanded":
      case "JuryCalled":
        return this.called(args, held);
      case "Revealed":
        this.account(args.revealer).owed += args.bond;
        break;
      case "VoteOpened":
        this.cases.get(args.key)!.votes.set(args.juror, args.verdict);
        break;
      case "CaseClosed":
        return this.judged(args);
      case "CallEnded": {
        const one = this.cases.get(args.key)!;
        expect([args.caller, args.back + args.spent]).to.deep.equal([one.caller, one.callerBond]);
        this.unlock(args.caller, args.back, args.spent);
        one.callerBond = 0n;
        break;
      }
      case "DisputePaid": {
        const one = this.close(args.key);
        const pay = one.isVoid ? 0n : one.price;
        expect([args.operator, args.pay, args.bond]).to.deep.equal([one.operator, pay, one.bond]);
        this.unlock(one.operator, one.bond, 0n);
        this.account(one.operator).owed += pay;
        this.ledger.workflows.get(one.workflow)!.paid += pay;
        break;
      }
      case "DisputeVoided": {
        const one = this.close(args.key);
        expect([args.operator, args.bond]).to.deep.equal([one.operator, one.bond]);
        this.unlock(one.operator, one.bond, 0n);
        break;
      }
      default:
        this.applyRest(name, args);
    }
  }

  private applyRest(name: string, args: Args): void {
    switch (name) {
      case "SeatsTaken":
        this.lock(args.juror, args.count * this.minStake);
        break;
      case "SeatLeft":
        this.unlock(args.juror, this.minStake - args.burned, args.burned);
        this.ledger.burned += args.burned;
        break;
      case "SilenceDeclared":
        this.lock(args.by, args.bond);
        break;
      case "SilenceAnswered":
        if (args.bond === 0n) break;
        this.unlock(args.by, 0n, args.bond);
        this.account(this.ledger.workflows.get(args.workflow)!.coordinator).owed += args.bond;
        break;
      case "SilenceEnded":
        this.unlock(args.by, args.bond, 0n);
        break;
      case "OpenClaimed": {
        const { money, scope } = args.ticket;
        const { root, judgeHash } = args;
        this.ledger.put(args.operator, Number(args.slot), { money, scope, root, judgeHash });
        break;
      }
    }
  }

  private account(address: string) {
    return this.ledger.account(address);
  }

  private lock(address: string, amount: bigint): void {
    this.account(address).free -= amount;
    this.account(address).locked += amount;
  }

  private unlock(address: string, back: bigint, gone: bigint): void {
    this.account(address).locked -= back + gone;
    this.account(address).free += back;
  }

  /** A task leaves its batch, or its claim. */
  private enter(args: Args, { price, bond, workflow }: Held): Case {
    expect(this.cases.has(args.key), "one dispute at a time").to.equal(false);
    const isVoid = this.voids.delete(args.key);
    const none = { caller: "", callerBond: 0n, votes: new Map() };
    const one: Case = { operator: args.operator, workflow, price, bond, isVoid, ...none };
    this.cases.set(args.key, one);
    return one;
  }

  private called(args: Args, held: Held | undefined): void {
    let one = this.cases.get(args.key);
    if (!one) {
      one = this.enter(args, held!);
      held!.removed++;
      if (one.isVoid) held!.voided--;
    }
    expect(one.callerBond, "one call at a time").to.equal(0n);
    one.caller = args.caller;
    one.callerBond = args.bond;
    this.lock(args.caller, args.bond);
  }

  private close(key: Hex): Case {
    const one = this.cases.get(key)!;
    expect(one.callerBond, "the call ends first").to.equal(0n);
    this.cases.delete(key);
    return one;
  }

  private struck(args: Args, held: Held | undefined): void {
    const key = disputeKey(args.workflow, args.task, args.attempt);
    if (this.cases.has(key)) {
      const one = this.close(key);
      expect([args.operator, args.bond]).to.deep.equal([one.operator, one.bond]);
    } else if (held!.committed) {
      held!.removed++;
      if (this.voids.delete(key)) held!.voided--;
    } else held!.count--;
    this.unlock(args.operator, 0n, args.bond);
    this.account(args.challenger).owed += args.toChallenger;
    const { requester } = this.ledger.workflows.get(args.workflow)!;
    this.account(requester).owed += args.toRequester;
    // What the pot does not pay out stays in the contract, as what burns does.
    this.ledger.burned += BigInt(args.bond - args.toChallenger - args.toRequester);
  }

  private voided(args: Args, held: Held | undefined): void {
    const key = disputeKey(args.workflow, args.task, args.attempt);
    const one = this.cases.get(key);
    expect(one?.isVoid ?? this.voids.has(key), "void once").to.equal(false);
    if (one) one.isVoid = true;
    else {
      this.voids.add(key);
      held!.voided++;
    }
    this.account(args.operator).owed += args.compensation;
    this.ledger.burned -= args.compensation;
  }

  /** Each juror of the majority has the same fee (without one, all who voted); an unfounded call's rest is the operator's. */
  private judged(args: Args): void {
    const { votes, callerBond, caller, operator } = this.cases.get(args.key)!;
    const paid = [...votes].filter(([, v]) => args.verdict === 0n || v === args.verdict);
    for (const [juror] of paid) this.account(juror).owed += args.fees / BigInt(paid.length);
    if (args.verdict === VALID && caller !== operator)
      this.account(operator).owed += callerBond - args.fees;
  }
}
