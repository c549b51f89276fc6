import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { ContractTransactionReceipt, LogDescription, Signer } from "ethers";
import { ethers } from "hardhat";
import { sha256, toHex, type Hex } from "viem";
import { assignmentPath, assignmentRoot, type Leaf } from "../../../protocol/assignment";
import { commitmentHash, commitmentsRoot, openCommitment } from "../../../protocol/commitment";
import { marketDomain, TYPES } from "../../../protocol/eip712";
import { minimumEscrow, termsOpening, type StepTerms } from "../../../protocol/terms";
import { maskOf, placeOf, tasksOf, type Ticket } from "../../../protocol/ticket";
import { deploy, type AnyContract } from "./contract";
import { Ledger } from "./ledger";

export const UNIT = 10n ** 9n;
export const MIN_STAKE = 1_000_000n;
export const UNBONDING_DELAY = 15 * 86_400;
export const ZERO32 = `0x${"00".repeat(32)}` as const;
const STAKE = 10_000_000n;

export type Account = Signer & { address: string };

export interface OpenWorkflow {
  id: number;
  steps: StepTerms[];
  deadline: number;
}

/** A signed offer with everything that its evidence is made of. */
export interface Offer {
  workflow: OpenWorkflow;
  step: number;
  operator: Account;
  tasks: number[];
  leaves: Leaf[];
  assignment: {
    workflow: number;
    step: number;
    attempt: number;
    word: number;
    mask: bigint;
    price: bigint;
    claimBy: number;
    root: Hex;
  };
  signature: string;
}

/** A live claim, or the batch that came out of it. */
export interface Claim {
  offer: Offer;
  slot: number;
  ticket: Ticket;
  commitments: Hex[];
  results: Hex[];
}

/** The statement of a task. The echo verifier accepts exactly the statement as its proof. */
export const statementOf = (workflow: number, task: number): Hex =>
  toHex(`statement of task ${task} of workflow ${workflow}`);
export const WRONG_RESULT: Hex = toHex("no proof at all");

type Overrides = Partial<Record<"value", bigint>>;

/** A deployed market with its people, and the shortest way to every state. */
export class World {
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

  /** Three steps: 300 verified tasks, 192 accepted ones, a final one. */
  steps(change: Partial<StepTerms> = {}): StepTerms[] {
    const common = { claimTime: 600, window: 300, maxReveal: 1024 };
    const verified = {
      ...common,
      verifierGas: 100_000,
      verifier: this.echo as Hex,
      rule: 0,
      isFinal: false,
    };
    return [
      { firstTask: 0, maxTasks: 300, ceiling: 1_000n, bond: 501n, ...verified, ...change },
      {
        firstTask: 300,
        maxTasks: 192,
        ceiling: 700n,
        bond: 300n,
        ...common,
        verifierGas: 0,
        verifier: ethers.ZeroAddress as Hex,
        rule: 1,
        isFinal: false,
      },
      { firstTask: 492, maxTasks: 1, ceiling: 5_000n, bond: 2_000n, ...verified, isFinal: true },
    ];
  }

  async open(
    options: { steps?: StepTerms[]; feeBps?: number; requester?: Account; extra?: bigint } = {},
  ): Promise<OpenWorkflow> {
    const steps = options.steps ?? this.steps();
    const feeBps = options.feeBps ?? 250;
    const deadline = (await time.latest()) + 100_000;
    const terms = {
      specHash: ethers.id("spec"),
      key: ethers.id("key"),
      coordinator: this.coordinator.address,
      feeBps,
      deadline,
    };
    const value = (minimumEscrow(steps, feeBps) + (options.extra ?? 0n)) * UNIT;
    const events = await this.send(
      options.requester ?? this.requester,
      "openWorkflow",
      [terms, steps],
      { value },
    );
    return { id: Number(events[0]!.args.workflow), steps, deadline };
  }

  /** The coordinator's signature over an EIP-712 message. */
  sign(
    type: "Assignment" | "Acceptance" | "Release",
    message: Record<string, unknown>,
    signer: Account = this.coordinator,
  ) {
    const types = { [type]: TYPES[type].map((field) => ({ ...field })) };
    return signer.signTypedData(marketDomain(this.chainId, this.address) as never, types, message);
  }

