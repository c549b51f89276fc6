import { bytesToHex, encodeFunctionData, parseEventLogs, type Address, type Hex } from "viem";
import { marketAbi } from "../../../../protocol/abi";
import {
  assignmentPath,
  assignmentRoot,
  inputsDigest,
  type Leaf,
} from "../../../../protocol/assignment";
import { commitmentHash, commitmentsRoot, openCommitment } from "../../../../protocol/commitment";
import { sha256, toBytes32, ZERO_BYTES32, type Digest } from "../../../../protocol/digest";
import { marketDomain, TYPES } from "../../../../protocol/eip712";
import type { Spec } from "../../../../protocol/spec";
import {
  minimumEscrow,
  stepTermsOf,
  termsOpening,
  type StepTerms,
} from "../../../../protocol/terms";
import {
  maskOf,
  placeOf,
  tasksOf,
  unpackTicket,
  withMask,
  type Ticket,
} from "../../../../protocol/ticket";
import { specDigest } from "../../../../protocol/validate-spec";
import type { TestChain } from "./test-chain";

/** A workflow that a test opened. */
export interface Opened {
  id: number;
  spec: Spec;
  steps: StepTerms[];
}

/** What an operator holds after a claim. */
export interface Held {
  opened: Opened;
  operator: Address;
  slot: bigint;
  ticket: Ticket;
  leaves: Leaf[];
  /** Set by `commit`. */
  commitments: Hex[];
  results: Uint8Array[];
}

export interface ClaimWish {
  tasks: number[];
  /** Inputs of each task by name. */
  inputs: (task: number) => Record<string, Digest>;
  attempt?: number;
  price?: bigint;
  slot?: bigint;
  takeOvers?: Held[];
  decision?: (task: number) => Digest;
}

export const DECISION = sha256("a decision");

/** Plays all roles of a market on a test chain. Each call is one transaction, sent by the role that it needs. */
export class TestMarket {
  #nextSlot = 0n;

  constructor(readonly env: TestChain) {}

  get coordinator() {
    return this.env.accounts[1]!;
  }
  get requester(): Address {
    return this.env.accounts[2]!.address;
  }
  operator(i: number): Address {
    return this.env.accounts[4 + i]!.address;
  }

  /** Sends one call of the market. @returns its events */
  async send(
    account: Address,
    call: Parameters<typeof encodeFunctionData<typeof marketAbi>>[0],
    units = 0n,
  ) {
    const { wallet, chain, market, parameters } = this.env;
    const hash = await wallet.sendTransaction({
      account,
      to: market,
      value: units * parameters.unit,
      data: encodeFunctionData(call),
    });
    const receipt = await chain.waitForTransactionReceipt({ hash });
    if (receipt.status !== "success") throw new Error(`${String(call.functionName)} reverted`);
    return parseEventLogs({ abi: marketAbi, logs: receipt.logs });
  }

  deposit(operator: Address, units: bigint) {
    return this.send(
      operator,
      { abi: marketAbi, functionName: "deposit", args: [operator] },
      units,
    );
  }

  /** Opens a workflow for a spec, with the least escrow and `extra` units. */
  async open(
    spec: Spec,
    options: { feeBps?: number; extra?: bigint; seconds?: number; specHash?: Digest } = {},
  ) {
    const steps = stepTermsOf(spec);
    const feeBps = options.feeBps ?? 0;
    const terms = {
      specHash: toBytes32(options.specHash ?? specDigest(spec)),
      key: ZERO_BYTES32,
      coordinator: this.coordinator.address,
      feeBps,
      deadline: (await this.env.now()) + (options.seconds ?? 100_000),
    };
    const events = await this.send(
      this.requester,
      { abi: marketAbi, functionName: "openWorkflow", args: [terms, steps] },
      minimumEscrow(steps, feeBps) + (options.extra ?? 0n),
    );
    const opened = events.find((event) => event.eventName === "WorkflowOpened")!;
    return { id: opened.args.workflow, spec, steps } satisfies Opened;
  }

  /** Signs an assignment and claims it at once. */
  async claim(opened: Opened, operator: Address, wish: ClaimWish): Promise<Held> {
    const { call, leaves, slot } = await this.claimCall(opened, operator, wish);
    const events = await this.send(operator, {
      abi: marketAbi,
      functionName: "advance",
      args: [[], [], [call]],
    });
    const event = events.find((one) => one.eventName === "Claimed")!;
    const { ticket } = event.args;
    return { opened, operator, slot, ticket, leaves, commitments: [], results: [] };
  }

