import type { OperatorView } from "../../../protocol/http";
import { expect } from "chai";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zeroAddress } from "viem";
import { devnetAccount, devnetKey, ROLES } from "../../../devnet/chain";
import { marketAbi } from "../../../protocol/abi";
import { workflowViewSchema, type WorkflowView } from "../../../protocol/http";
import { membershipWorkflow } from "../../../pipelines/membership/workflow";
import { watch } from "../../../sdk";
import { PROGRAM, startMarket, type TestMarket } from "../sdk/market";
import { run, type Outcome } from "./run";

describe("froben, against a real chain and coordinator", function () {
  this.timeout(240_000);
  let market: TestMarket;
  let cwd: string;
  before(async () => {
    market = await startMarket();
    cwd = await mkdtemp(join(tmpdir(), "froben-test-"));
    await mkdir(join(cwd, ".froben"));
    const { rpcUrl, coordinatorUrl, market: address } = market;
    const devnet = { rpcUrl, coordinatorUrl, market: address, fromBlock: 0 };
    await writeFile(join(cwd, ".froben", "devnet.json"), JSON.stringify(devnet));
  });
  after(async () => {
    await market.stop();
    await rm(cwd, { recursive: true });
  });

  /** As in a folder where a devnet was left running, with a requester's key. */
  const froben = (...args: string[]): Promise<Outcome> =>
    run(args, { cwd, env: { FROBEN_KEY: devnetKey(ROLES.operators + 1) } });

  async function data<T>(...args: string[]): Promise<T> {
    const { code, out, err } = await froben(...args, "--json");
    expect(err).to.equal("");
    expect(code).to.equal(0);
    return JSON.parse(out) as T;
  }

  /** Waits until the coordinator's view of a workflow is such. */
  async function until(id: string, is: (view: WorkflowView) => boolean): Promise<void> {
    const client = market.client();
    const path = `/v1/workflows/${id}`;
    const first = await watch(client, Number(id)).next(); // once the coordinator knows it
    for (let view = first.value as WorkflowView; !is(view);)
      view = await client.get(`${path}?after=${view.version}`, workflowViewSchema);
  }

  it("takes a workflow from submission to its refund, and audits every payment", async () => {
    const { spec } = membershipWorkflow({
      programs: { digest: () => PROGRAM },
      verifier: market.adapter,
      requests: [Buffer.from("request")],
      statements: [Buffer.from("statement")],
      reward: "5 gwei",
    });
    const paths = ["request", "statement"].map((name) => join(cwd, name));
    for (const path of paths)
      await writeFile(path, path.endsWith("request") ? "request" : "statement");
    const specPath = join(cwd, "spec.json");
    await writeFile(specPath, JSON.stringify(spec));

    const quoted = await data<{
      escrow: string;
      warnings: { code: string }[];
      estimate: { tasks: number; reason: { code: string } };
    }>("quote", specPath);
    // The market's operator has registered, and is not there.
    expect(quoted.estimate).to.deep.include({ tasks: 1, seconds: null });
    expect(quoted.estimate.reason.code).to.equal("no_operators");
    expect((await froben("quote", specPath)).out).to.match(
      /^expected +nothing: no operator is online$/m,
    );
    const submit = ["submit", specPath, "--artifact", ...paths, "--key", "monday"];
    const first = await data<{
      workflow: number;
      opened: boolean;
      escrow: string;
      warnings: { code: string }[];
    }>(...submit);
    expect(first).to.include({ opened: true, escrow: "5" });
    expect(quoted.escrow).to.equal(first.escrow);
    // The price of gas may have changed in between, and with it the rest of what they say.
    const codesOf = (warnings: { code: string }[]) => warnings.map(({ code }) => code);
    expect(codesOf(quoted.warnings)).to.deep.equal(codesOf(first.warnings));
    expect(first.warnings.map(({ code }) => code)).to.deep.equal(["bond_too_low"]);
    const again = await data<{ workflow: number; opened: boolean }>(...submit);
    expect(again).to.include({ workflow: first.workflow, opened: false });
    const id = String(first.workflow);

    await until(id, ({ counts }) => counts.ready === 1);
    let held: { code: string; groups: { code: string }[] };
    do {
      held = await data("why", id);
      // A chain whose clock is behind opens it before the database was made, which then may have known it before.
    } while (held.groups[0]?.code === "earlier_assignment");
    expect(held.code).to.equal("held_up");
    expect(held.groups[0]).to.include({ code: "no_operator", step: "prove", count: 1 });
    const offline = await data<{ operators: { rejections: object[] } }>("why", id, "0");
    expect(offline).to.include({ code: "no_operator", state: "ready" });
    expect(offline.operators.rejections[0]).to.include({ code: "offline", count: 1 });
    expect((await froben("why", id)).out).to.match(/no_operator +prove +1 +0 +no operator can/);
    const lines = (await froben("why", id, "0")).out;
    expect(lines).to.match(/offline +operator +0x\w{40} +5 of 5 +never seen/);
    expect((await froben("why", id, "0", "--operators", "0")).out).to.include("and 1 more");
    const unknown = await froben("why", id, "7", "--json");
    expect(unknown.code).to.equal(1);
    expect(unknown.err).to.include("task_unknown");
    const replay = { decisions: 0, signed: 0, mismatched: 0, mismatches: [] };
    expect(await data("replay", id)).to.deep.equal(replay);
    expect((await froben("replay", "77")).err).to.include("workflow_unknown");

    expect(await data("pause", id)).to.include({ state: "running", paused: true });
    expect(await data("why", id, "0")).to.include({ code: "paused" });
    expect((await froben("workflow", "show", id)).out).to.match(/state +running, paused/);
    const status = (await froben("status")).out;
    expect(status)
      .to.include("1 of them paused")
      .and.to.match(/^left +0\.000000005 ETH$/m);
    expect(status).to.match(/membership +running, paused +0\.000000005 ETH +0 ETH .* +100%$/m);
    const stranger = { cwd, env: { FROBEN_KEY: devnetKey(ROLES.operators + 2) } };
    const refused = await run(["resume", id, "--json"], stranger);
    expect(refused.code).to.equal(1);
    expect(refused.err).to.include("not_requester");
    expect((await froben("resume", id)).out).to.equal(`workflow ${id} goes on\n`);
    expect(await data("why", id, "0")).to.include({ code: "no_operator" });

    await froben("workflow", "cancel", id);
    const watched = await froben("workflow", "watch", id);
    expect(watched.code).to.equal(1);
    expect(watched.out).to.include("cancelled, settled");
    expect(await data("why", id, "0")).to.include({ code: "workflow_ended" });
    expect(await data<object[]>("workflow", "list")).to.have.length(1);
    expect(await data("workflow", "show", id)).to.include({ state: "cancelled", escrow: "5" });
    expect((await froben("workflow", "tasks", id)).code).to.equal(0);
    expect((await froben("workflow", "attempts", id)).out).to.equal("none\n");

    await data("workflow", "refund", id);
    expect(await data("withdraw")).to.include({ wei: "5000000000" });
    await until(id, ({ refunded }) => refunded === "5");
    // Nothing can be spent any more: watching ends at once.
    const burnt = JSON.parse((await froben("status", "--watch", "--json")).out) as object;
    const money = { paid: "5", spent: "0", fee: "0", refunded: "5", left: "0" };
    expect(burnt).to.deep.include({ money, burnDown: [] });
    expect((await froben("withdraw")).out).to.include("nothing is owed");

    const audit = await data<{ ok: boolean; verdict: string }>("audit");
    expect(audit).to.include({ ok: true, verdict: "every wei accounted for" });
  });

  it("prints a warning for people next to what it does", async () => {
    const submit = ["submit", join(cwd, "spec.json"), "--artifact"];
    const paths = ["request", "statement"].map((name) => join(cwd, name));
    const { code, out, err } = await froben(...submit, ...paths, "--key", "tuesday");
    expect(code).to.equal(0);
    expect(out).to.include("is open: 0.000000005 ETH in escrow");
    expect(err).to.match(/^warning: steps\[0\]\.bond: /);
  });

  it("lets a hot key act for the key's account, and takes that back", async () => {
    const owner = devnetAccount(ROLES.operators + 1).address;
    const delegate = devnetAccount(ROLES.operators + 2).address;
    const set = await data("operator", "delegate", delegate);
    expect(set).to.include({ operator: owner, delegate });
    const client = market.client();
    const delegateOf = () =>
      client.chain.readContract({
        address: market.market,
        abi: marketAbi,
        functionName: "delegateOf",
        args: [owner],
      });
    expect(await delegateOf()).to.equal(delegate);
    const { code, out } = await froben("operator", "delegate", "none");
    expect(code).to.equal(0);
    expect(out).to.include(`nobody acts for ${owner}`);
    expect(await delegateOf()).to.equal(zeroAddress);
  });

  it("says where the market is and who works there", async () => {
    const status = await froben("status");
    expect(status.out).to.match(/market +0x\w{40} on chain 31337/);
    const [operator, ...others] = await data<OperatorView[]>("operators");
    expect(others).to.have.length(0);
    expect((await froben("operators")).out).to.match(/1 cores, 1024 MB.*\d\.\d{3}$/m);
    const { address, reputation } = operator!;
    expect(await data<OperatorView>("operators", address)).to.include({ address, reputation });
    expect((await froben("operators", address)).out).to.match(
      /reputation +\d\.\d{3}, as of block \d+/,
    );
    const { code, err } = await froben("operators", `0x${"0".repeat(40)}`, "--json");
    expect(code).to.equal(1);
    expect((JSON.parse(err) as { error: object }).error).to.include({ code: "operator_unknown" });
  });

  it("exits with 1 and the API's code for a workflow that nobody knows", async () => {
    const { code, err } = await froben("workflow", "show", "99", "--json");
    expect(code).to.equal(1);
    expect((JSON.parse(err) as { error: object }).error).to.include({ code: "workflow_unknown" });
  });
});
