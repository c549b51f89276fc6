import {
  bytesToHex,
  encodeFunctionData,
  parseEventLogs,
  zeroAddress,
  type Address,
  type Hex,
} from "viem";
import { marketAbi } from "../../../../protocol/abi";
import {
  assignmentPath,
  assignmentRoot,
  inputsDigest,
  type InputRef,
  type Leaf,
} from "../../../../protocol/assignment";
import { commitmentHash, commitmentsRoot, openCommitment } from "../../../../protocol/commitment";
import { sha256, toBytes32, ZERO_BYTES32, type Digest } from "../../../../protocol/digest";
import { marketDomain, TYPES } from "../../../../protocol/eip712";
import { encodeOperations, type Operations } from "../../../../protocol/operations";
import type { Spec } from "../../../../protocol/spec";
import {
  judgeHash,
  minimumEscrow,
  stepsRoot,
  stepTermsOf,
  termsOpening,
  type StepTerms,
} from "../../../../protocol/terms";
import {
  maskOf,
  packTicket,
  tasksOf,
  ticketHash,
  ticketStruct,
  unpackTicket,
  withMask,
  type Ticket,
} from "../../../../protocol/ticket";
import { placeOf } from "../../../../protocol/task-place";
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
  slot: number;
  ticket: Ticket;
  leaves: Leaf[];
  /** Set by `commit`. */
  commitments: Hex[];
  results: Uint8Array[];
}

export interface ClaimWish {
  tasks: number[];
  /** Inputs of each task by name. */
  inputs: (task: number) => Record<string, Digest | InputRef>;
  attempt?: number;
  price?: bigint;
  slot?: number;
  takeOvers?: Held[];
  decision?: (task: number) => Digest;
}

export const DECISION = sha256("a decision");

