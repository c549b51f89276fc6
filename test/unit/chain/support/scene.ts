import { expect } from "chai";
import { zeroHash, type Address, type ContractFunctionArgs, type Hex } from "viem";
import { createChainReader } from "../../../../offchain/chain/chain-reader";
import { connect } from "../../../../offchain/chain/clients";
import { disputeKey } from "../../../../protocol/dispute-key";
import { catchUp } from "../../../../offchain/chain/follow-chain";
import { Ledger } from "../../../../offchain/chain/ledger";
import type { ChainReader } from "../../../../offchain/coordinator/facade";
import { closeDatabase, openDatabase, type Db } from "../../../../offchain/db/client";
import { marketAbi } from "../../../../protocol/abi";
import { assignmentPath, assignmentRoot, type Leaf } from "../../../../protocol/assignment";
import { commitmentHash, commitmentsRoot, openCommitment } from "../../../../protocol/commitment";
import { sha256, toBytes32 } from "../../../../protocol/digest";
import { marketDomain, TYPES } from "../../../../protocol/eip712";
import {
  encodeOperations,
  type ClaimOperation,
  type CommitOperation,
  type Operations,
  type SettleOperation,
} from "../../../../protocol/operations";
import { receiptsToSign } from "../../../../protocol/receipts";
import { RULE, termsOpening, type StepTerms } from "../../../../protocol/terms";
import {
  maskOf,
  tasksOf,
  ticketHash,
  ticketStruct,
  unpackTicket,
  withMask,
  type Ticket,
} from "../../../../protocol/ticket";
import { devnetAccount, ROLES } from "../../../../devnet/chain";
import { startTestChain, type TestChain } from "../../../support/chain";
import { compare } from "./compare";
import { NO_JUDGE } from "../../../support/no-judge";

/** Accounts of the devnet's mnemonic. */
export const [A, B, REQUESTER, AUDITOR] = [
  ROLES.operators,
  ROLES.operators + 1,
  ROLES.requesters,
  ROLES.auditor,
];
export const JURORS = [11, 12, 13, 14, 15];
const PEOPLE = [ROLES.coordinator, A, B, REQUESTER, AUDITOR, ...JURORS];
const coordinator = devnetAccount(ROLES.coordinator);

export const STATEMENT: Hex = "0x1234";
export const RESULT: Hex = "0x5678";
export const digestOfHex = (hex: Hex): Hex => toBytes32(sha256(Buffer.from(hex.slice(2), "hex")));
export const addressOf = (account: number): Address => devnetAccount(account).address;

/** Contracts that answer every call with the word zero, or one: a verifier's firm no, and yes. */
const ANSWERS = { no: "0x60005f5260205ff3", yes: "0x60015f5260205ff3" } as const;
export type Answer = (answer: keyof typeof ANSWERS) => Promise<Address>;

/** A step whose terms a test need not care about. */
export function stepTerms(
  change: Partial<Omit<StepTerms, "judge">> & { judge?: Partial<StepTerms["judge"]> },
): StepTerms {
  const judge = { ...NO_JUDGE, ...change.judge };
  const common = { firstTask: 0, maxTasks: 8, ceiling: 10n, bond: 40n, claimTime: 60, window: 60 };
  return { ...common, rule: RULE.accepted, isFinal: false, ...change, judge };
}

export const leafOf = (task: number, attempt: number, inputsDigest: Hex = zeroHash): Leaf => ({
  task,
  attempt,
  inputsDigest,
  statementDigest: digestOfHex(STATEMENT),
  decisionDigest: zeroHash,
});

type Call = Parameters<TestChain["call"]>[1];

/** A market on a real chain, and beside it the chain tables, which must say the same after every call. */
export class Scene {
  readonly reader: ChainReader;
  /** Leaves by the root that was signed over them. */
  readonly leaves = new Map<Hex, Leaf[]>();

  private constructor(
    readonly chain: TestChain,
    readonly db: Db,
    private readonly ledger: Ledger,
    readonly steps: StepTerms[],
  ) {
    this.reader = createChainReader(db, ledger);
  }

