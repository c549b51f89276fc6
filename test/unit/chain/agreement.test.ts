import { expect } from "chai";
import { zeroAddress, zeroHash, type Address, type Hex } from "viem";
import { createChainReader } from "../../../offchain/chain/chain-reader";
import { connect } from "../../../offchain/chain/clients";
import { catchUp } from "../../../offchain/chain/follow-chain";
import { Ledger } from "../../../offchain/chain/ledger";
import type { ChainReader } from "../../../offchain/coordinator/facade";
import { closeDatabase, openDatabase, type Db } from "../../../offchain/db/client";
import { marketAbi } from "../../../protocol/abi";
import { assignmentPath, assignmentRoot, type Leaf } from "../../../protocol/assignment";
import { commitmentHash, commitmentsRoot, openCommitment } from "../../../protocol/commitment";
import { sha256, toBytes32 } from "../../../protocol/digest";
import { marketDomain, TYPES } from "../../../protocol/eip712";
import { RULE, termsOpening, type StepTerms } from "../../../protocol/terms";
import { maskOf, tasksOf, unpackTicket } from "../../../protocol/ticket";
import { devnetAccount, ROLES } from "../../../devnet/chain";
import { startTestChain, type TestChain } from "../../support/chain";

const [A, B, REQUESTER, AUDITOR] = [
  ROLES.operators,
  ROLES.operators + 1,
  ROLES.requesters,
  ROLES.auditor,
];
const coordinator = devnetAccount(ROLES.coordinator);
const STATEMENT: Hex = "0x1234";
const RESULT: Hex = "0x5678";
const digestOfHex = (hex: Hex): Hex => toBytes32(sha256(Buffer.from(hex.slice(2), "hex")));
/** Contracts that answer every call with the word zero, or one: a verifier's firm no, and yes. */
const ANSWERS = { no: "0x60005f5260205ff3", yes: "0x60015f5260205ff3" } as const;

