import { expect } from "chai";
import { LIMITS } from "../../../protocol/limits";
import { RULE } from "../../../protocol/terms";
import { maskOf, tasksOf, ticketStruct, unpackTicket } from "../../../protocol/ticket";
import {
  A,
  addressOf,
  AUDITOR,
  B,
  REQUESTER,
  RESULT,
  Scene,
  STATEMENT,
  stepTerms,
} from "./support/scene";

/** A hot key. */
const HOT = 10;

describe("the ledger beside the contract", () => {
  let scene: Scene;

  before(async function () {
    this.timeout(120_000);
    scene = await Scene.start(async (verifier) => {
      const judge = { verifierGas: 50_000 };
      return [
        stepTerms({ firstTask: 0, maxTasks: 8 }),
        stepTerms({
          firstTask: 8,
          maxTasks: 4,
          rule: RULE.verifier,
          judge: { ...judge, verifier: await verifier("no") },
        }),
        stepTerms({
          firstTask: 12,
          maxTasks: 1,
          rule: RULE.verifier,
          isFinal: true,
          judge: { ...judge, verifier: await verifier("yes") },
        }),
      ];
    });
  });
  after(() => scene?.stop());

  const pay = (task: number) => scene.pay(task);

  it("holds the stakes and the escrow", async () => {
    for (const account of [A, B]) await scene.deposit(account, 1000n);
    await scene.open(200n, 500);
    expect(scene.reader.workflow(1)!.steps).deep.equal(scene.steps);
  });

  it("follows a claim through a part committed, a part released and a part conceded", async () => {
    await scene.claim(A, 0, 0, [0, 1, 2, 3], 1);
    await scene.commit(A, 0, [0, 1], 1);
    const operator = addressOf(A);
    const signature = await scene.release(A, 0, [2]);
    await scene.call(A, "release", [operator, 0, scene.struct(A, 0), maskOf([2]), signature]);
    const commitments = scene.commitmentsOf(A, 0, [3]);
    await scene.call(A, "concede", [operator, 0, scene.struct(A, 0), maskOf([3]), commitments]);
    expect([0, 1, 2, 3].map(pay)).deep.equal(["committed", "committed", "released", "conceded"]);
    expect(
      scene.reader
        .liveBatches(1)
        .map(({ slot, ticket }) => [slot, tasksOf(0, unpackTicket(ticket).mask)]),
    ).deep.equal([[1, [0, 1]]]);
  });

  it("follows a claim that is taken over in parts, and one that anyone ends", async () => {
    await scene.claim(B, 0, 0, [2, 3], 2);
    await scene.pass(100);
    await scene.claim(A, 2, 0, [2], 3, { from: { holder: B, slot: 0 } });
    expect(scene.reader.task(1, 2)).include({
      operator: addressOf(A).toLowerCase(),
      attempt: 3,
      pay: "claimed",
    });
    await scene.call(AUDITOR, "expire", [addressOf(B), 0, scene.struct(B, 0)]);
    expect(pay(3)).equal("expired");
    expect(pay(2)).equal("claimed");
  });

  it("follows a batch to its settlement", async () => {
    await scene.settle(A, 1);
    expect([0, 1].map(pay)).deep.equal(["settled", "settled"]);
    await scene.call(A, "withdrawOwed", [addressOf(A)]);
  });

  it("follows a strike, the rest of its batch, and the task's next claim", async () => {
    await scene.batch(B, 1, 1, [8, 9], 1);
    await scene.call(AUDITOR, "challenge", [
      scene.opening(B, 1, 8),
      scene.judge(1),
      scene.leaf(scene.root(8), 8),
      STATEMENT,
      RESULT,
    ]);
    expect([8, 9].map(pay)).deep.equal(["struck", "committed"]);
    await scene.claim(A, 3, 1, [8], 2);
    await scene.pass(100);
    await scene.settle(B, 1);
    expect(pay(9)).equal("settled");
    expect(scene.reader.task(1, 8)).include({
      pay: "claimed",
      attempt: 2,
      operator: addressOf(A).toLowerCase(),
    });
  });

  it("follows an early release without a signature, which costs a part of the bond", async () => {
    await scene.claim(B, 2, 0, [4, 5, 6], 1);
    const { free, locked } = scene.reader.account(addressOf(B));
    await scene.call(B, "release", [addressOf(B), 2, scene.struct(B, 2), maskOf([4, 5]), "0x"]);
    const after = scene.reader.account(addressOf(B));
    expect([after.free - free, locked - after.locked]).deep.equal([72n, 80n]);
    await scene.call(B, "release", [addressOf(B), 2, scene.struct(B, 2), 0n, "0x"]);
    expect([4, 5, 6].map(pay)).deep.equal(["released", "released", "released"]);
  });

  it("follows what a delegate does for its operator, in one transaction that settles, commits and claims", async () => {
    await scene.call(B, "setDelegate", [addressOf(HOT)]);
    await scene.batch(B, 4, 1, [10], 1);
    await scene.claim(B, 5, 0, [4], 2);
    await scene.pass(58); // the batch matures before the claim is late
    const claim = await scene.claimOperation(B, 4, 0, [5, 6], 2);
    const commit = await scene.commitOperation(B, 5, [4]);
    const settle = scene.settleOperation(B, 4);
    await scene.advance(B, { settles: [settle], commits: [commit], claims: [claim] }, HOT);
    expect([10, 4, 5, 6].map(pay)).deep.equal(["settled", "committed", "claimed", "claimed"]);
    await scene.call(HOT, "release", [
      addressOf(B),
      4,
      scene.struct(B, 4),
      0n,
      await scene.release(B, 4, [5, 6]),
    ]);
    await scene.call(B, "setDelegate", [`0x${"00".repeat(20)}`]);
  });

  it("follows the final proof, which pays at once and completes the workflow", async () => {
    await scene.claim(A, 4, 2, [12], 1);
    await scene.call(A, "submitFinal", [
      addressOf(A),
      4,
      ticketStruct(scene.ticketOf(A, 4)),
      scene.root(12),
      scene.judge(2),
      scene.leaf(scene.root(12), 12),
      STATEMENT,
      RESULT,
    ]);
    expect(pay(12)).equal("settled");
    expect(scene.reader.workflow(1)!.completionTx).match(/^0x/);
  });

  it("follows the refund and the fee", async () => {
    await scene.pass(15 * 60);
    await scene.call(REQUESTER, "refund", [1]);
    await scene.pass(10_000 + LIMITS.feeDelay);
    for (const slot of [2, 3])
      await scene.call(AUDITOR, "expire", [addressOf(A), slot, scene.struct(A, slot)]);
    await scene.settle(B, 5);
    await scene.call(AUDITOR, "payFee", [1]);
    await scene.call(REQUESTER, "refund", [1]);
    expect(scene.reader.liveBatches(1)).deep.equal([]);
  });

  it("keeps every event with the workflow that it is about, if it is about one", () => {
    const names = scene.db.$client
      .prepare<[], { name: string; workflow: number | null }>(
        "select distinct name, workflow from chain_events left join chain_event_workflows using (block, log_index)",
      )
      .all();
    const of = (workflow: number | null) =>
      names.flatMap((row) => (row.workflow === workflow ? [row.name] : [])).sort();
    expect(of(null)).deep.equal(["DelegateSet", "OwedWithdrawn", "StakeDeposited"]);
    expect(of(1)).deep.equal([
      "Advanced",
      "Conceded",
      "EscrowRefunded",
      "Expired",
      "FeePaid",
      "FinalAccepted",
      "Released",
      "Struck",
      "WorkflowCompleted",
      "WorkflowOpened",
    ]);
  });
});
