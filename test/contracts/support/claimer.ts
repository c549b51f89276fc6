import { time } from "@nomicfoundation/hardhat-network-helpers";
import { ethers } from "hardhat";
import { sha256, toHex, type Hex } from "viem";
import { assignmentRoot } from "../../../protocol/assignment";
import { marketDomain, TYPES } from "../../../protocol/eip712";
import type { ClaimOperation, TakeOver } from "../../../protocol/operations";
import {
  judgeHash,
  minimumEscrow,
  termsOpening,
  type JudgeTerms,
  type StepTerms,
} from "../../../protocol/terms";
import { placeOf } from "../../../protocol/task-place";
import { maskOf, packTicket, tasksOf } from "../../../protocol/ticket";
import { Caller } from "./caller";
import {
  operationsOf,
  statementOf,
  UNIT,
  ZERO32,
  type Account,
  type Claim,
  type Offer,
  type OpenWorkflow,
  type Parts,
} from "./scenario";

/** The shortest way to workflows, assignments and claims. */
export class Claimer extends Caller {
  /** Three steps: 300 verified tasks, 192 accepted ones, a final one. */
  steps(change: Partial<StepTerms> = {}, judgeChange: Partial<JudgeTerms> = {}): StepTerms[] {
    const common = { claimTime: 600, window: 300 };
    const judge = {
      verifier: this.echo as Hex,
      verifierGas: 100_000,
      maxReveal: 1024,
      checkProgram: ZERO32,
      jurorFee: 0n,
      openRoot: ZERO32,
    };
    const verified = {
      ...common,
      rule: 0,
      isFinal: false,
      judge: { ...judge, ...judgeChange },
    };
    return [
      { firstTask: 0, maxTasks: 300, ceiling: 1_000n, bond: 501n, ...verified, ...change },
      {
        firstTask: 300,
        maxTasks: 192,
        ceiling: 700n,
        bond: 300n,
        ...common,
        rule: 1,
        isFinal: false,
        judge: { ...judge, verifier: ethers.ZeroAddress as Hex, verifierGas: 0 },
      },
      { firstTask: 492, maxTasks: 1, ceiling: 5_000n, bond: 2_000n, ...verified, isFinal: true },
    ];
  }

  /** A workflow's terms, each of which a test may choose or spoil. */
  async terms(change: Record<string, unknown> = {}) {
    return {
      specHash: ethers.id("spec"),
      key: ethers.id("key"),
      coordinator: this.coordinator.address,
      feeBps: 0,
      deadline: (await time.latest()) + 100_000,
      silenceDelay: 0,
      ...change,
    };
  }

  async open(
    options: {
      steps?: StepTerms[];
      feeBps?: number;
      requester?: Account;
      extra?: bigint;
      silenceDelay?: number;
    } = {},
  ): Promise<OpenWorkflow> {
    const steps = options.steps ?? this.steps();
    const feeBps = options.feeBps ?? 250;
    const terms = await this.terms({ feeBps, silenceDelay: options.silenceDelay ?? 0 });
    const escrow = minimumEscrow(steps, feeBps) + (options.extra ?? 0n);
    const events = await this.send(
      options.requester ?? this.requester,
      "openWorkflow",
      [terms, steps, escrow],
      { value: escrow * UNIT },
    );
    return { id: Number(events[0]!.args.workflow), steps, deadline: terms.deadline };
  }

  /** Sends operations as their operator. */
  advance(operator: Account, operations: Parts, as: Account = operator) {
    const bytes = operationsOf(operations);
    return as === operator
      ? this.send(operator, "advance", [bytes])
      : this.send(as, "advanceFor", [operator.address, bytes]);
  }

  /** Expects operations to be refused. */
  refusesOperations(operator: Account, parts: Parts, error: string, errorArgs?: unknown[]) {
    return this.refuses(operator, "advance", [operationsOf(parts)], error, errorArgs);
  }

  /** The coordinator's signature over an EIP-712 message. */
  sign(
    type: "Assignment" | "Acceptance" | "Release" | "Receipts",
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
      inputsDigests?: Hex[];
    } = {},
  ): Promise<Offer> {
    const step = options.step ?? 0;
    const terms = workflow.steps[step]!;
    const attempt = options.attempt ?? 1;
    const leaves = tasks.map((task, i) => ({
      task,
      attempt,
      inputsDigest: options.inputsDigests?.[i] ?? sha256(toHex(`inputs ${task}`)),
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

  claimCall(
    offer: Offer,
    slot = 0,
    more: { claimMask?: bigint; takeOvers?: TakeOver[] } = {},
  ): ClaimOperation {
    return {
      slot,
      assignment: offer.assignment,
      claimMask: more.claimMask ?? 0n,
      signature: offer.signature as Hex,
      opening: termsOpening(offer.workflow.steps, offer.step),
      takeOvers: more.takeOvers ?? [],
    };
  }

  /** Offers and claims. */
  async claim(
    workflow: OpenWorkflow,
    operator: Account,
    tasks: number[],
    options: Parameters<Claimer["offer"]>[3] & {
      slot?: number;
      claimMask?: bigint;
      takeOvers?: TakeOver[];
    } = {},
  ): Promise<Claim> {
    const offer = await this.offer(workflow, operator, tasks, options);
    const slot = options.slot ?? 0;
    await this.advance(operator, { claims: [this.claimCall(offer, slot, options)] });
    return this.claimFrom(offer, slot, options.claimMask);
  }

  /** The claim that comes of an offer. */
  claimFrom(offer: Offer, slot: number, claimMask?: bigint): Claim {
    const { assignment, workflow, step } = offer;
    const terms = workflow.steps[step]!;
    const ticket = packTicket({
      ...assignment,
      mask: claimMask || assignment.mask,
      bond: terms.bond,
      rule: terms.rule,
      window: terms.isFinal ? 0 : terms.window,
      open: false,
      judgeHash: judgeHash(terms.judge),
    });
    return { offer, slot, ticket, commitments: [], results: [] };
  }

  tasksOf(claim: Claim): number[] {
    return tasksOf(claim.offer.assignment.word, claim.ticket.scope & ((1n << 192n) - 1n));
  }
}