  static async start(steps: (verifier: Answer) => Promise<StepTerms[]>): Promise<Scene> {
    const chain = await startTestChain();
    const market = chain.market.toLowerCase() as Address;
    const db = openDatabase(":memory:");
    const identity = { chainId: 31337, market, fromBlock: chain.fromBlock };
    const ledger = new Ledger(db, identity, chain.minStake, 0);
    const verifier: Answer = async (answer) => {
      const code = ANSWERS[answer];
      // Init code: copies what follows these nine bytes to memory and returns it.
      const size = ((code.length - 2) / 2).toString(16).padStart(2, "0");
      const bytecode: Hex = `0x60${size}8060095f395ff3${code.slice(2)}`;
      const contract = { contractName: "Answer", abi: [], bytecode };
      return (await chain.deployer.deploy(code, contract)).address;
    };
    return new Scene(chain, db, ledger, await steps(verifier));
  }

  async stop(): Promise<void> {
    closeDatabase(this.db);
    await this.chain.stop();
  }

  /** Brings the ledger up to the head and compares everything that the contract can be asked for. */
  async agree(): Promise<void> {
    const { chain, ledger, db } = this;
    const client = connect(chain.rpcUrl, 25);
    const { market, fromBlock } = chain;
    for await (const step of catchUp({ client, market, fromBlock, finality: 64 }, ledger))
      ledger.apply(step);
    await compare(chain, db, PEOPLE.map(addressOf));
  }

  /** Calls the market, expects it to succeed, and compares. */
  async call<N extends Call>(
    account: number,
    functionName: N,
    args: ContractFunctionArgs<typeof marketAbi, "nonpayable" | "payable", N>,
    value = 0n,
  ): Promise<void> {
    const hash = await this.chain.call(account, functionName, args, value);
    const { status } = await this.chain.client.getTransactionReceipt({ hash });
    expect(status, functionName).equal("success");
    await this.agree();
  }

  deposit(account: number, units: bigint): Promise<void> {
    return this.call(account, "deposit", [addressOf(account), units], units * this.chain.unit);
  }

  async now(): Promise<number> {
    return Number((await this.chain.client.getBlock()).timestamp);
  }

  async pass(seconds: number): Promise<void> {
    await this.chain.test.increaseTime({ seconds });
    await this.chain.test.mine({ blocks: 1 });
  }

  /** One by one: many at once are blocks that Hardhat does not link to their parents. */
  async mine(blocks: number): Promise<void> {
    for (let i = 0; i < blocks; i++) await this.chain.test.mine({ blocks: 1 });
  }

  async open(escrow: bigint, feeBps: number, silenceDelay = 0): Promise<void> {
    const terms = {
      specHash: zeroHash,
      key: zeroHash,
      coordinator: coordinator.address,
      feeBps,
      deadline: (await this.now()) + 100_000,
      silenceDelay,
    };
    const value = escrow * this.chain.unit;
    await this.call(REQUESTER, "openWorkflow", [terms, this.steps, escrow], value);
  }

  pay(task: number) {
    return this.reader.task(1, task)?.pay;
  }

  ticketOf(account: number, slot: number): Ticket {
    return this.reader.batch(addressOf(account), slot)!.ticket;
  }

  struct(account: number, slot: number) {
    return ticketStruct(this.ticketOf(account, slot));
  }

  /** The coordinator's signature over a message. */
  sign(primaryType: "Release" | "Acceptance" | "Assignment", message: object): Promise<Hex> {
    const domain = marketDomain(31337, this.chain.market);
    return coordinator.signTypedData({ domain, types: TYPES, primaryType, message } as never);
  }

  /** Signs that tasks of a slot may be given back. */
  release(account: number, slot: number, tasks: number[]): Promise<Hex> {
    const ticket = ticketHash(withMask(this.ticketOf(account, slot), maskOf(tasks)));
    return this.sign("Release", { operator: addressOf(account), ticket });
  }

  /** Sends operations as their operator, or as its delegate. */
  advance(account: number, parts: Partial<Operations>, as = account): Promise<void> {
    const operations = encodeOperations({ settles: [], commits: [], claims: [], ...parts });
    return as === account
      ? this.call(account, "advance", [operations])
      : this.call(as, "advanceFor", [addressOf(account), operations]);
  }

