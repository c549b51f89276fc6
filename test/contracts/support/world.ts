import { loadFixture, time } from "@nomicfoundation/hardhat-network-helpers";
import type { InterfaceAbi } from "ethers";
import { ethers } from "hardhat";
import { sha256, type Hex } from "viem";
import { marketAbi } from "../../../protocol/abi";
import { assignmentPath } from "../../../protocol/assignment";
import { commitmentHash, commitmentsRoot, openCommitment } from "../../../protocol/commitment";
import type { CommitOperation, SettleOperation } from "../../../protocol/operations";
import { maskOf, ticketHash, ticketStruct, withMask } from "../../../protocol/ticket";
import { Claimer } from "./claimer";
import { deploy, type AnyContract } from "./contract";
import { Ledger } from "./ledger";
import {
  MIN_STAKE,
  statementOf,
  UNBONDING_DELAY,
  LATE_CLAIMS,
  UNIT,
  WRONG_RESULT,
  type Account,
  type Claim,
  type OpenWorkflow,
  type Spoiled,
} from "./scenario";

export * from "./scenario";

const STAKE = 10_000_000n;

/** The shortest way from a claim to every later state, and the arguments that get there. */
export class World extends Claimer {
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
    const part = options.tasks ? maskOf(tasks) : 0n;
    const ticket = part === 0n ? claim.ticket : withMask(claim.ticket, part);
    const acceptance = accepted
      ? await this.sign("Acceptance", {
          operator: claim.offer.operator.address,
          ticket: ticketHash(ticket),
          commitmentsRoot: commitmentsRoot(commitments),
        })
      : "0x";
    const call: CommitOperation = {
      slot: claim.slot,
      ticket: claim.ticket,
      subMask: part,
      partSlot: options.partSlot ?? 0,
      commitments,
      acceptance: acceptance as Hex,
    };
    const whole = ticket.scope === claim.ticket.scope;
    const batch: Claim = {
      ...claim,
      slot: whole ? claim.slot : call.partSlot,
      ticket,
      commitments,
      results,
    };
    return { call, results, commitments, batch };
  }

  /** Commits. @returns the batch, as its own Claim */
  async commit(claim: Claim, options: Parameters<World["commitCall"]>[1] = {}): Promise<Claim> {
    const { call, batch } = await this.commitCall(claim, options);
    await this.advance(claim.offer.operator, { commits: [call] });
    return batch;
  }

  settleCall(batch: Claim): SettleOperation {
    return {
      slot: batch.slot,
      ticket: batch.ticket,
      commitmentsRoot: commitmentsRoot(batch.commitments),
    };
  }

  settle(batch: Claim) {
    return this.advance(batch.offer.operator, { settles: [this.settleCall(batch)] });
  }

  /** Arguments of `challenge`, each of which, or a part of the batch's or the leaf's opening, a test may spoil. */
  challengeArgs(claim: Claim, task: number, { batch, leaf, ...change }: Spoiled = {}): unknown[] {
    const position = this.tasksOf(claim).indexOf(task);
    const args = {
      batch: { ...this.batchOpening(claim, position), ...batch },
      judge: claim.offer.workflow.steps[claim.offer.step]!.judge,
      leaf: { ...this.leafOpening(claim, claim.offer.tasks.indexOf(task)), ...leaf },
      statement: statementOf(claim.offer.workflow.id, task),
      result: claim.results[position] ?? WRONG_RESULT,
      ...change,
    };
    return Object.values(args);
  }

  /** A batch with one of its commitments (struct BatchOpening). */
  batchOpening(batch: Claim, position: number) {
    return {
      operator: batch.offer.operator.address,
      slot: batch.slot,
      ticket: ticketStruct(batch.ticket),
      root: batch.ticket.root,
      commitment: openCommitment(batch.commitments, position),
    };
  }

  /** A leaf with its path to the assignment's root (struct LeafOpening). */
  leafOpening(claim: Claim, index: number) {
    const { leaves } = claim.offer;
    return { leaf: leaves[index], path: assignmentPath(leaves, index) };
  }

  /** Arguments of `submitFinal`, each of which, or a part of the leaf's opening, a test may spoil. */
  finalArgs(claim: Claim, { leaf, ...change }: Spoiled = {}): unknown[] {
    const statement = statementOf(claim.offer.workflow.id, claim.offer.tasks[0]!);
    const args = {
      operator: claim.offer.operator.address,
      slot: claim.slot,
      ticket: ticketStruct(claim.ticket),
      root: claim.ticket.root,
      judge: claim.offer.workflow.steps[claim.offer.step]!.judge,
      leaf: { ...this.leafOpening(claim, 0), ...leaf },
      statement,
      result: statement,
      ...change,
    };
    return Object.values(args);
  }

  /** Arguments of `release`: all tasks, or those of a mask. */
  releaseArgs(claim: Claim, signature: string = "0x", mask = 0n): unknown[] {
    return [claim.offer.operator.address, claim.slot, ticketStruct(claim.ticket), mask, signature];
  }

  /** Arguments of `concede`: all tasks, or those of a mask. */
  concedeArgs(claim: Claim, commitments: Hex[], mask = 0n): unknown[] {
    const { operator } = claim.offer;
    return [operator.address, claim.slot, ticketStruct(claim.ticket), mask, commitments];
  }

  expireArgs(claim: Claim): unknown[] {
    return [claim.offer.operator.address, claim.slot, ticketStruct(claim.ticket)];
  }

  async releaseSignature(claim: Claim, mask: bigint, signer?: Account) {
    const ticket = ticketHash(withMask(claim.ticket, mask));
    return this.sign("Release", { operator: claim.offer.operator.address, ticket }, signer);
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

/** Deploys court, extension and the market over them. @returns the market, with all its functions */
export async function deployMarketContracts(
  change: Partial<{
    token: string;
    unit: bigint;
    minStake: bigint;
    unbondingDelay: number;
    lateClaims: number;
  }>,
): Promise<AnyContract> {
  const parameters = {
    token: ethers.ZeroAddress,
    unit: UNIT,
    minStake: MIN_STAKE,
    unbondingDelay: UNBONDING_DELAY,
    lateClaims: LATE_CLAIMS,
    ...change,
  };
  const court = await deploy("MarketCourt", [parameters]);
  const extension = await deploy("MarketExtension", [await court.getAddress()]);
  const market = await deploy("Market", [await extension.getAddress()]);
  return new ethers.Contract(
    await market.getAddress(),
    marketAbi as unknown as InterfaceAbi,
    market.runner,
  ) as AnyContract;
}

/** Deploys a market and a verifier, and casts Hardhat's accounts. @returns what a world is made of */
export async function worldParts(
  change: Parameters<typeof deployMarketContracts>[0],
): Promise<ConstructorParameters<typeof World>> {
  const [requester, coordinator, challenger, stranger, ...rest] =
    (await ethers.getSigners()) as unknown as Account[];
  const market = await deployMarketContracts(change);
  const echo = await deploy("EchoVerifier");
  const { chainId } = await ethers.provider.getNetwork();
  return [
    market,
    await echo.getAddress(),
    requester!,
    coordinator!,
    rest.slice(0, 3),
    challenger!,
    stranger!,
    Number(chainId),
    (await market.getAddress()) as Hex,
  ];
}

async function deployWorld(): Promise<World> {
  const world = new World(...(await worldParts({})));
  for (const operator of world.operators)
    await world.send(operator, "deposit", [operator.address, STAKE], { value: STAKE * UNIT });
  return world;
}

/** A market with three staked operators, as if just deployed. */
export async function freshWorld(): Promise<World> {
  const world = await loadFixture(deployWorld);
  world.ledger = new Ledger(world.market); // the chain was set back, so the bookkeeper starts again too
  await world.ledger.check();
  return world;
}
