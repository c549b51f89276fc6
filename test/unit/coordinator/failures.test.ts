import { expect } from "chai";
import { decodeFunctionData, getAddress, toHex, type Address, type Hex } from "viem";
import { marketAbi, WORKFLOW_STATUS } from "../../../protocol/abi";
import { assignmentRoot, inputsDigest, type Leaf } from "../../../protocol/assignment";
import { commitmentsRoot, openCommitment } from "../../../protocol/commitment";
import { canonicalJson, sha256, toBytes32 } from "../../../protocol/digest";
import { stepTermsOf } from "../../../protocol/terms";
import { ticketHash, ticketStruct } from "../../../protocol/ticket";
import { choose } from "../../../offchain/matchmaker/choose";
import { FrobenError } from "../../../protocol/errors";
import type { SignedAssignment } from "../../../protocol/http";
import { eachWithMarket } from "./support/each-with-market";
import type { Market } from "./support/market";
import { ADAPTER, PROGRAM, proofs } from "./support/specs";

const programs = [PROGRAM.prove];
const proof = (_: SignedAssignment, task: number) => ({ proof: `proof ${task}` });

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "none";
  } catch (error) {
    return error instanceof FrobenError ? error.code : String(error);
  }
}

describe("what the coordinator does when something goes wrong", () => {
  let market: Market;
  eachWithMarket((made) => (market = made));

  const views = () => market.coordinator.views;
  /** Says for an operator that it gives the first attempt of task 0 up. */
  const giveUp = (address: Address, { workflow, root }: SignedAssignment, code: string) =>
    market.coordinator.failure(address, {
      workflow,
      task: 0,
      attempt: 1,
      root,
      code,
      message: "no",
      inputRefused: false,
    });

  it("gives a task whose operator fell silent to another, and lets the late report change nothing", async () => {
    const slow = await market.operator({ programs });
    await market.submit(1, proofs(1));
    const [first] = await slow.sync();
    slow.hold(first!);
    await slow.sync();
    market.chain.claim(first!);
    await market.settle();
    await market.pass(11_000);
    expect(views().attempts(1)[0]!.outcome).to.equal("silence");
    market.chain.pay(1, 0, "released");
    const other = await market.operator({ programs });
    await market.pass(1_500);
    await other.sync();
    expect([...other.assignments.values()][0]!.attempt).to.equal(2);
    const before = views().tasks(1);
    expect(await codeOf(slow.report(first!, 0, { proof: "late" }))).to.equal("attempt_stale");
    expect(views().tasks(1)).to.deep.equal(before);
  });

  it("signs a release with the cancellation of a claim that stands", async () => {
    const operator = await market.operator({ programs });
    await market.submit(1, proofs(1));
    const [body] = await operator.sync();
    operator.hold(body!);
    await operator.sync();
    market.chain.claim(body!);
    await market.settle();
    await market.pass(11_000);
    operator.running = [];
    await operator.sync();
    expect(operator.verdicts[0]).to.include({ verdict: "cancelled", attempt: 1 });
    expect(operator.verdicts[0]!.release).to.match(/^0x[0-9a-f]{130}$/);
    const ticket = ticketHash(operator.ticket(body!));
    const message = { operator: operator.address, ticket };
    expect(await market.signer("Release", message, operator.verdicts[0]!.release!)).to.equal(
      market.account.address,
    );
    await market.pass(1_500);
    expect(views().tasks(1)[0]!.state).to.equal("ready");
    expect(views().tasks(1)[0]!.reason).to.contain("stands");
  });

  it("signs the release of a claim that was on the way when its attempt was cancelled", async () => {
    const operator = await market.operator({ programs });
    await market.submit(1, proofs(1));
    const [body] = await operator.sync();
    operator.hold(body!);
    await operator.sync();
    await market.pass(11_000);
    operator.running = [];
    await operator.sync();
    expect(operator.verdicts[0]).to.include({ verdict: "cancelled", attempt: 1 });
    expect(operator.verdicts[0]!.release).to.equal(undefined);
    await operator.sync(); // says that it has seen the verdict
    operator.verdicts.splice(0);
    market.chain.claim(body!);
    await market.settle();
    await operator.sync();
    expect(operator.verdicts.at(-1)).to.include({ verdict: "cancelled", attempt: 1 });
    expect(operator.verdicts.at(-1)!.release).to.match(/^0x[0-9a-f]{130}$/);
  });

  it("takes an expired claim over when its holder does not give it back", async () => {
    const holder = await market.operator({ programs });
    await market.submit(1, proofs(1));
    const [first] = await holder.sync();
    market.chain.claim(first!);
    await market.settle();
    await market.coordinator.failure(holder.address, {
      workflow: 1,
      task: 0,
      attempt: 1,
      root: first!.root,
      code: "run_failed",
      message: "out of memory",
      inputRefused: false,
    });
    const other = await market.operator({ programs });
    await market.pass(100_000);
    await other.sync();
    await market.pass(2_000);
    expect(other.assignments.size).to.equal(0);
    await market.pass(30_000);
    await other.sync();
    await other.sync();
    const [body] = [...other.assignments.values()];
    const { money, scope, root, judgeHash } = holder.ticket(first!);
    expect(body!.takeOvers).to.deep.equal([
      {
        holder: holder.address,
        slot: 0,
        money: money.toString(),
        scope: scope.toString(),
        root,
        judgeHash,
      },
    ]);
  });

  it("has a wrong result done again elsewhere, and strikes it once it is committed", async () => {
    market.judge = (job) => ({ valid: !("result" in job && String(job.result) === "forged") });
    const cheat = await market.operator({ programs });
    const statements = proofs(1, {
      statement: "request",
      rule: { kind: "verifier", address: ADAPTER, gas: 300_000 },
    });
    market.store.put("request 0");
    await market.submit(1, statements);
    const [body] = await cheat.sync();
    market.chain.claim(body!);
    await market.settle();
    const forged = await cheat.report(body!, 0, { proof: "forged" });
    expect(views().attempts(1)[0]!.outcome).to.equal("invalid");
    expect(market.sent).to.deep.equal([]);
    market.chain.pay(1, 0, "committed", [cheat.commitment(body!, 0, forged)]);
    await market.settle();
    expect(market.sent.map(({ purpose }) => purpose)).to.deep.equal(["challenge/1/0/1"]);
    const { functionName, args } = decodeFunctionData({
      abi: marketAbi,
      data: market.sent[0]!.data,
    });
    expect(functionName).to.equal("challenge");
    // The contract refuses it with less than what the terms promise the verifier and it keeps for itself.
    expect(Number(market.sent[0]!.gas)).to.be.above((300_000 * 64) / 63 + 160_000);
    const [line] = body!.tasks;
    const leaf: Leaf = {
      task: 0,
      attempt: 1,
      inputsDigest: inputsDigest(body!.program, body!.params, line!.inputs),
      statementDigest: toBytes32(sha256("request 0")),
      decisionDigest: line!.decisionDigest as Hex,
    };
    expect(assignmentRoot([leaf])).to.equal(body!.root);
    const ticket = cheat.ticket(body!);
    const commitment = openCommitment([cheat.commitment(body!, 0, forged)], 0);
    expect(args).to.deep.equal([
      {
        operator: getAddress(cheat.address),
        slot: 0,
        ticket: ticketStruct(ticket),
        root: body!.root,
        commitment,
      },
      { ...stepTermsOf(statements)[0]!.judge, verifier: getAddress(ADAPTER) },
      { leaf, path: [] },
      toHex("request 0"),
      toHex("forged"),
    ]);
    // Another operator computes while the strike is under way.
    const honest = await market.operator({ programs });
    await market.pass(1_500);
    market.chain.pay(1, 0, "struck");
    await market.settle();
    expect(
      views()
        .operators()
        .find((o) => o.address === cheat.address)!.struck,
    ).to.equal(1);
    expect(await honest.work(proof)).to.deep.equal([0]);
    expect(views().workflow(1).counts).to.deep.equal({ done: 1 });
  });

  it("gives up after the step's number of attempts, and ends the workflow", async () => {
    const operator = await market.operator({ programs });
    await market.submit(1, proofs(1, { retry: { attempts: 2, backoffSeconds: 0 } }));
    for (let attempt = 1; attempt <= 2; attempt++) {
      const [body] = await operator.sync();
      await market.coordinator.failure(operator.address, {
        workflow: 1,
        task: 0,
        attempt,
        root: body!.root,
        code: "run_failed",
        message: "no",
        inputRefused: false,
      });
      await market.settle();
    }
    expect(views().workflow(1).state).to.equal("failed");
    await market.settle();
    expect(market.sent.map(({ purpose }) => purpose)).to.include("finish/1");
  });

  it("ends a claim that ran out while it was down, so that no late holder goes unpunished", async () => {
    const holder = await market.operator({ programs });
    await market.submit(1, proofs(1, { retry: { attempts: 1, backoffSeconds: 0 } }));
    const [body] = await holder.sync();
    market.chain.claim(body!);
    await market.settle();
    await market.stop();
    market.clock.advance(140_000); // the claim's 120 seconds, and the time that its holder has to end it itself
    await market.start();
    await market.pass(1_000);
    expect(market.sent.map(({ purpose }) => purpose.split("/")[0])).to.include("expire");
    expect(market.coordinator.views.workflow(1)).to.include({ state: "failed", settled: false });
    market.chain.pay(1, 0, "expired");
    await market.pass(40_000);
    expect(market.coordinator.views.workflow(1).settled).to.equal(true);
  });

  it("calls a failed workflow's payments final only when nothing can be claimed from it any more", async () => {
    const operator = await market.operator({ programs });
    for (const id of [1, 2]) {
      await market.submit(id, proofs(1, { retry: { attempts: 1, backoffSeconds: 0 } }));
      const body = (await operator.sync())[0]!;
      await giveUp(operator.address, body, "run_failed");
      await market.settle();
      expect(views().workflow(id)).to.include({ state: "failed", settled: false });
    }
    market.chain.end(1, WORKFLOW_STATUS.completed); // `finish` was included
    await market.settle();
    expect(views().workflow(1)).to.include({ settled: true });
    expect(views().workflow(2)).to.include({ settled: false });
    await market.pass(31_000); // claimBy has passed
    await market.pass(5_000);
    expect(views().workflow(2)).to.include({ settled: true });
  });

  it("does not count an assignment that nobody claimed as an attempt that failed", async () => {
    const operator = await market.operator({ programs });
    await market.submit(1, proofs(1, { retry: { attempts: 1, backoffSeconds: 0 } }));
    const [body] = await operator.sync();
    operator.hold(body!);
    for (let seconds = 0; seconds < 35; seconds += 5) {
      await operator.sync();
      await market.pass(5_000);
    }
    expect(views().attempts(1)[0]!.outcome).to.equal("unclaimed");
    expect(views().workflow(1).state).to.equal("running");
    await operator.sync();
    expect(views().tasks(1)[0]).to.include({ state: "assigned", attempt: 2 });
  });

  it("does not count an assignment that its operator did not accept as an attempt that failed", async () => {
    const operator = await market.operator({ programs });
    await market.submit(1, proofs(1, { retry: { attempts: 1, backoffSeconds: 0 } }));
    const [body] = await operator.sync();
    await giveUp(operator.address, body!, "assignment_too_late");
    expect(views().attempts(1)[0]!.outcome).to.equal("declined");
    expect(await operator.sync()).to.have.length(0);
    await market.pass(1_500);
    const [again] = await operator.sync();
    expect(again!.tasks.map(({ task, attempt }) => [task, attempt])).to.deep.equal([[0, 2]]);
    expect(views().workflow(1).state).to.equal("running");
  });

  it("holds a result back until the claim behind it is on-chain", async () => {
    const operator = await market.operator({ programs });
    await market.submit(1, proofs(1));
    const [body] = await operator.sync();
    await operator.report(body!, 0, { proof: "p" });
    expect(views().tasks(1)[0]!.reason).to.contain("claim");
    market.chain.claim(body!);
    await market.settle();
    expect(views().tasks(1)[0]!.state).to.equal("done");
  });

  it("signs an acceptance for exactly the results that it found valid", async () => {
    const operator = await market.operator({ programs });
    await market.submit(1, proofs(1));
    const [body] = await operator.sync();
    const request = (commitment: string) => ({
      workflow: 1,
      step: 0,
      attempt: 1,
      word: 0,
      mask: body!.mask,
      root: body!.root,
      commitments: [commitment],
    });
    const early = operator.commitment(body!, 0, market.store.put("p"));
    const ask = (commitment: string) =>
      market.coordinator.acceptance(operator.address, request(commitment));
    expect(await codeOf(ask(early))).to.equal("not_validated");
    market.chain.claim(body!);
    const result = await operator.report(body!, 0, { proof: "p" });
    await market.settle();
    const commitment = operator.commitment(body!, 0, result);
    const { signature } = await ask(commitment);
    expect(signature).to.match(/^0x[0-9a-f]{130}$/);
    const message = {
      operator: operator.address,
      ticket: ticketHash(operator.ticket(body!)),
      commitmentsRoot: commitmentsRoot([commitment]),
    };
    expect(await market.signer("Acceptance", message, signature)).to.equal(market.account.address);
    expect(await codeOf(ask(operator.commitment(body!, 0, "00".repeat(32))))).to.equal(
      "commitment_mismatch",
    );
  });

  it("calls a result invalid that is not of the step's form", async () => {
    const operator = await market.operator({ programs });
    await market.submit(1, proofs(1, { outputs: { proof: "file", log: "file" } }));
    const [body] = await operator.sync();
    market.chain.claim(body!);
    await market.settle();
    await operator.report(body!, 0, { proof: "only one output" });
    expect(views().attempts(1)[0]!.reason).to.contain("JSON");
    expect(views().attempts(1)[0]!.outcome).to.equal("invalid");
  });

  it("stops assigning when the requester cancels, and lets claimed work be delivered", async () => {
    const operator = await market.operator({ programs });
    await market.submit(1, proofs(2));
    const [body] = await operator.sync();
    market.chain.claim(body!);
    await market.settle();
    market.chain.end(1, WORKFLOW_STATUS.cancelled);
    await market.settle();
    await operator.report(body!, body!.tasks[0]!.task, { proof: "p" });
    expect(views().tasks(1)[0]!.state).to.equal("done");
    expect(await operator.sync()).to.deep.equal([]);
    expect(views().workflow(1)).to.include({ state: "cancelled", settled: false });
    market.chain.pay(1, 0, "settled");
    await market.settle();
    expect(views().workflow(1).settled).to.equal(true);
    market.chain.pay(1, 0, "committed"); // a reorganisation takes the payment back
    await market.settle();
    expect(views().workflow(1).settled).to.equal(false);
    market.chain.pay(1, 0, "settled");
    await market.settle();
    expect(views().workflow(1).settled).to.equal(true);
  });

  it("ends a workflow whose deadline has passed with tasks undone", async () => {
    await market.submit(1, proofs(1));
    await market.pass(36_016_000);
    expect(views().workflow(1)).to.include({ state: "failed", reason: "its deadline has passed" });
  });

  it("does not hold an operator responsible for a claim that somebody else's stands in the way of", async () => {
    const operator = await market.operator({ programs });
    await market.submit(1, proofs(1, { retry: { attempts: 1, backoffSeconds: 0 } }));
    const [body] = await operator.sync();
    await giveUp(operator.address, body!, "claim_unavailable");
    await market.settle();
    expect(views().workflow(1).state).to.equal("running");
  });

  it("sends an assignment again when its answer was lost, and cancels what an operator should not hold", async () => {
    const operator = await market.operator({ programs });
    await market.submit(1, proofs(1));
    const [body] = await operator.sync();
    operator.assignments.clear();
    expect(await operator.sync()).to.deep.equal([body]);
    operator.running = [{ workflow: 1, task: 0, attempt: 9, progress: 0 }];
    await operator.sync();
    expect(operator.verdicts.at(-1)).to.include({ attempt: 9, verdict: "cancelled" });
  });

  it("gives no work to operators that are draining, offline, too small or without stake", async () => {
    const draining = await market.operator({ programs });
    draining.draining = true;
    await draining.sync();
    const poor = await market.operator({ programs });
    market.chain.stake(poor.address, 9n);
    await market.operator({
      programs,
      offer: { cores: 1, memoryMb: 500, gpus: 0, vramMb: 0 },
    });
    await market.settle();
    await market.submit(1, proofs(1));
    expect(views().tasks(1)[0]).to.include({
      state: "ready",
      reason: "no operator can take it now: draining 1, offer 1, stake 1",
    });
    market.chain.stake(poor.address, 10n);
    await market.settle();
    expect(views().tasks(1)[0]!.operator).to.equal(poor.address);
  });

  it("follows a claim that a reorganisation takes back and brings again", async () => {
    const operator = await market.operator({ programs });
    await market.submit(1, proofs(1));
    const [body] = await operator.sync();
    market.chain.claim(body!);
    await market.settle();
    market.chain.unclaim(1, 0);
    await market.settle();
    await operator.report(body!, 0, { proof: "p" });
    expect(views().tasks(1)[0]!.state).to.equal("validating");
    market.chain.claim(body!);
    await market.settle();
    expect(views().tasks(1)[0]!.state).to.equal("done");
  });

  it("writes every decision down under the digest that the assignment signs", async () => {
    const operator = await market.operator({ programs });
    await market.submit(1, proofs(1));
    const [body] = await operator.sync();
    const [decision] = views().decisions(1);
    expect(`0x${decision!.digest}`).to.equal(body!.tasks[0]!.decisionDigest);
    expect(decision!.record.choice).to.equal(operator.address);
    // From the record alone, anyone comes to the same choice.
    const { choice, explored, ...question } = JSON.parse(canonicalJson(decision!.record));
    expect(choose(question)).to.deep.equal({ choice, explored });
  });

  it("gives nothing to an operator whose stake has fallen below the market's minimum, until it is filled up", async () => {
    market.chain.minStake = 1_000n;
    const by = await market.operator({ programs: [PROGRAM.prove] });
    market.chain.stake(by.address, 999n); // it would do for the bond
    await market.submit(1, proofs(1));
    expect(await by.sync()).to.deep.equal([]);
    const { rejections } = market.coordinator.views.whyTask(1, 0, 5).operators!;
    expect(rejections.map(({ code, count }) => [code, count])).to.deep.equal([["stake", 1]]);
    market.chain.stake(by.address, 1_000n);
    await market.settle();
    expect((await by.sync()).length).to.equal(1);
  });
});