  async claimCall(opened: Opened, operator: Address, wish: ClaimWish) {
    const { spec, steps, id } = opened;
    const at = steps.findIndex(
      ({ firstTask, maxTasks }) =>
        wish.tasks[0]! >= firstTask && wish.tasks[0]! < firstTask + maxTasks,
    );
    const step = spec.steps[at]!;
    const attempt = wish.attempt ?? 1;
    const leaves = wish.tasks.map((task): Leaf => {
      const inputs = wish.inputs(task);
      return {
        task,
        attempt,
        inputsDigest: inputsDigest(step.program, step.params, inputs),
        statementDigest:
          step.statement === undefined ? ZERO_BYTES32 : toBytes32(inputs[step.statement]!),
        decisionDigest: toBytes32(wish.decision?.(task) ?? DECISION),
      };
    });
    const assignment = {
      workflow: id,
      step: at,
      attempt,
      word: placeOf(wish.tasks[0]!).word,
      mask: maskOf(wish.tasks),
      price: wish.price ?? steps[at]!.ceiling,
      claimBy: (await this.env.now()) + Math.min(60, steps[at]!.claimTime),
      root: assignmentRoot(leaves),
    };
    const signature = await this.coordinator.signTypedData({
      domain: marketDomain(this.env.chain.chain.id, this.env.market),
      types: TYPES,
      primaryType: "Assignment",
      message: { ...assignment, operator },
    });
    const slot = wish.slot ?? this.#nextSlot++;
    const takeOvers = (wish.takeOvers ?? []).map((held) => ({
      holder: held.operator,
      slot: held.slot,
      ticket: held.ticket,
    }));
    const opening = termsOpening(steps, at);
    return {
      call: { slot, assignment, claimMask: 0n, signature, opening, takeOvers },
      leaves,
      slot,
    };
  }

  commitmentOf(held: Held, task: number, result: Uint8Array): Hex {
    return commitmentHash({
      chainId: this.env.chain.chain.id,
      market: this.env.market,
      workflow: held.opened.id,
      task,
      attempt: unpackTicket(held.ticket).attempt,
      operator: held.operator,
      root: held.ticket.root,
      resultDigest: toBytes32(sha256(result)),
    });
  }