  async claimOperation(
    account: number,
    slot: number,
    step: number,
    tasks: number[],
    attempt: number,
    more: { from?: { holder: number; slot: number }; inputsDigest?: Hex } = {},
  ): Promise<ClaimOperation> {
    const leaves = tasks.map((task) => leafOf(task, attempt, more.inputsDigest));
    const root = assignmentRoot(leaves);
    this.leaves.set(root, leaves);
    const assignment = {
      workflow: 1,
      step,
      attempt,
      word: 0,
      mask: maskOf(tasks),
      price: 9n,
      claimBy: (await this.now()) + 30,
      root,
    };
    const operator = addressOf(account);
    const { from } = more;
    return {
      slot,
      assignment,
      claimMask: 0n,
      signature: await this.sign("Assignment", { ...assignment, operator }),
      opening: termsOpening(this.steps, step),
      takeOvers: from
        ? [
            {
              holder: addressOf(from.holder),
              slot: from.slot,
              ticket: this.ticketOf(from.holder, from.slot),
            },
          ]
        : [],
    };
  }

  async claim(...args: Parameters<Scene["claimOperation"]>): Promise<void> {
    await this.advance(args[0], { claims: [await this.claimOperation(...args)] });
  }

  commitmentsOf(account: number, slot: number, tasks: number[], result = RESULT): Hex[] {
    const { workflow, attempt, root } = unpackTicket(this.ticketOf(account, slot));
    const operator = addressOf(account);
    const common = { chainId: 31337, market: this.chain.market, workflow, attempt, operator, root };
    const resultDigest = digestOfHex(result);
    return tasks.map((task) => commitmentHash({ ...common, task, resultDigest }));
  }

  async commitOperation(
    account: number,
    slot: number,
    tasks: number[],
    partSlot = 0,
  ): Promise<CommitOperation> {
    const ticket = this.ticketOf(account, slot);
    const commitments = this.commitmentsOf(account, slot, tasks);
    const acceptance = await this.sign("Acceptance", {
      operator: addressOf(account),
      ticket: ticketHash(withMask(ticket, maskOf(tasks))),
      commitmentsRoot: commitmentsRoot(commitments),
    });
    return { slot, ticket, subMask: maskOf(tasks), partSlot, commitments, acceptance };
  }

  async commit(...args: Parameters<Scene["commitOperation"]>): Promise<void> {
    await this.advance(args[0], { commits: [await this.commitOperation(...args)] });
  }

  settleOperation(account: number, slot: number): SettleOperation {
    const { ticket, commitments } = this.reader.batch(addressOf(account), slot)!;
    return { slot, ticket, commitmentsRoot: commitmentsRoot(commitments) };
  }

  settle(account: number, slot: number): Promise<void> {
    return this.advance(account, { settles: [this.settleOperation(account, slot)] });
  }

  /** Claims tasks of a step with attempt `attempt` and commits all of them in the same slot. */
  async batch(...args: Parameters<Scene["claimOperation"]>): Promise<void> {
    await this.claim(...args);
    await this.commit(args[0], args[1], args[3]);
  }

  /** One commitment of a batch (struct BatchOpening). */
  opening(account: number, slot: number, task: number) {
    const { ticket, commitments } = this.reader.batch(addressOf(account), slot)!;
    const { word, mask, root } = unpackTicket(ticket);
    return {
      operator: addressOf(account),
      slot,
      ticket: ticketStruct(ticket),
      root,
      commitment: openCommitment(commitments, tasksOf(word, mask).indexOf(task)),
    };
  }

  /** A leaf with its path (struct LeafOpening). */
  leaf(root: Hex, task: number) {
    const leaves = this.leaves.get(root)!;
    const position = leaves.findIndex((leaf) => leaf.task === task);
    return { leaf: leaves[position]!, path: assignmentPath(leaves, position) };
  }

  judge(step: number) {
    return this.steps[step]!.judge;
  }

  /** @returns the name of the newest attempt's dispute */
  key(task: number): Hex {
    return disputeKey({ workflow: 1, task, attempt: this.reader.task(1, task)!.attempt });
  }

  /** @returns the root that a task's newest claim was signed with */
  root(task: number): Hex {
    return this.reader.task(1, task)!.root;
  }

  /** An operator's word that its result for a task is this one. */
  async receipt(account: number, task: number, result: Hex) {
    const { attempt, root } = this.reader.task(1, task)!;
    const resultDigest = digestOfHex(result);
    const operator = addressOf(account);
    const place = { chainId: 31337, market: this.chain.market, operator };
    const commitment = commitmentHash({ ...place, workflow: 1, task, attempt, root, resultDigest });
    const typed = receiptsToSign(marketDomain(31337, place.market), [commitment]);
    const signature = await devnetAccount(account).signTypedData(typed);
    return { resultDigest, path: [], signature };
  }
}