  async offer(
    workflow: OpenWorkflow,
    operator: Account,
    tasks: number[],
    options: {
      step?: number;
      attempt?: number;
      price?: bigint;
      claimBy?: number;
      signer?: Account;
      statements?: Hex[];
    } = {},
  ): Promise<Offer> {
    const step = options.step ?? 0;
    const terms = workflow.steps[step]!;
    const attempt = options.attempt ?? 1;
    const leaves = tasks.map((task, i) => ({
      task,
      attempt,
      inputsDigest: sha256(toHex(`inputs ${task}`)),
      statementDigest:
        terms.rule === 0
          ? sha256(options.statements?.[i] ?? statementOf(workflow.id, task))
          : ZERO32,
      decisionDigest: sha256(toHex(`decision ${task}`)),
    }));
    const assignment = {
      workflow: workflow.id,
      step,
      attempt,
      word: placeOf(tasks[0]!).word,
      mask: maskOf(tasks),
      price: options.price ?? terms.ceiling,
      claimBy: options.claimBy ?? (await time.latest()) + terms.claimTime,
      root: assignmentRoot(leaves),
    };
    const message = { ...assignment, operator: operator.address };
    const signature = await this.sign("Assignment", message, options.signer);
    return { workflow, step, operator, tasks, leaves, assignment, signature };
  }

  claimCall(offer: Offer, slot = 0, more: { claimMask?: bigint; takeOvers?: unknown[] } = {}) {
    return {
      slot,
      assignment: offer.assignment,
      claimMask: more.claimMask ?? 0n,
      signature: offer.signature,
      opening: termsOpening(offer.workflow.steps, offer.step),
      takeOvers: more.takeOvers ?? [],
    };
  }

  /** Offers and claims. */
  async claim(
    workflow: OpenWorkflow,
    operator: Account,
    tasks: number[],
    options: Parameters<World["offer"]>[3] & { slot?: number; takeOvers?: unknown[] } = {},
  ): Promise<Claim> {
    const offer = await this.offer(workflow, operator, tasks, options);
    const slot = options.slot ?? 0;
    const events = await this.send(operator, "advance", [
      [],
      [],
      [this.claimCall(offer, slot, options)],
    ]);
    return this.claimFrom(offer, slot, events);
  }

  claimFrom(offer: Offer, slot: number, events: LogDescription[]): Claim {
    const { ticket } = events.find(
      (event) => event.name === "Claimed" && Number(event.args.slot) === slot,
    )!.args;
    return {
      offer,
      slot,
      ticket: { head: ticket.head, tail: ticket.tail, root: ticket.root },
      commitments: [],
      results: [],
    };
  }

  tasksOf(claim: Claim): number[] {
    return tasksOf(claim.offer.assignment.word, claim.ticket.tail & ((1n << 192n) - 1n));
  }

  commitmentFor(claim: Claim, task: number, result: Hex): Hex {
    const { workflow, attempt, root } = claim.offer.assignment;
    return commitmentHash({
      chainId: this.chainId,
      market: this.address,
      workflow,
      task,
      attempt,
      operator: claim.offer.operator.address as Hex,
      root,
      resultDigest: sha256(result),
    });
  }

  /** What to send to commit a claim, all of it or some of its tasks; results are right except those of `wrong`. */
  async commitCall(
    claim: Claim,
    options: { wrong?: number[]; tasks?: number[]; partSlot?: number; accept?: boolean } = {},
  ) {
    const tasks = options.tasks ?? this.tasksOf(claim);
    const results = tasks.map((task) =>
      options.wrong?.includes(task) ? WRONG_RESULT : statementOf(claim.offer.workflow.id, task),
    );
    const commitments = tasks.map((task, i) => this.commitmentFor(claim, task, results[i]!));
    const accepted =
      claim.offer.workflow.steps[claim.offer.step]!.rule === 1 && options.accept !== false;
    const { workflow, step, attempt, word, root } = claim.offer.assignment;
    const acceptance = accepted
      ? await this.sign("Acceptance", {
          workflow,
          step,
          operator: claim.offer.operator.address,
          attempt,
          word,
          mask: maskOf(tasks),
          root,
          commitmentsRoot: commitmentsRoot(commitments),
        })
      : "0x";
    const call = {
      slot: claim.slot,
      ticket: claim.ticket,
      subMask: options.tasks ? maskOf(tasks) : 0n,
      partSlot: options.partSlot ?? 0,
      commitments,
      acceptance,
    };
    return { call, results, commitments };
  }

