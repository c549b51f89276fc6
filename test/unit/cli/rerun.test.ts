import { expect } from "chai";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { devnetAccount, devnetKey, ROLES } from "../../../devnet/chain";
import { createOperator, type Operator } from "../../../operator/operator";
import type { TaskView, WorkflowView } from "../../../protocol/http";
import {
  accepted,
  defineProgram,
  defineWorkflow,
  each,
  file,
  getTasks,
  loadPrograms,
  submit,
  watch,
  type Workflow,
} from "../../../sdk";
import { MANIFESTS, TestMarket, type Job } from "../operator/market-fixture";
import { run, type Outcome } from "./run";

const REWARD = 10n;

describe("froben rerun, against a real chain, coordinator and operator", function () {
  this.timeout(240_000);
  let market: TestMarket;
  let operator: Operator;
  let folder: string;
  /** While it exists, the third step fails. */
  let broken: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "froben-test-"));
    broken = join(folder, "broken");
    market = await TestMarket.start();
    operator = await createOperator(await market.operatorConfig(0));
  });
  after(async () => {
    await operator.stop();
    await market.stop();
    rmSync(folder, { recursive: true });
  });

  const froben = (args: string[], key = devnetKey(ROLES.requesters)): Promise<Outcome> => {
    const { rpcUrl, market: address, fromBlock } = market.chain;
    const env = {
      FROBEN_RPC_URL: rpcUrl,
      FROBEN_COORDINATOR_URL: market.coordinator.url,
      FROBEN_MARKET: address,
      FROBEN_FROM_BLOCK: String(fromBlock),
      FROBEN_KEY: key,
    };
    return run(args, { cwd: folder, env });
  };
  async function data<T>(...args: string[]): Promise<T> {
    const { code, out, err } = await froben([...args, "--json"]);
    expect(err).to.equal("");
    expect(code).to.equal(0);
    return JSON.parse(out) as T;
  }

  /** Two tasks, two more on their results, and a last one. */
  async function threeSteps(final: Partial<Job>): Promise<Workflow> {
    const programs = await loadPrograms(MANIFESTS);
    const digest = programs.digest("test/gate");
    const outputs = { result: file("answer") };
    const start = defineProgram(digest, { inputs: { data: file("job") }, outputs });
    const next = defineProgram(digest, {
      inputs: { data: file("job"), of: file("answer") },
      outputs,
    });
    const both = defineProgram(digest, {
      inputs: { data: file("job"), of: file("answer"), also: file("answer") },
      outputs,
    });
    const job = (one: Job) => Buffer.from(JSON.stringify(one));
    const rule = accepted(programs.digest("test/check-gate"));
    const common = { rule, resources: { cores: 1, memoryMb: 256 } };
    const defaults = {
      reward: `${REWARD} gwei`,
      bond: "20 gwei",
      windowSeconds: 8,
      claimSeconds: 600,
      attempts: 1,
    } as const;
    return defineWorkflow("three", defaults, (w) => {
      const data = w.collection("data", "job", [job({ value: "a" }), job({ value: "b" })]);
      const last = w.file("last", "job", job({ value: "c", ...final }));
      const first = w.map("first", { program: start, inputs: { data: each(data) }, ...common });
      const second = w.map("second", {
        program: next,
        inputs: { data: each(data), of: each(first.result) },
        ...common,
      });
      const third = w.single("third", {
        program: both, // of both: it must not fail before they are done
        inputs: { data: last, of: second.result.at(0), also: second.result.at(1) },
        ...common,
      });
      return { result: third.result };
    });
  }

  const settled = async (id: number): Promise<WorkflowView> => {
    let last: WorkflowView | undefined;
    for await (const view of watch(market.client, id)) last = view;
    return last!;
  };
  const brief = (tasks: TaskView[]) =>
    tasks.map(({ step, state, pay, reused }) => [step, state, pay, reused?.workflow ?? null]);

  it("pays for the step that failed and for nothing that was finished; every wei is accounted for", async () => {
    writeFileSync(broken, "");
    const workflow = await threeSteps({ refuse: broken });
    const { workflow: id } = await submit(market.client, workflow);
    const former = await settled(id);
    expect(former).to.include({ state: "failed", spent: String(4n * REWARD) });
    const address = devnetAccount(ROLES.operators).address;
    expect((await market.account(address)).owed).to.equal(4n * REWARD);

    const quoted = await data<object>("rerun", String(id), "--quote");
    expect(quoted).to.deep.include({ former: id, kept: 4, underWay: 0, escrow: "50", most: "10" });
    const said = await froben(["rerun", String(id), "--quote", "--fee-bps", "1000"]);
    expect(said.out).to.match(/^kept +4 finished tasks/m);
    expect(said.out).to.match(/^most spent +0.000000011 ETH, /m);
    expect(said.out).to.match(/^escrow +0.000000055 ETH; what is not spent comes back$/m);

    const stranger = await froben(["rerun", String(id), "--json"], devnetKey(ROLES.requesters + 1));
    expect(stranger.code).to.equal(1);
    expect(stranger.err).to.include("reuse_not_yours");
    expect((await froben(["rerun", "99"])).code).to.equal(1);
    expect((await froben(["rerun", "x"])).code).to.equal(2);

    rmSync(broken);
    const { code, out, err } = await froben(["rerun", String(id)]);
    expect(code, err).to.equal(0);
    expect(err).to.match(/^most spent +0.00000001 ETH, if all of these stay kept$/m);
    expect(out).to.match(/^workflow \d+ is open: 0.00000005 ETH in escrow/);
    const again = await data<{ workflow: number; opened: boolean }>("rerun", String(id));
    expect(again).to.deep.include({ opened: false, former: id });

    const view = await settled(again.workflow);
    expect(view).to.include({ state: "completed", spent: String(REWARD), reused: 4, attempts: 1 });
    expect(brief(await getTasks(market.client, again.workflow))).to.deep.equal([
      ["first", "done", "none", id],
      ["first", "done", "none", id],
      ["second", "done", "none", id],
      ["second", "done", "none", id],
      ["third", "done", "settled", null],
    ]);
    expect((await market.account(address)).owed).to.equal(5n * REWARD);
    expect((await froben(["workflow", "show", String(again.workflow)])).out).to.match(
      /^not run +4 tasks: results of other workflows$/m,
    );
    // Claims that a reorganisation took back may still come.
    const early = await froben(["workflow", "refund", String(id)]);
    expect(early.code).to.equal(1);
    expect(early.err).to.match(/WorkflowOpen.*15 minutes after/s);
    const programs = MANIFESTS.flatMap((manifest) => ["--program", manifest]);
    const report = await data<{ ok: boolean; workflows: { reused: number; paid: string }[] }>(
      "audit",
      ...programs,
    );
    expect(report.ok).to.equal(true);
    expect(report.workflows.map(({ reused, paid }) => [reused, paid])).to.deep.equal([
      [0, "40"],
      [4, "10"],
    ]);
  });

  it("refuses to run again what is still running", async () => {
    const gate = join(folder, "gate");
    const { workflow: id } = await submit(market.client, await threeSteps({ gate }));
    await watch(market.client, id).next(); // once the coordinator knows it
    const { code, err } = await froben(["rerun", String(id), "--quote", "--json"]);
    expect(code).to.equal(1);
    expect(err).to.include("workflow_running");
    writeFileSync(gate, "");
    expect(await settled(id)).to.include({ state: "completed" });
  });
});