/** Plays all roles of a market on a test chain. Each call is one transaction, sent by the role that it needs. */
export class TestMarket {
  #nextSlot = 0;

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
    const { wallet, chain, market, parameters, token } = this.env;
    const hash = await wallet.sendTransaction({
      account,
      to: market,
      value: token === zeroAddress ? units * parameters.unit : 0n,
      data: encodeFunctionData(call),
    });
    const receipt = await chain.waitForTransactionReceipt({ hash });
    if (receipt.status !== "success") throw new Error(`${String(call.functionName)} reverted`);
    return parseEventLogs({ abi: marketAbi, logs: receipt.logs });
  }

  deposit(operator: Address, units: bigint) {
    return this.send(
      operator,
      { abi: marketAbi, functionName: "deposit", args: [operator, units] },
      units,
    );
  }

  /** Opens a workflow for a spec, with the least escrow and `extra` units. */
  async open(
    spec: Spec,
    options: {
      feeBps?: number;
      extra?: bigint;
      seconds?: number;
      specHash?: Digest;
      silenceDelay?: number;
      /** Leaves that anybody may claim of the first step once the coordinator is silent. */
      openLeaves?: Leaf[];
    } = {},
  ) {
    const steps = stepTermsOf(spec);
    if (options.openLeaves) steps[0]!.judge.openRoot = assignmentRoot(options.openLeaves);
    const feeBps = options.feeBps ?? 0;
    const terms = {
      specHash: toBytes32(options.specHash ?? specDigest(spec)),
      key: ZERO_BYTES32,
      coordinator: this.coordinator.address,
      feeBps,
      deadline: (await this.env.now()) + (options.seconds ?? 100_000),
      silenceDelay: options.silenceDelay ?? 0,
    };
    const escrow = minimumEscrow(steps, feeBps) + (options.extra ?? 0n);
    const events = await this.send(
      this.requester,
      { abi: marketAbi, functionName: "openWorkflow", args: [terms, steps, escrow] },
      escrow,
    );
    const opened = events.find((event) => event.eventName === "WorkflowOpened")!;
    return { id: opened.args.workflow, spec, steps } satisfies Opened;
  }

  /** Signs an assignment and claims it at once. */
  async claim(opened: Opened, operator: Address, wish: ClaimWish): Promise<Held> {
    const { call, leaves, slot } = await this.claimCall(opened, operator, wish);
    await this.advance(operator, { claims: [call] });
    const { assignment } = call;
    const terms = opened.steps[assignment.step]!;
    const ticket = packTicket({
      ...assignment,
      bond: terms.bond,
      rule: terms.rule,
      window: terms.isFinal ? 0 : terms.window,
      open: false,
      judgeHash: judgeHash(terms.judge),
    });
    return { opened, operator, slot, ticket, leaves, commitments: [], results: [] };
  }

  /** Sends operations of an operator, those that are not empty. */
  advance(operator: Address, operations: Partial<Operations>) {
    const bytes = encodeOperations({ settles: [], commits: [], claims: [], ...operations });
    return this.send(operator, { abi: marketAbi, functionName: "advance", args: [bytes] });
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
      const inputs = Object.fromEntries(
        Object.entries(wish.inputs(task)).map(([name, input]): [string, InputRef] => [
          name,
          typeof input === "string" ? { digest: input } : input,
        ]),
      );
      return {
        task,
        attempt,
        inputsDigest: inputsDigest(step.program, step.params, inputs),
        statementDigest:
          step.statement === undefined ? ZERO_BYTES32 : toBytes32(inputs[step.statement]!.digest),
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
    const partSlot = only ? this.#nextSlot++ : 0;
    const batch: Held = {
      ...held,
      slot: only ? partSlot : held.slot,
      ticket: only ? withMask(held.ticket, subMask) : held.ticket,
      commitments,
      results,
    };
    const claim = unpackTicket(batch.ticket);
    const acceptance: Hex =
      claim.rule === 1
        ? await this.coordinator.signTypedData({
            domain: marketDomain(this.env.chain.chain.id, this.env.market),
            types: TYPES,
            primaryType: "Acceptance",
            message: {
              operator: held.operator,
              ticket: ticketHash(batch.ticket),
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
    await this.advance(held.operator, { commits: [commit] });
    if (only) {
      const rest = unpackTicket(held.ticket).mask & ~subMask;
      held.ticket = withMask(held.ticket, rest);
    }
    return batch;
  }

  settle(held: Held) {
    const { slot, ticket, commitments } = held;
    const settle = { slot, ticket, commitmentsRoot: commitmentsRoot(commitments) };
    return this.advance(held.operator, { settles: [settle] });
  }

  challenge(held: Held, task: number, statement: Uint8Array, by: Address) {
    const position = this.#tasks(held).indexOf(task);
    return this.send(by, {
      abi: marketAbi,
      functionName: "challenge",
      args: [
        this.batchOpening(held, task),
        this.judgeOf(held),
        this.leafOpening(held, task),
        bytesToHex(statement),
        bytesToHex(held.results[position]!),
      ],
    });
  }

  /** What the contract's struct BatchOpening holds of a task of a batch. */
  batchOpening(held: Held, task: number) {
    return {
      operator: held.operator,
      slot: held.slot,
      ticket: ticketStruct(held.ticket),
      root: held.ticket.root,
      commitment: openCommitment(held.commitments, this.#tasks(held).indexOf(task)),
    };
  }

  leafOpening(held: Held, task: number) {
    const index = held.leaves.findIndex((one) => one.task === task);
    return { leaf: held.leaves[index]!, path: assignmentPath(held.leaves, index) };
  }

  judgeOf(held: Held) {
    return held.opened.steps[unpackTicket(held.ticket).step]!.judge;
  }

  submitFinal(held: Held, statement: Uint8Array, result: Uint8Array) {
    return this.send(held.operator, {
      abi: marketAbi,
      functionName: "submitFinal",
      args: [
        held.operator,
        held.slot,
        ticketStruct(held.ticket),
        held.ticket.root,
        this.judgeOf(held),
        this.leafOpening(held, held.leaves[0]!.task),
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
      message: {
        operator: held.operator,
        ticket: ticketHash(withMask(held.ticket, maskOf(tasks))),
      },
    });
    const events = await this.send(held.operator, {
      abi: marketAbi,
      functionName: "release",
      args: [held.operator, held.slot, ticketStruct(held.ticket), maskOf(tasks), signature],
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
      args: [held.operator, held.slot, ticketStruct(held.ticket), maskOf(tasks), commitments],
    });
    held.ticket = withMask(held.ticket, mask & ~maskOf(tasks));
    return events;
  }

  expire(held: Held, by: Address) {
    return this.send(by, {
      abi: marketAbi,
      functionName: "expire",
      args: [held.operator, held.slot, ticketStruct(held.ticket)],
    });
  }

  /** Gives tasks back without the coordinator's consent. */
  async releaseEarly(held: Held, tasks: number[]) {
    const { mask } = unpackTicket(held.ticket);
    const events = await this.send(held.operator, {
      abi: marketAbi,
      functionName: "release",
      args: [held.operator, held.slot, ticketStruct(held.ticket), maskOf(tasks), "0x"],
    });
    held.ticket = withMask(held.ticket, mask & ~maskOf(tasks));
    return events;
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
      { abi: marketAbi, functionName: "topUp", args: [workflow, units] },
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

  replaceCoordinator({ id, steps }: Opened, coordinator: Address) {
    return this.send(this.requester, {
      abi: marketAbi,
      functionName: "replaceCoordinator",
      args: [id, coordinator, stepsRoot(steps)],
    });
  }

  /** Lets time pass; the next block is at least so much later. */
  async pass(seconds: number): Promise<void> {
    await this.env.test.increaseTime({ seconds });
    await this.env.test.mine({ blocks: 1 });
  }
}