  #tasks(held: Held): number[] {
    const { word, mask } = unpackTicket(held.ticket);
    return tasksOf(word, mask);
  }

  /** Commits results for all tasks of a claim, or for those of `only`, which then become a batch of their own. */
  async commit(held: Held, results: Uint8Array[], only?: number[]): Promise<Held> {
    const tasks = only ?? this.#tasks(held);
    const commitments = tasks.map((task, i) => this.commitmentOf(held, task, results[i]!));
    const subMask = only ? maskOf(only) : 0n;
    const partSlot = only ? this.#nextSlot++ : 0n;
    const batch: Held = {
      ...held,
      slot: only ? partSlot : held.slot,
      ticket: only ? withMask(held.ticket, subMask) : held.ticket,
      commitments,
      results,
    };
    const claim = unpackTicket(batch.ticket);
    const acceptance =
      claim.rule === 1
        ? await this.coordinator.signTypedData({
            domain: marketDomain(this.env.chain.chain.id, this.env.market),
            types: TYPES,
            primaryType: "Acceptance",
            message: {
              workflow: claim.workflow,
              step: claim.step,
              operator: held.operator,
              attempt: claim.attempt,
              word: claim.word,
              mask: claim.mask,
              root: claim.root,
              commitmentsRoot: commitmentsRoot(commitments),
            },
          })
        : "0x";
    const commit = {
      slot: held.slot,
      ticket: held.ticket,
      subMask,
      partSlot,
      commitments,
      acceptance,
    };
    await this.send(held.operator, {
      abi: marketAbi,
      functionName: "advance",
      args: [[], [commit as never], []],
    });
    if (only) {
      const rest = unpackTicket(held.ticket).mask & ~subMask;
      held.ticket = withMask(held.ticket, rest);
    }
    return batch;
  }

  settle(held: Held) {
    const { slot, ticket, commitments } = held;
    const settle = { slot, ticket, commitmentsRoot: commitmentsRoot(commitments) };
    return this.send(held.operator, {
      abi: marketAbi,
      functionName: "advance",
      args: [[settle], [], []],
    });
  }

  challenge(held: Held, task: number, statement: Uint8Array, by: Address) {
    const position = this.#tasks(held).indexOf(task);
    const leaf = held.leaves.findIndex((one) => one.task === task);
    const { step } = unpackTicket(held.ticket);
    return this.send(by, {
      abi: marketAbi,
      functionName: "challenge",
      args: [
        held.operator,
        held.slot,
        held.ticket,
        termsOpening(held.opened.steps, step),
        openCommitment(held.commitments, position),
        held.leaves[leaf]!,
        assignmentPath(held.leaves, leaf),
        bytesToHex(statement),
        bytesToHex(held.results[position]!),
      ],
    });
  }

  submitFinal(held: Held, statement: Uint8Array, result: Uint8Array) {
    const { step } = unpackTicket(held.ticket);
    return this.send(held.operator, {
      abi: marketAbi,
      functionName: "submitFinal",
      args: [
        held.slot,
        held.ticket,
        termsOpening(held.opened.steps, step),
        held.leaves[0]!,
        assignmentPath(held.leaves, 0),
        bytesToHex(statement),
        bytesToHex(result),
      ],
    });
  }

  async release(held: Held, tasks: number[]) {
    const claim = unpackTicket(held.ticket);
    const signature = await this.coordinator.signTypedData({
      domain: marketDomain(this.env.chain.chain.id, this.env.market),
      types: TYPES,
      primaryType: "Release",
      message: { ...claim, operator: held.operator, mask: maskOf(tasks) },
    });
    const events = await this.send(held.operator, {
      abi: marketAbi,
      functionName: "release",
      args: [held.slot, held.ticket, maskOf(tasks), signature],
    });
    held.ticket = withMask(held.ticket, claim.mask & ~maskOf(tasks));
    return events;
  }

  async concede(held: Held, tasks: number[], results: Uint8Array[]) {
    const commitments = tasks.map((task, i) => this.commitmentOf(held, task, results[i]!));
    const { mask } = unpackTicket(held.ticket);
    const events = await this.send(held.operator, {
      abi: marketAbi,
      functionName: "concede",
      args: [held.slot, held.ticket, maskOf(tasks), commitments],
    });
    held.ticket = withMask(held.ticket, mask & ~maskOf(tasks));
    return events;
  }

  expire(held: Held, by: Address) {
    return this.send(by, {
      abi: marketAbi,
      functionName: "expire",
      args: [held.operator, held.slot, held.ticket],
    });
  }

  /** Any of the calls that take a workflow alone. */
  workflowCall(
    from: Address,
    functionName: "cancel" | "finish" | "refund" | "payFee",
    workflow: number,
  ) {
    return this.send(from, { abi: marketAbi, functionName, args: [workflow] });
  }

  withdrawOwed(account: Address) {
    return this.send(account, { abi: marketAbi, functionName: "withdrawOwed", args: [account] });
  }

  topUp(workflow: number, units: bigint) {
    return this.send(
      this.requester,
      { abi: marketAbi, functionName: "topUp", args: [workflow] },
      units,
    );
  }

  extendDeadline(workflow: number, deadline: number) {
    return this.send(this.requester, {
      abi: marketAbi,
      functionName: "extendDeadline",
      args: [workflow, deadline],
    });
  }

  startUnbonding(operator: Address, amount: bigint) {
    return this.send(operator, { abi: marketAbi, functionName: "startUnbonding", args: [amount] });
  }

  withdrawStake(operator: Address) {
    return this.send(operator, {
      abi: marketAbi,
      functionName: "withdrawStake",
      args: [operator],
    });
  }

  replaceCoordinator(workflow: number, coordinator: Address) {
    return this.send(this.requester, {
      abi: marketAbi,
      functionName: "replaceCoordinator",
      args: [workflow, coordinator],
    });
  }

  /** Lets time pass; the next block is at least so much later. */
  async pass(seconds: number): Promise<void> {
    await this.env.test.increaseTime({ seconds });
    await this.env.test.mine({ blocks: 1 });
  }
}
