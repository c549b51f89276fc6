import { expect } from "chai";
import { defineProgram, defineWorkflow, each, file, verifier, type Workflow } from "../../../sdk";
import {
  cancel,
  createClient,
  fetchArtifact,
  fetchOutput,
  findOpening,
  findWorkflow,
  getOwed,
  getTasks,
  getWorkflow,
  getWorkflows,
  payFee,
  refund,
  replaceCoordinator,
  setDelegate,
  submit,
  topUp,
  uploadArtifacts,
  waitFor,
  watch,
  withdrawOwed,
  type Warning,
} from "../../../sdk";
import { parseEventLogs, zeroAddress } from "viem";
import { rollupWorkflow } from "../../../pipelines/rollup/workflow";
import { marketAbi } from "../../../protocol/abi";
import { canonicalJson, sha256, toBytes32 } from "../../../protocol/digest";
import type { FrobenError } from "../../../protocol/errors";
import { LIMITS } from "../../../protocol/limits";
import { minimumEscrow, stepTermsOf, workflowTerms } from "../../../protocol/terms";
import { sendCall } from "../../../sdk/actions/send-call";
import { workflowKey } from "../../../sdk/actions/submit";
import { PROGRAM, startMarket, type TestMarket } from "./market";
import { startProxy } from "./rpc-proxy";

const REWARD = 1000n;
const GWEI = 10n ** 9n;

