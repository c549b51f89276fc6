import { expect } from "chai";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { devnetAccount, ROLES } from "../../../devnet/chain";
import { systemClock as clock } from "../../../operator/clock";
import { createOperator, type Operator } from "../../../operator/operator";
import type { WorkflowView } from "../../../protocol/http";
import { fetchOutputs, getAttempts, getTasks, isOver, watch } from "../../../sdk";
import { holdersOf } from "../../support/processes";
import { TestMarket } from "./market-fixture";

describe("an operator on a real market", function () {
  this.timeout(180_000);
  let market: TestMarket;
  let started: Operator[];
  const addressOf = (index: number) => devnetAccount(ROLES.operators + index).address;

  before(async () => {
    market = await TestMarket.start();
  });
  after(() => market.stop());
  beforeEach(() => (started = []));
  afterEach(async () => {
    await Promise.all(started.map((operator) => operator.stop()));
    market.killOperators();
  });

  async function start(index: number, env: Record<string, string> = {}): Promise<Operator> {
    const operator = await createOperator(await market.operatorConfig(index, env));
    started.push(operator);
    return operator;
  }
  async function settled(id: number): Promise<WorkflowView> {
    let last: WorkflowView | undefined;
    for await (const view of watch(market.client, id)) last = view;
    expect(isOver(last!)).to.equal(true);
    return last!;
  }
  async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) await clock.sleep(20);
  }
  const gateAt = (name: string) => join(market.chain.folder, name);
  const open = (gate: string) => writeFileSync(gate, "");
  const isRunning = (gate: string) => existsSync(`${gate}.pid`);

  it("claims, runs, reports, commits and is paid, several tasks at once", async () => {
    await start(0);
    const values = ["a", "b", "c", "d", "e"];
    const id = await market.submit(values.map((value) => ({ value })));
    const view = await settled(id);
    expect(view).to.include({ state: "completed", attempts: 5 });
    const results = await fetchOutputs(market.client, id, "results");
    expect(results.map(String)).to.deep.equal(values.map((value) => `computed ${value}`));
    expect(await market.account(addressOf(0))).to.deep.equal({
      free: 100_000_000n,
      locked: 0n,
      owed: 50n,
    });
  });

  it("gives a task back whose result was found invalid: no pay, no penalty, the others are paid", async () => {
    const operator = await start(1);
    const before = await market.account(operator.address);
    const id = await market.submit([{ value: "good" }, { value: "bad" }, { value: "fine" }], 1);
    const view = await settled(id);
    expect(view.state).to.equal("failed");
    const tasks = await getTasks(market.client, id);
    expect(tasks[1]).to.include({ state: "failed", pay: "conceded" });
    const after = await market.account(operator.address);
    expect(after.locked).to.equal(0n);
    expect(after.free).to.equal(before.free);
    const paid = tasks.filter((task) => task.pay === "settled").length;
    expect(after.owed - before.owed).to.equal(BigInt(paid * 10));
  });

  it("reports inputs that the program refuses, and loses nothing by it", async () => {
    const operator = await start(2);
    const id = await market.submit([{ value: "x", refuse: true }], 1);
    const view = await settled(id);
    expect(view.state).to.equal("failed");
    const [attempt] = await getAttempts(market.client, id);
    expect(attempt!.reason).to.contain("refused on purpose");
    const { free, locked } = await market.account(operator.address);
    expect([free, locked]).to.deep.equal([100_000_000n, 0n]);
  });

  it("resumes after SIGKILL what it held, and ends what its earlier life left running", async () => {
    const gate = gateAt("killed");
    const first = await market.spawnOperator(3);
    const id = await market.submit([{ value: "slow", gate }]);
    await until(() => isRunning(gate));
    await until(async () => (await getTasks(market.client, id))[0]!.pay === "claimed");
    const orphan = Number(readFileSync(`${gate}.pid`, "utf8"));
    const gone = new Promise((resolve) => first.once("exit", resolve));
    first.kill("SIGKILL");
    await gone;
    expect(existsSync(`/proc/${orphan}`), "the program outlives its operator").to.equal(true);

    const second = await market.spawnOperator(3);
    await until(() => !existsSync(`/proc/${orphan}`));
    open(gate);
    const view = await settled(id);
    expect(view).to.include({ state: "completed", attempts: 1 });
    const ended = new Promise((resolve) => second.once("exit", resolve));
    second.kill("SIGTERM");
    expect(await ended).to.equal(0);
    expect(holdersOf(join(market.chain.folder, "operator-3"))).to.deep.equal([]);
  });

  it("reports again at its start what it has not committed to: the coordinator may have lost its database meanwhile", async () => {
    // It commits to both tasks together, once the second is done.
    const patient = { FROBEN_COMMIT_PATIENCE: "200" };
    const gate = gateAt("forgetful");
    const first = await start(0, patient);
    const id = await market.submit([{ value: "told" }, { value: "slow", gate }]);
    const isDone = async () => (await getTasks(market.client, id))[0]?.state === "done";
    await until(() => isDone().catch(() => false)); // it may not have seen the workflow yet
    await first.stop();
    await market.loseDatabase();
    expect(await isDone().catch(() => false)).to.equal(false);
    await start(0, patient);
    await until(() => isDone().catch(() => false));
    open(gate);
    expect(await settled(id)).to.include({ state: "completed", attempts: 2 });
  });

  it("drains on SIGTERM: ends what it holds, takes nothing new, takes its pay home", async () => {
    const gate = gateAt("drained");
    const child = await market.spawnOperator(4);
    const id = await market.submit([{ value: "last", gate }]);
    await until(() => isRunning(gate));
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    open(gate);
    expect(await ended).to.equal(0);
    const task = async () => (await getTasks(market.client, id))[0]!;
    await until(async () => (await task()).pay === "settled"); // the coordinator may be a block behind
    expect((await task()).state).to.equal("done");
    expect((await market.account(addressOf(4))).owed).to.equal(0n);
  });

  it("ends at once on a second signal, and leaves no process and no temporary file", async () => {
    const gate = gateAt("stopped");
    const child = await market.spawnOperator(5);
    await market.submit([{ value: "never", gate }]);
    await until(() => isRunning(gate));
    const program = Number(readFileSync(`${gate}.pid`, "utf8"));
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    child.kill("SIGINT"); // two of one kind at once may arrive as one
    expect(await ended).to.equal(0);
    expect(existsSync(`/proc/${program}`)).to.equal(false);
    const runs = join(market.chain.folder, "operator-5", "runs");
    const { readdirSync } = await import("node:fs");
    expect(existsSync(runs) ? readdirSync(runs) : []).to.deep.equal([]);
  });
});