  /** Commits. @returns the batch, as its own Claim */
  async commit(claim: Claim, options: Parameters<World["commitCall"]>[1] = {}): Promise<Claim> {
    const { call, results, commitments } = await this.commitCall(claim, options);
    const events = await this.send(claim.offer.operator, "advance", [[], [call], []]);
    const { ticket, slot } = events[0]!.args;
    return {
      ...claim,
      slot: Number(slot),
      ticket: { head: ticket.head, tail: ticket.tail, root: ticket.root },
      commitments,
      results,
    };
  }

  settleCall(batch: Claim) {
    return {
      slot: batch.slot,
      ticket: batch.ticket,
      commitmentsRoot: commitmentsRoot(batch.commitments),
    };
  }

  settle(batch: Claim) {
    return this.send(batch.offer.operator, "advance", [[this.settleCall(batch)], [], []]);
  }

  /** Arguments of `challenge`, each of which a test may spoil. */
  challengeArgs(batch: Claim, task: number, change: Record<string, unknown> = {}): unknown[] {
    const position = this.tasksOf(batch).indexOf(task);
    const leafIndex = batch.offer.tasks.indexOf(task);
    const args = {
      operator: batch.offer.operator.address,
      slot: batch.slot,
      ticket: batch.ticket,
      opening: termsOpening(batch.offer.workflow.steps, batch.offer.step),
      commitment: openCommitment(batch.commitments, position),
      leaf: batch.offer.leaves[leafIndex],
      leafPath: assignmentPath(batch.offer.leaves, leafIndex),
      statement: statementOf(batch.offer.workflow.id, task),
      result: batch.results[position] ?? WRONG_RESULT,
      ...change,
    };
    return Object.values(args);
  }

  finalArgs(claim: Claim, change: Record<string, unknown> = {}): unknown[] {
    const task = claim.offer.tasks[0]!;
    const args = {
      slot: claim.slot,
      ticket: claim.ticket,
      opening: termsOpening(claim.offer.workflow.steps, claim.offer.step),
      leaf: claim.offer.leaves[0],
      leafPath: assignmentPath(claim.offer.leaves, 0),
      statement: statementOf(claim.offer.workflow.id, task),
      result: statementOf(claim.offer.workflow.id, task),
      ...change,
    };
    return Object.values(args);
  }

  async releaseSignature(claim: Claim, mask: bigint, signer?: Account) {
    const { workflow, step, attempt, word, root } = claim.offer.assignment;
    return this.sign(
      "Release",
      { workflow, step, operator: claim.offer.operator.address, attempt, word, mask, root },
      signer,
    );
  }

  /** Claims, commits and, past the window, returns a matured batch. */
  async matured(
    workflow: OpenWorkflow,
    operator: Account,
    tasks: number[],
    options: Parameters<World["claim"]>[3] = {},
  ): Promise<Claim> {
    const batch = await this.commit(await this.claim(workflow, operator, tasks, options));
    await time.increase(workflow.steps[options.step ?? 0]!.window);
    return batch;
  }
}

/** Tasks [from, from + count). */
export const range = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => from + i);

async function deployWorld(): Promise<World> {
  const [requester, coordinator, challenger, stranger, ...rest] =
    (await ethers.getSigners()) as unknown as Account[];
  const market = await deploy("Market", [UNIT, MIN_STAKE, UNBONDING_DELAY]);
  const echo = await deploy("EchoVerifier");
  const { chainId } = await ethers.provider.getNetwork();
  const operators = rest.slice(0, 3);
  const world = new World(
    market,
    await echo.getAddress(),
    requester!,
    coordinator!,
    operators,
    challenger!,
    stranger!,
    Number(chainId),
    (await market.getAddress()) as Hex,
  );
  for (const operator of operators)
    await world.send(operator, "deposit", [operator.address], { value: STAKE * UNIT });
  return world;
}

/** A market with three staked operators, as if just deployed. */
export async function freshWorld(): Promise<World> {
  const world = await loadFixture(deployWorld);
  world.ledger = new Ledger(world.market); // the chain was set back, so the bookkeeper starts again too
  await world.ledger.check();
  return world;
}
