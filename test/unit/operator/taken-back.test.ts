import { expect } from "chai";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock as clock } from "../../../operator/clock";
import { createOperator, type Operator } from "../../../operator/operator";
import { marketAbi } from "../../../protocol/abi";
import type { TaskView } from "../../../protocol/http";
import { fetchOutputs, getAttempts, getTasks, isOver, pause, resume, watch } from "../../../sdk";
import { TestMarket } from "./market-fixture";

/** Chain seconds. */
const CLAIM_SECONDS = 240;
const LONG_WINDOW_SECONDS = 30;
const SHORT_WINDOW_SECONDS = 4;

describe("claims that a reorganisation takes back when it is too late to make them again", function () {
  this.timeout(120_000);
  let market: TestMarket;
  let operator: Operator | undefined;
  beforeEach(async () => {
    market = await TestMarket.start({ FROBEN_CLAIM_SECONDS: String(CLAIM_SECONDS) });
  });
  afterEach(async () => {
    await operator?.stop();
    await market.stop();
  });

  async function start(): Promise<Operator> {
    const settings = { FROBEN_SETTLE_PATIENCE: "1" };
    return (operator = await createOperator(await market.operatorConfig(0, settings)));
  }

  const gate = () => join(market.chain.folder, "gate");
  const openGate = () => writeFileSync(gate(), "");

  /** As the chain has them now. */
  async function claimedBits(id: number): Promise<bigint> {
    const { client, market: address } = market.chain;
    const call = { address, abi: marketAbi, functionName: "taskWordOf" } as const;
    return (await client.readContract({ ...call, args: [id, 0] }))[0];
  }

  /**
   * An operator works on two tasks, of which the second waits at the gate, until the chain shows what is asked for. Then the chain is as
   * it was before their claim, for which it is too late.
   */
  async function takeBack(windowSeconds: number, pays: TaskView["pay"][]) {
    const { test, client } = market.chain;
    // It is known by then, and not there yet.
    await start();
    await operator?.stop();
    const jobs = [{ value: "a" }, { value: "b", gate: gate() }];
    const id = await market.submit(jobs, 3, { windowSeconds });
    const known = async () => (await getTasks(market.client, id).catch(() => [])).length > 0;
    while (!(await known())) await clock.sleep(20);
    await pause(market.client, id);
    const { address } = await start();
    const before = await market.account(address);
    const snapshot = await test.snapshot();
    await resume(market.client, id);
    const isThere = async () => {
      const tasks = await getTasks(market.client, id);
      // Its result comes only when its operator has seen the claim.
      return tasks[0]!.state === "done" && tasks.every(({ pay }, i) => pay === pays[i]);
    };
    while (!(await isThere())) await clock.sleep(20);
    const { timestamp } = await client.getBlock();
    await test.revert({ id: snapshot });
    await test.setNextBlockTimestamp({ timestamp: timestamp + BigInt(CLAIM_SECONDS) });
    return { id, before, address };
  }

  /** All is done and paid in the end, by the attempts that there were, of which each was run once. */
  async function expectPaid({ id, before, address }: Awaited<ReturnType<typeof takeBack>>) {
    let state = "";
    for await (const view of watch(market.client, id)) if (isOver(view)) state = view.state;
    expect(state).to.equal("completed");
    const results = await fetchOutputs(market.client, id, "results");
    expect(results.map(String)).to.deep.equal(["computed a", "computed b"]);
    const attempts = await getAttempts(market.client, id);
    const ended = attempts.map(({ attempt, outcome }) => ({ attempt, outcome }));
    expect(ended).to.deep.equal([1, 1].map((attempt) => ({ attempt, outcome: "valid" })));
    const after = await market.account(address);
    expect(after).to.deep.equal({ ...before, locked: 0n, owed: before.owed + 20n });
  }

  it("are made again by an operator that still computes", async () => {
    const work = await takeBack(SHORT_WINDOW_SECONDS, ["claimed", "claimed"]);
    while ((await claimedBits(work.id)) === 0n) await clock.sleep(20);
    openGate();
    await expectPaid(work);
  });

  it("are made again, and committed to again, by an operator whose results are used", async () => {
    openGate();
    await expectPaid(await takeBack(LONG_WINDOW_SECONDS, ["committed", "committed"]));
  });

  it("are made again by an operator that was paid for one of them", async () => {
    const work = await takeBack(SHORT_WINDOW_SECONDS, ["settled", "claimed"]);
    while ((await claimedBits(work.id)) === 0n) await clock.sleep(20);
    openGate();
    await expectPaid(work);
  });
});