describe("a requester's client, against a real chain and coordinator", function () {
  this.timeout(240_000);
  let market: TestMarket;
  before(async () => {
    market = await startMarket();
  });
  after(() => market.stop());

  /** Two tasks of a thousand gwei. @param name makes it another spec */
  function workflow(name: string, program = PROGRAM): Workflow {
    const prover = defineProgram(program, {
      inputs: { request: file("request"), statement: file("statement") },
      outputs: { proof: file("proof") },
    });
    return defineWorkflow(name, { reward: `${Number(REWARD)} gwei` }, (w) => {
      const request = w.collection("request", "request", ["1", "2"].map(Buffer.from));
      const statement = w.collection("statement", "statement", ["3", "4"].map(Buffer.from));
      const prove = w.map("prove", {
        program: prover,
        inputs: { request: each(request), statement: each(statement) },
        statement: "statement",
        rule: verifier(market.adapter),
      });
      return { proofs: prove.proof };
    });
  }

  async function errorOf(attempt: Promise<unknown>): Promise<FrobenError> {
    return attempt.then(
      () => expect.fail("nothing was thrown"),
      (error: FrobenError) => error,
    );
  }

  async function openedWith(which: Workflow, requester = 0): Promise<number> {
    const client = market.client(requester);
    const views = await getWorkflows(client);
    return views.filter((view) => view.spec === which.digest).length;
  }

  it("pays for every task at its ceiling, and the coordinator takes the workflow up", async () => {
    const client = market.client();
    const paid = workflow("paid");
    const submitted = await submit(client, paid);
    expect(submitted).to.include({ opened: true, escrow: 2n * REWARD });
    for await (const view of watch(client, submitted.workflow)) {
      if (view.spec !== paid.digest || view.escrow !== String(2n * REWARD)) continue;
      expect(view.requester.toLowerCase()).to.equal(client.account!.address.toLowerCase());
      break;
    }
    expect((await getTasks(client, submitted.workflow)).length).to.be.at.most(2);
    expect((await fetchArtifact(client, paid.digest)).toString()).to.equal(
      canonicalJson(paid.spec),
    );
  });

  it("buys the same workflow under the same key once, whoever asks again", async () => {
    const bought = workflow("once");
    const first = await submit(market.client(), bought, { key: "k" });
    const again = await submit(market.client(), bought, { key: "k" });
    expect(again).to.deep.equal({ ...first, opened: false });
    const other = await submit(market.client(), bought, { key: "other" });
    expect(other.opened).to.equal(true);
    expect(other.workflow).to.not.equal(first.workflow);
  });

  it("buys once when one client submits the same workflow several times at once", async () => {
    const client = market.client(1);
    const all = await Promise.all([1, 2, 3].map(() => submit(client, workflow("at-once"))));
    expect(new Set(all.map(({ workflow: id }) => id)).size).to.equal(1);
    expect(all.filter(({ opened }) => opened)).to.have.length(1);
  });

  it("buys once when two processes of one account submit the same workflow at once", async () => {
    const clients = [market.client(2), market.client(2)];
    const all = await Promise.all(clients.map((client) => submit(client, workflow("two"))));
    // Both may have signed the very same transaction, and then both opened it.
    expect(all[0]!.workflow).to.equal(all[1]!.workflow);
  });

  it("finds an opening that was still under way when its process gave up", async () => {
    const late = workflow("late");
    await market.chain.setAutomine(false);
    try {
      const error = await errorOf(submit(market.client(3), late, { timeoutMs: 200 }));
      expect([error.code, error.retryable]).to.deep.equal(["transaction_pending", true]);
      const busy = await errorOf(submit(market.client(3), late, { timeoutMs: 100 }));
      expect(busy.code).to.equal("transactions_pending");
      const again = submit(market.client(3), late);
      await market.chain.mine({ blocks: 1 });
      expect((await again).opened).to.equal(false);
    } finally {
      await market.chain.setAutomine(true);
    }
  });

  it("believes the chain when the node says that a transaction failed which landed", async () => {
    const proxy = await startProxy(market.rpcUrl, async ({ method }, real) => {
      if (method !== "eth_sendRawTransaction") return undefined;
      await real();
      return { error: { code: -32000, message: "no, it failed" } };
    });
    try {
      const submitted = await submit(market.client(4, proxy.url), workflow("lied-to"));
      expect(submitted.opened).to.equal(true);
    } finally {
      await proxy.stop();
    }
  });

  it("finds an earlier opening on a node that answers for few blocks at a time", async () => {
    const old = workflow("old");
    const client = market.client(5);
    const { workflow: id } = await submit(client, old);
    // One by one: blocks that Hardhat mines many at a time don't link to their parents.
    for (let i = 0; i < 60; i++) await market.chain.mine({ blocks: 1 });
    const proxy = await startProxy(market.rpcUrl, async ({ method, params }) => {
      if (method !== "eth_getLogs") return undefined;
      const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }];
      if (Number(toBlock) - Number(fromBlock) < 20) return undefined;
      return { error: { code: -32000, message: "range too large" } };
    });
    try {
      const found = await findWorkflow(
        market.client(5, proxy.url),
        client.account!.address,
        workflowKey(old, ""),
      );
      expect(found?.workflow).to.equal(id);
    } finally {
      await proxy.stop();
    }
  });

  it("brings the whole escrow of a cancelled workflow home", async () => {
    const client = market.client(6);
    const { workflow: id } = await submit(client, workflow("cancelled"));
    await topUp(client, id, "500 gwei");
    await cancel(client, id);
    const error = await errorOf(waitFor(client, id));
    expect([error.code, error.value]).to.deep.equal([
      "workflow_failed",
      "cancelled by the requester",
    ]);
    await refund(client, id);
    expect(await getOwed(client)).to.equal((2n * REWARD + 500n) * GWEI);
    await withdrawOwed(client);
    expect(await getOwed(client)).to.equal(0n);
  });

  it("uploads only what the coordinator does not have", async () => {
    const client = market.client();
    const bytes = [Buffer.from("new"), Buffer.from("newer")];
    const artifacts = new Map(bytes.map((one) => [sha256(one), one]));
    expect(await uploadArtifacts(client, artifacts)).to.equal(2);
    expect(await uploadArtifacts(client, artifacts)).to.equal(0);
    expect((await fetchArtifact(client, sha256("newer"))).toString()).to.equal("newer");
  });

  it("sends nothing when an artifact's bytes have another digest than they are named by", async () => {
    const wrong = new Map([[sha256("a"), Buffer.from("b")]]);
    const error = await errorOf(uploadArtifacts(market.client(), wrong));
    expect(error).to.include({
      code: "artifact_digest_mismatch",
      limit: sha256("a"),
      value: sha256("b"),
    });
  });

  it("opens nothing when nobody holds a program of the spec", async () => {
    const foreign = workflow("foreign", sha256("nobody's program"));
    const error = await errorOf(submit(market.client(), foreign));
    expect(error).to.include({ code: "program_unavailable", field: "steps[0].program" });
    expect(await openedWith(foreign)).to.equal(0);
  });

  it("names the contract's own error, and the field and limit of a term", async () => {
    const client = market.client(7);
    const { workflow: id } = await submit(client, workflow("mine"));
    const foreign = await errorOf(cancel(market.client(8), id));
    expect(foreign).to.include({ code: "reverted", field: "cancel" });
    expect(foreign.message).to.include("NotRequester");
    expect(foreign.hint).to.include("only the account that opened");
    const term = await errorOf(submit(client, workflow("far"), { deadlineSeconds: 10 ** 9 }));
    expect(term).to.include({ code: "reverted", field: "deadline" });
    expect(term.limit).to.match(/^\d+ to \d+$/);
  });

  it("can open the rollup pipeline's terms, whatever the rules of its steps", async () => {
    const { spec, digest } = rollupWorkflow({
      programs: { digest: sha256 },
      verifier: market.adapter,
      state: Buffer.from("state"),
      batch: Buffer.from("batch"),
      maxLeaves: 64,
    });
    const client = market.client(9);
    const steps = stepTermsOf(spec);
    const escrow = minimumEscrow(steps, 100);
    const { coordinator } = await client.market();
    const { timestamp } = await client.chain.getBlock();
    const receipt = await sendCall(client, {
      functionName: "openWorkflow",
      args: [
        {
          specHash: toBytes32(digest),
          key: toBytes32(digest),
          coordinator,
          feeBps: 100,
          deadline: Number(timestamp) + 3600,
          silenceDelay: 0,
        },
        steps,
        escrow,
      ],
      value: escrow * GWEI,
    });
    const [event] = parseEventLogs({
      abi: marketAbi,
      eventName: "WorkflowOpened",
      logs: receipt.logs,
    });
    expect(event!.args.escrow).to.equal(escrow);
    const stored = await client.chain.readContract({
      address: market.market,
      abi: marketAbi,
      functionName: "workflowOf",
      args: [event!.args.workflow],
    });
    expect(stored[7]).to.equal(workflowTerms(coordinator, steps));
  });

  it("gives the coordinator an hour to answer when it is declared silent, or as long as the requester says", async () => {
    const client = market.client(10);
    const delayOf = async (submitted: Promise<{ workflow: number }>) =>
      (await findOpening(client, { workflow: (await submitted).workflow }))!.terms.silenceDelay;
    expect(await delayOf(submit(client, workflow("patient")))).to.equal(3600);
    const quick = submit(client, workflow("quick"), { silenceDelaySeconds: 600 });
    expect(await delayOf(quick)).to.equal(600);
    const never = submit(client, workflow("never"), { silenceDelaySeconds: 0 });
    expect(await delayOf(never)).to.equal(0);
  });

  it("warns of a bond that pays for no challenge at the chain's gas price, and opens the workflow all the same", async () => {
    const client = market.client(11);
    const warnings: Warning[] = [];
    const low = await submit(client, workflow("low"), {
      onWarning: (warning) => warnings.push(warning),
    });
    expect(low.opened).to.equal(true);
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.include({ code: "bond_too_low", field: "steps[0].bond", value: "2000" });
    expect(Number(warnings[0]!.limit)).to.be.greaterThan(2000);
  });

  it("hands a workflow to another coordinator with the terms that the chain has, whatever the first one says", async () => {
    const client = market.client(12);
    const { workflow: id } = await submit(client, workflow("handed-over"));
    const successor = market.client(13).account!.address;
    await replaceCoordinator(client, id, successor);
    const stored = await client.chain.readContract({
      address: market.market,
      abi: marketAbi,
      functionName: "workflowOf",
      args: [id],
    });
    expect(stored[1]).to.equal(successor);
    const steps = stepTermsOf(workflow("handed-over").spec);
    expect(stored[7]).to.equal(workflowTerms(successor, steps));
    const error = await errorOf(replaceCoordinator(client, 999_999, successor));
    expect(error).to.include({ code: "workflow_unknown", value: 999_999 });
  });

  it("lets a hot key act for an operator, and takes that back", async () => {
    const client = market.client(11);
    const hotKey = market.client(14).account!.address;
    const delegateOf = () =>
      client.chain.readContract({
        address: market.market,
        abi: marketAbi,
        functionName: "delegateOf",
        args: [client.account!.address],
      });
    await setDelegate(client, hotKey);
    expect(await delegateOf()).to.equal(hotKey);
    await setDelegate(client, zeroAddress);
    expect(await delegateOf()).to.equal(zeroAddress);
  });

  it("says what is missing: a workflow, an output, an account, the contract", async () => {
    const client = market.client();
    expect((await errorOf(getWorkflow(client, 999_999))).code).to.equal("workflow_unknown");
    const { workflow: id } = await submit(client, workflow("no-output"));
    await waitForView(id);
    expect((await errorOf(fetchOutput(client, id, "proof"))).code).to.equal("output_missing");
    const { coordinatorUrl, rpcUrl } = market;
    const reader = createClient({ coordinatorUrl, rpcUrl });
    expect((await errorOf(cancel(reader, id))).code).to.equal("account_missing");
    const elsewhere = createClient({ coordinatorUrl, rpcUrl, market: market.adapter });
    expect((await errorOf(elsewhere.market())).code).to.equal("market_mismatch");
  });

  async function waitForView(id: number): Promise<void> {
    for await (const view of watch(market.client(), id)) if (view.workflow === id) return;
  }

  // The last one: it moves the chain's time on by days.
  it("has the coordinator's fee credited once it is due, and says why not before", async () => {
    const client = market.client(8);
    const { workflow: id } = await submit(client, workflow("with-fee"), { feeBps: 100 });
    await cancel(client, id);
    const early = await errorOf(payFee(client, id));
    expect([early.code, early.value]).to.deep.equal(["reverted", "FeeNotDue"]);
    await market.chain.increaseTime({ seconds: LIMITS.feeDelay + LIMITS.maxClaimTime });
    await market.chain.mine({ blocks: 1 });
    expect((await payFee(client, id)).status).to.equal("success");
    const twice = await errorOf(payFee(client, id));
    expect([twice.code, twice.value]).to.deep.equal(["reverted", "FeeNotDue"]);
  });
});
