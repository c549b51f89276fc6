import { loadFixture, mine, time } from "@nomicfoundation/hardhat-network-helpers";
import { ethers } from "hardhat";
import { encodeAbiParameters, keccak256, numberToHex, sha256, toHex, type Hex } from "viem";
import { judgeHash, RULE, type JudgeTerms, type StepTerms } from "../../../protocol/terms";
import { ticketStruct, unpackTicket } from "../../../protocol/ticket";
import { Ledger } from "./ledger";
import { disputeKey } from "./ledger-court";
import {
  freshWorld,
  MIN_STAKE,
  statementOf,
  UNIT,
  WRONG_RESULT,
  ZERO32,
  type Account,
  type Claim,
  type OpenWorkflow,
  type World,
} from "./world";

export const CHECK: Hex = sha256(toHex("check program"));
/** One that nobody has a seat for at first. */
export const SMALL: Hex = sha256(toHex("check program of a small pool"));
export const FEE = 20n;
export const LATE_GAS_REFUND = MIN_STAKE / 100n;
export const WINDOW = 600;
/** What calling a jury locks, and what demanding one of at most 1024 bytes does. */
export const CALL_BOND = 5n * FEE + LATE_GAS_REFUND;
export const DEMAND_BOND = 3n * LATE_GAS_REFUND;
/** Of each step of a court's workflow, and what becomes of the bond when it is struck. */
export const PRICE = 1_000n;
export const BOND = 501n;
export const SHARE = { challenger: 200n, requester: 150n, pot: 75n };
export const PHASE = {
  none: 0n,
  demanded: 1n,
  revealed: 2n,
  drawing: 3n,
  voting: 4n,
  opening: 5n,
  closed: 6n,
};
export const VERDICT = { none: 0, valid: 1, invalid: 2, inputsWrong: 3, unavailable: 4 };

/** A step that a verifier, one that the coordinator's acceptance, and one that only juries judge; 192 tasks each, a word apart. */
export function courtSteps(w: World, change: Partial<JudgeTerms> = {}): StepTerms[] {
  const judge = {
    maxReveal: 1024,
    checkProgram: CHECK,
    jurorFee: FEE,
    openRoot: ZERO32 as Hex,
    ...change,
  };
  return [RULE.verifier, RULE.accepted, RULE.jury].map((rule, i) => ({
    firstTask: i * 192,
    maxTasks: 192,
    ceiling: PRICE,
    bond: BOND,
    claimTime: 600,
    window: WINDOW,
    rule,
    isFinal: false,
    judge: {
      verifier: (rule === RULE.verifier ? w.echo : ethers.ZeroAddress) as Hex,
      verifierGas: rule === RULE.verifier ? 100_000 : 0,
      ...judge,
    },
  }));
}

/** First task of the step under each rule. */
export const TASK = { verified: 0, accepted: 192, jury: 384 };

/** A workflow whose results can be demanded and judged by juries; a challenger with stake; five jurors with a seat each. */
export class Court {
  constructor(
    readonly w: World,
    readonly workflow: OpenWorkflow,
    readonly jurors: Account[],
  ) {}

  /** Claims and commits neighbouring tasks of one step, right but for `wrong`. */
  async batch(
    task: number,
    options: { operator?: Account; wrong?: number[]; count?: number; slot?: number } = {},
  ): Promise<Claim> {
    const tasks = Array.from({ length: options.count ?? 1 }, (_, i) => task + i);
    const step = Math.floor(task / 192);
    const operator = options.operator ?? this.w.operators[0]!;
    const claim = await this.w.claim(this.workflow, operator, tasks, { step, slot: options.slot });
    return this.w.commit(claim, { wrong: options.wrong ?? [] });
  }

  key(claim: Claim, task: number): Hex {
    return disputeKey(claim.offer.workflow.id, task, unpackTicket(claim.ticket).attempt);
  }

  judgeOf(claim: Claim): JudgeTerms {
    return claim.offer.workflow.steps[claim.offer.step]!.judge;
  }

  judgeHash(claim: Claim): Hex {
    return judgeHash(this.judgeOf(claim));
  }

  /** Arguments of `demand` and `callJury`, each of which a test may spoil. */
  openArgs(batch: Claim, task: number, change: Record<string, unknown> = {}): unknown[] {
    const args = {
      batch: this.w.batchOpening(batch, this.w.tasksOf(batch).indexOf(task)),
      judge: this.judgeOf(batch),
      task,
      ...change,
    };
    return Object.values(args);
  }

  /** Arguments of `demandDisputed` and `callJuryDisputed`. */
  againArgs(batch: Claim, task: number): unknown[] {
    return [this.key(batch, task), batch.ticket.root, this.judgeOf(batch)];
  }

  /** Arguments of `challengeDisputed`. */
  disputedArgs(batch: Claim, task: number, change: Record<string, unknown> = {}): unknown[] {
    const args = {
      key: this.key(batch, task),
      root: batch.ticket.root,
      judge: this.judgeOf(batch),
      leaf: this.w.leafOpening(batch, batch.offer.tasks.indexOf(task)),
      statement: statementOf(batch.offer.workflow.id, task),
      result: batch.results[this.w.tasksOf(batch).indexOf(task)] ?? WRONG_RESULT,
      ...change,
    };
    return Object.values(args);
  }

  appealArgs(claim: Claim, task: number, change: Record<string, unknown> = {}): unknown[] {
    const args = {
      operator: claim.offer.operator.address,
      slot: claim.slot,
      ticket: ticketStruct(claim.ticket),
      root: claim.ticket.root,
      judge: this.judgeOf(claim),
      task,
      resultDigest: sha256(statementOf(claim.offer.workflow.id, task)),
      ...change,
    };
    return Object.values(args);
  }

