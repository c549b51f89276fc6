import { expect } from "chai";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { devnetAccount, ROLES } from "../../../devnet/chain";
import { systemClock as operatorClock } from "../../../operator/clock";
import { createOperator, type Operator, type OperatorDeps } from "../../../operator/operator";
import { getAttempts, getOperators, getTasks, isOver, watch } from "../../../sdk";
import { TestMarket, type Job } from "./market-fixture";

describe("canaries on a real market", function () {
  this.timeout(180_000);
  let market: TestMarket;
  let started: Operator[];

  beforeEach(async () => {
    started = [];
    market = await TestMarket.start({ FROBEN_CANARY_IDLE_SECONDS: "1" });
  });
  afterEach(async () => {
    await Promise.all(started.map((operator) => operator.stop()));
    await market.stop();
  });

  async function start(index: number, changes = {}, deps: OperatorDeps = {}): Promise<Operator> {
    const operator = await createOperator(await market.operatorConfig(index, changes), deps);
    started.push(operator);
    return operator;
  }
  async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) await operatorClock.sleep(20);
  }
  async function over(id: number) {
    for await (const view of watch(market.client, id)) if (isOver(view)) return view;
    throw new Error("the workflow has no end");
  }
  const canariesOf = async (index: number) => {
    const { address } = devnetAccount(ROLES.operators + index);
    const all = await getOperators(market.client);
    return all.find((one) => one.address === address.toLowerCase())?.canaries;
  };
  const counted = async (index: number, what: "right" | "wrong" | "failed", times: number) =>
    ((await canariesOf(index))?.[what] ?? 0) >= times;
  const jobs = (...values: string[]): Job[] => values.map((value) => ({ value }));

  it("are answered by the real runner: a good newcomer is known before its first task, a wrong one spoils none", async () => {
    await start(0);
    expect((await over(await market.submit(jobs("a", "b", "c", "d")))).state).equal("completed");
    await start(1, { FROBEN_PRICE_BPS: "5000" });
    await start(5, { FROBEN_PRICE_BPS: "5000", FROBEN_CANARIES: "0" });
    await start(
      2,
      { FROBEN_PRICE_BPS: "5000" },
      {
        // It runs nothing, and hands in anything.
        execute: () => (request) => {
          writeFileSync(request.outputs.result!.path, "bad");
          return Promise.resolve({ usage: { wallMs: 20, cpuMs: 1, maxRssMb: 1 } });
        },
      },
    );
    await until(async () => (await counted(1, "right", 2)) && (await counted(2, "wrong", 2)));
    expect(await canariesOf(1)).to.deep.equal({ right: 2, wrong: 0, failed: 0 });
    expect(await canariesOf(5)).to.deep.equal({ right: 0, wrong: 0, failed: 0 });
    expect(await canariesOf(2)).to.deep.equal({ right: 0, wrong: 2, failed: 0 });
    const address = (index: number) => devnetAccount(ROLES.operators + index).address.toLowerCase();
    const makers = async (id: number) => {
      expect((await over(id)).state).equal("completed");
      return (await getAttempts(market.client, id)).map(({ operator }) => operator);
    };
    const by = await makers(await market.submit(jobs("e", "f", "g", "h")));
    expect(by).to.have.length(4);
    expect(by).not.to.include(address(2));
    // Which of the good ones is given a task depends on their pace, so only one of them is left.
    await Promise.all([started[0]!.stop(), started[2]!.stop()]);
    expect(await makers(await market.submit(jobs("i")))).to.deep.equal([address(1)]);
  });

  it("give way to real work, and nobody is blamed for that", async () => {
    const gate = join(market.chain.folder, "displaced");
    await start(3);
    const first = await market.submit([{ value: "gated", gate }]);
    await until(() => existsSync(`${gate}.pid`));
    writeFileSync(gate, "");
    await over(first);
    await started.pop()!.stop();
    rmSync(gate);
    rmSync(`${gate}.pid`);
    await start(4);
    await until(() => existsSync(`${gate}.pid`));
    const id = await market.submit(jobs("urgent"));
    expect((await over(id)).state).equal("completed");
    const [task] = await getTasks(market.client, id);
    expect(task!.operator).equal(devnetAccount(ROLES.operators + 4).address.toLowerCase());
    expect(existsSync(gate), "the canary never ended by itself").equal(false);
    expect(await canariesOf(4)).to.deep.equal({ right: 0, wrong: 0, failed: 0 });
  });
});