describe("the ledger beside the contract", () => {
  let chain: TestChain;
  let db: Db;
  let ledger: Ledger;
  let reader: ChainReader;
  let steps: StepTerms[];

  before(async function () {
    this.timeout(120_000);
    chain = await startTestChain();
    db = openDatabase(":memory:");
    const market = chain.market.toLowerCase() as Address;
    ledger = new Ledger(db, { chainId: 31337, market, fromBlock: chain.fromBlock });
    reader = createChainReader(db, ledger);
    const verifier = async (code: Hex): Promise<Address> => {
      // Init code: copies what follows these nine bytes to memory and returns it.
      const size = ((code.length - 2) / 2).toString(16).padStart(2, "0");
      const bytecode: Hex = `0x60${size}8060095f395ff3${code.slice(2)}`;
      const { address } = await chain.deployer.deploy(code, {
        contractName: "Answer",
        abi: [],
        bytecode,
      });
      return address;
    };
    const common = { ceiling: 10n, bond: 40n, claimTime: 60, window: 60, maxReveal: 0 };
    const none = { verifierGas: 0, verifier: zeroAddress };
    steps = [
      { ...common, ...none, firstTask: 0, maxTasks: 8, rule: RULE.accepted, isFinal: false },
      {
        ...common,
        firstTask: 8,
        maxTasks: 4,
        rule: RULE.verifier,
        isFinal: false,
        verifierGas: 50_000,
        verifier: await verifier(ANSWERS.no),
      },
      {
        ...common,
        firstTask: 12,
        maxTasks: 1,
        rule: RULE.verifier,
        isFinal: true,
        verifierGas: 50_000,
        verifier: await verifier(ANSWERS.yes),
      },
    ];
  });
  after(async () => {
    if (db) closeDatabase(db);
    await chain?.stop();
  });

  /** Brings the ledger up to the head and compares everything that the contract can be asked for. */
  async function agree(): Promise<void> {
    const follow = {
      client: connect(chain.rpcUrl, 25),
      market: chain.market,
      fromBlock: chain.fromBlock,
      finality: 64,
    };
    for await (const step of catchUp(follow, ledger)) ledger.apply(step);
    const read = chain.client.readContract.bind(chain.client);
    const base = { address: chain.market, abi: marketAbi } as const;
    for (const account of [A, B, REQUESTER, AUDITOR, ROLES.coordinator]) {
      const { address } = devnetAccount(account);
      const [free, locked, owed] = await read({
        ...base,
        functionName: "accountOf",
        args: [address],
      });
      const { free: ourFree, locked: ourLocked, owed: ourOwed } = reader.account(address);
      expect({ free: ourFree, locked: ourLocked, owed: ourOwed }, address).deep.equal({
        free,
        locked,
        owed,
      });
    }
    const ours = reader.workflow(1);
    if (!ours) return;
    const theirs = await read({ ...base, functionName: "workflowOf", args: [1] });
    expect(ours).include({
      status: theirs[2],
      deadline: theirs[4],
      escrow: theirs[5],
      refunded: theirs[6],
    });
    const [, spent] = await read({ ...base, functionName: "taskWordOf", args: [1, 0] });
    expect(ours.spent).equal(spent);
    for (const batch of db.$client
      .prepare<[], { operator: Address; slot: string; state: string }>(
        "select operator, slot, state from chain_batches",
      )
      .all()) {
      const [state] = await read({
        ...base,
        functionName: "slotOf",
        args: [batch.operator, BigInt(batch.slot)],
      });
      expect(
        { empty: 3, credited: 3, claimed: 1, committed: 2 }[batch.state],
        JSON.stringify(batch),
      ).equal(state);
    }
  }

  const leavesOf = (tasks: number[], attempt: number): Leaf[] =>
    tasks.map((task) => ({
      task,
      attempt,
      inputsDigest: zeroHash,
      statementDigest: digestOfHex(STATEMENT),
      decisionDigest: zeroHash,
    }));
  const pay = (task: number) => reader.task(1, task)?.pay;
  const ticketOf = (account: number, slot: bigint) => {
    const { head, tail, root } = reader.batch(devnetAccount(account).address, slot)!;
    return { head, tail, root };
  };
  /** The coordinator's signature over a message about tasks of a slot. */
  function sign(
    primaryType: "Release" | "Acceptance",
    account: number,
    slot: bigint,
    mask: bigint,
    more: object = {},
  ) {
    const { workflow, step, attempt, word, root } = unpackTicket(ticketOf(account, slot));
    const operator = devnetAccount(account).address;
    const message = { workflow, step, operator, attempt, word, mask, root, ...more };
    const domain = marketDomain(31337, chain.market);
    return coordinator.signTypedData({ domain, types: TYPES, primaryType, message } as never);
  }

  async function claim(
    account: number,
    slot: bigint,
    step: number,
    tasks: number[],
    attempt: number,
    from?: { holder: number; slot: bigint },
  ) {
    const { timestamp } = await chain.client.getBlock();
    const root = assignmentRoot(leavesOf(tasks, attempt));
    const operator = devnetAccount(account).address;
    const assignment = {
      workflow: 1,
      step,
      attempt,
      word: 0,
      mask: maskOf(tasks),
      price: 9n,
      claimBy: Number(timestamp) + 30,
      root,
    };
    const signature = await coordinator.signTypedData({
      domain: marketDomain(31337, chain.market),
      types: TYPES,
      primaryType: "Assignment",
      message: { ...assignment, operator },
    });
    const takeOvers = from
      ? [
          {
            holder: devnetAccount(from.holder).address,
            slot: from.slot,
            ticket: ticketOf(from.holder, from.slot),
          },
        ]
      : [];
    await chain.call(account, "advance", [
      [],
      [],
      [
        {
          slot,
          assignment,
          claimMask: 0n,
          signature,
          opening: termsOpening(steps, step),
          takeOvers,
        },
      ],
    ]);
    await agree();
  }

  function commitmentsOf(account: number, slot: bigint, tasks: number[]): Hex[] {
    const { attempt, root } = unpackTicket(ticketOf(account, slot));
    const operator = devnetAccount(account).address;
    return tasks.map((task) =>
      commitmentHash({
        chainId: 31337,
        market: chain.market,
        workflow: 1,
        task,
        attempt,
        operator,
        root,
        resultDigest: digestOfHex(RESULT),
      }),
    );
  }

  async function commit(
    account: number,
    slot: bigint,
    tasks: number[],
    partSlot = 0n,
  ): Promise<void> {
    const commitments = commitmentsOf(account, slot, tasks);
    const acceptance = await sign("Acceptance", account, slot, maskOf(tasks), {
      commitmentsRoot: commitmentsRoot(commitments),
    });
    const ticket = ticketOf(account, slot);
    await chain.call(account, "advance", [
      [],
      [{ slot, ticket, subMask: maskOf(tasks), partSlot, commitments, acceptance }],
      [],
    ]);
    await agree();
  }

  async function settle(account: number, slot: bigint, tasks: number[]): Promise<void> {
    const root = commitmentsRoot(commitmentsOf(account, slot, tasks));
    await chain.call(account, "advance", [
      [{ slot, ticket: ticketOf(account, slot), commitmentsRoot: root }],
      [],
      [],
    ]);
    await agree();
  }

  async function pass(seconds: number): Promise<void> {
    await chain.test.increaseTime({ seconds });
    await chain.test.mine({ blocks: 1 });
  }

  it("holds the stakes and the escrow", async () => {
    for (const account of [A, B])
      await chain.call(account, "deposit", [devnetAccount(account).address], 1000n * chain.unit);
    const { timestamp } = await chain.client.getBlock();
    const terms = {
      specHash: zeroHash,
      key: zeroHash,
      coordinator: coordinator.address,
      feeBps: 500,
      deadline: Number(timestamp) + 100_000,
    };
    await chain.call(REQUESTER, "openWorkflow", [terms, steps], 200n * chain.unit);
    await agree();
    expect(reader.workflow(1)!.steps).deep.equal(steps);
  });

  it("follows a claim through a part committed, a part released and a part conceded", async () => {
    await claim(A, 0n, 0, [0, 1, 2, 3], 1);
    await commit(A, 0n, [0, 1], 1n);
    await chain.call(A, "release", [
      0n,
      ticketOf(A, 0n),
      maskOf([2]),
      await sign("Release", A, 0n, maskOf([2])),
    ]);
    await agree();
    await chain.call(A, "concede", [0n, ticketOf(A, 0n), maskOf([3]), commitmentsOf(A, 0n, [3])]);
    await agree();
    expect([0, 1, 2, 3].map(pay)).deep.equal(["committed", "committed", "released", "conceded"]);
    expect(
      reader
        .liveBatches(1)
        .map(({ slot, tail }) => [
          slot,
          tasksOf(0, unpackTicket({ ...ticketOf(A, slot), tail }).mask),
        ]),
    ).deep.equal([[1n, [0, 1]]]);
  });

  it("follows a claim that is taken over in parts, and one that anyone ends", async () => {
    await claim(B, 0n, 0, [2, 3], 2);
    await pass(100);
    await claim(A, 2n, 0, [2], 3, { holder: B, slot: 0n });
    expect(reader.task(1, 2)).include({
      operator: devnetAccount(A).address.toLowerCase(),
      attempt: 3,
      pay: "claimed",
    });
    await chain.call(AUDITOR, "expire", [devnetAccount(B).address, 0n, ticketOf(B, 0n)]);
    await agree();
    expect(pay(3)).equal("expired");
    expect(pay(2)).equal("claimed");
  });

  it("follows a batch to its settlement", async () => {
    await settle(A, 1n, [0, 1]);
    expect([0, 1].map(pay)).deep.equal(["settled", "settled"]);
    await chain.call(A, "withdrawOwed", [devnetAccount(A).address]);
    await agree();
  });

  it("follows a strike, the rest of its batch, and the task's next claim", async () => {
    await claim(B, 1n, 1, [8, 9], 1);
    await commit(B, 1n, [8, 9]);
    const commitments = commitmentsOf(B, 1n, [8, 9]);
    const leaves = leavesOf([8, 9], 1);
    await chain.call(AUDITOR, "challenge", [
      devnetAccount(B).address,
      1n,
      ticketOf(B, 1n),
      termsOpening(steps, 1),
      openCommitment(commitments, 0),
      leaves[0]!,
      assignmentPath(leaves, 0),
      STATEMENT,
      RESULT,
    ]);
    await agree();
    expect([8, 9].map(pay)).deep.equal(["struck", "committed"]);
    await claim(A, 3n, 1, [8], 2);
    await pass(100);
    await settle(B, 1n, [8, 9]);
    expect(pay(9)).equal("settled");
    expect(reader.task(1, 8)).include({
      pay: "claimed",
      attempt: 2,
      operator: devnetAccount(A).address.toLowerCase(),
    });
  });

  it("follows the final proof, which pays at once and completes the workflow", async () => {
    await claim(A, 4n, 2, [12], 1);
    const [leaf] = leavesOf([12], 1);
    await chain.call(A, "submitFinal", [
      4n,
      ticketOf(A, 4n),
      termsOpening(steps, 2),
      leaf!,
      [],
      STATEMENT,
      RESULT,
    ]);
    await agree();
    expect(pay(12)).equal("settled");
    expect(reader.workflow(1)!.completionTx).match(/^0x/);
  });

  it("follows the refund and the fee", async () => {
    await chain.call(REQUESTER, "refund", [1]);
    await agree();
    await pass(10_000);
    for (const [account, slot] of [
      [A, 2n],
      [A, 3n],
    ] as const) {
      await chain.call(AUDITOR, "expire", [
        devnetAccount(account).address,
        slot,
        ticketOf(account, slot),
      ]);
      await agree();
    }
    await chain.call(AUDITOR, "payFee", [1]);
    await chain.call(REQUESTER, "refund", [1]);
    await agree();
    expect(reader.liveBatches(1)).deep.equal([]);
  });
});