  revealArgs(batch: Claim, task: number, change: Record<string, unknown> = {}): unknown[] {
    const args = {
      key: this.key(batch, task),
      root: batch.ticket.root,
      result: batch.results[this.w.tasksOf(batch).indexOf(task)],
      ...change,
    };
    return Object.values(args);
  }

  /** The challenger demands a task's result. @returns the dispute */
  async demand(batch: Claim, task: number, by = this.w.challenger): Promise<Hex> {
    await this.w.send(by, "demand", this.openArgs(batch, task));
    return this.key(batch, task);
  }

  /** The challenger demands, the operator reveals. */
  async revealed(batch: Claim, task: number): Promise<Hex> {
    const key = await this.demand(batch, task);
    await this.w.send(batch.offer.operator, "reveal", this.revealArgs(batch, task));
    return key;
  }

  /** The challenger calls a jury. @returns the dispute */
  async call(batch: Claim, task: number, by = this.w.challenger): Promise<Hex> {
    await this.w.send(by, "callJury", this.openArgs(batch, task));
    return this.key(batch, task);
  }

  /** Waits for the block that draws, and draws. */
  async draw(key: Hex) {
    await mine(2);
    return this.w.send(this.w.stranger, "draw", [key]);
  }

  /** A jury that sits. @returns the jurors as they were drawn */
  async sitting(key: Hex): Promise<Account[]> {
    const drawn = (await this.draw(key)).at(-1)!.args.jurors as string[];
    return drawn.map((address) => this.jurors.find((juror) => juror.address === address)!);
  }

  /** Jurors commit to verdicts, in their order; zero: stays silent. */
  async vote(key: Hex, jurors: Account[], verdicts: number[]): Promise<void> {
    for (const [i, verdict] of verdicts.entries())
      if (verdict !== 0)
        await this.w.send(jurors[i]!, "vote", [key, sealedVote(key, jurors[i]!, verdict)]);
  }

  async openVotes(key: Hex, jurors: Account[], verdicts: number[]): Promise<void> {
    for (const [i, verdict] of verdicts.entries())
      if (verdict !== 0) await this.w.send(jurors[i]!, "openVote", [key, verdict, SALT]);
  }

  /** A called jury is drawn, votes and opens; the case can be closed. @returns the jurors in the order of the verdicts */
  async tried(key: Hex, verdicts: number[]): Promise<Account[]> {
    const jurors = await this.sitting(key);
    await this.vote(key, jurors, verdicts);
    await time.increase(WINDOW);
    await this.openVotes(key, jurors, verdicts);
    await time.increase(2 * WINDOW);
    return jurors;
  }

  async judged(key: Hex, verdicts: number[]) {
    const jurors = await this.tried(key, verdicts);
    return { jurors, events: await this.w.send(this.w.stranger, "closeCase", [key]) };
  }

  /** A batch whose check program has a seat of each of these, and no others. */
  async smallPool(seats: Account[]): Promise<Claim> {
    const { w } = this;
    for (const juror of seats) await this.seat(juror, 1, SMALL);
    const workflow = await w.open({ steps: courtSteps(w, { checkProgram: SMALL }) });
    return w.commit(await w.claim(workflow, w.operators[0]!, [0]));
  }

  async phase(key: Hex): Promise<bigint> {
    return (await this.w.market.disputeOf(key)).phase;
  }

  /** What became of an attempt: void, left its batch, struck, pot. */
  async fate(task: number, attempt = 1): Promise<unknown[]> {
    const { isVoid, hasLeft, isStruck, pot } = await this.w.market.fateOf(
      this.workflow.id,
      task,
      attempt,
    );
    return [isVoid, hasLeft, isStruck, pot];
  }

  /** The number of a juror's first seat. */
  async seatNumber(juror: Account, program = CHECK): Promise<number> {
    for (let seat = 0; ; seat++)
      if ((await this.w.market.seatOf(program, seat)) === juror.address) return seat;
  }

  /** Stakes for an account that has none, and gives it seats. */
  async seat(juror: Account, count = 1, program = CHECK): Promise<void> {
    await stake(this.w, juror, BigInt(count + 1) * MIN_STAKE);
    await this.w.send(juror, "takeSeats", [program, count]);
  }
}

export const SALT: Hex = numberToHex(7n, { size: 32 });

export const sealedVote = (key: Hex, juror: Account, verdict: number, salt = SALT): Hex =>
  keccak256(
    encodeAbiParameters(
      [{ type: "bytes32" }, { type: "address" }, { type: "uint8" }, { type: "bytes32" }],
      [key, juror.address as Hex, verdict, salt],
    ),
  );

export async function stake(w: World, account: Account, amount: bigint): Promise<void> {
  await w.send(account, "deposit", [account.address, amount], { value: amount * UNIT });
}

/** Accounts that have no part in a fresh world. */
export async function bystanders(): Promise<Account[]> {
  return ((await ethers.getSigners()) as unknown as Account[]).slice(7);
}

async function openCourt(): Promise<Court> {
  const w = await freshWorld();
  const jurors = (await bystanders()).slice(0, 5);
  const court = new Court(w, await w.open({ steps: courtSteps(w) }), jurors);
  await stake(w, w.challenger, 2n * MIN_STAKE);
  for (const juror of jurors) await court.seat(juror);
  return court;
}

/** A court as if just opened. */
export async function freshCourt(): Promise<Court> {
  const court = await loadFixture(openCourt);
  court.w.ledger = new Ledger(court.w.market);
  await court.w.ledger.check();
  return court;
}
