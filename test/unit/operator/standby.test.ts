import { expect } from "chai";
import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { devnetAccount, ROLES } from "../../../devnet/chain";
import { checkStandby } from "../../../operator/assignments/standby";
import { systemClock as clock } from "../../../operator/clock";
import type { Holdings } from "../../../operator/holdings/holdings";
import { createOperator, type Operator } from "../../../operator/operator";
import { sha256 } from "../../../protocol/digest";
import type { FrobenError } from "../../../protocol/errors";
import type { SignedAssignment } from "../../../protocol/http";
import { fetchOutputs, getAttempts, getTasks, isOver, watch } from "../../../sdk";
import { holdersOf } from "../../support/processes";
import { assignmentFixture } from "./assignment-fixture";
import { TestMarket } from "./market-fixture";

const STAKE = 100_000_000n;
const standby = { afterFactor: 1 };

describe("a standby copy on a real market", function () {
  this.timeout(180_000);
  let market: TestMarket;
  let started: Operator[];
  let stopped: number[];
  let name = 0;

  before(async () => {
    market = await TestMarket.start();
  });
  after(() => market.stop());
  beforeEach(() => {
    started = [];
    stopped = [];
  });
  afterEach(async () => {
    for (const pid of stopped) if (existsSync(`/proc/${pid}`)) process.kill(pid, "SIGCONT");
    await Promise.all(started.map((operator) => operator.stop()));
    market.killOperators();
  });

  const addressOf = (index: number) => devnetAccount(ROLES.operators + index).address;
  const account = (index: number) => market.account(addressOf(index));
  async function start(index: number): Promise<void> {
    started.push(await createOperator(await market.operatorConfig(index)));
  }
  /** Has an operator's process drain: of one that is killed, nobody would know that it gets no more tasks. */
  async function ended(child: ChildProcess): Promise<void> {
    const exit = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    expect(await exit).to.equal(0);
  }
  async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) await clock.sleep(20);
  }
  async function settled(id: number): Promise<string> {
    let state = "";
    for await (const view of watch(market.client, id)) {
      state = view.state;
      if (isOver(view) && view.settled) break;
    }
    return state;
  }
  const task = async (id: number) => (await getTasks(market.client, id))[0]!;
  const height = () => market.chain.client.getBlockNumber();
  const outcomes = async (id: number) =>
    (await getAttempts(market.client, id)).map(({ outcome, standby }) => ({ outcome, standby }));

  /** Who computes behind a gate. */
  const programAt = (gate: string) => Number(readFileSync(`${gate}.pid`, "utf8") || 0);
  const stop = (pid: number) => {
    process.kill(pid, "SIGSTOP");
    stopped.push(pid);
  };

  /** An operator that the caller starts has claimed a task, and its program waits behind the gate. */
  async function straggling() {
    expect(await settled(await market.submit([{ value: "quick" }]))).to.equal("completed");
    const gate = join(market.chain.folder, `gate-${name++}`);
    const id = await market.submit([{ value: `slow ${name}`, gate }], 1, { standby });
    await until(() => existsSync(`${gate}.pid`) && programAt(gate) > 0);
    await until(async () => (await task(id)).pay === "claimed");
    return { gate, id, program: programAt(gate) };
  }

  /** A copy's program waits behind the same gate. */
  async function copyRuns(gate: string, program: number): Promise<number> {
    await until(() => programAt(gate) > 0 && programAt(gate) !== program);
    return programAt(gate);
  }

  it("is computed, kept until the straggler has given its claim back for free, then claimed, reported and paid", async () => {
    await start(0);
    const { gate, id, program } = await straggling();
    stop(program);
    const owed = (await account(0)).owed;
    await start(1);
    await copyRuns(gate, program);
    expect(await task(id)).to.include({
      attempt: 1,
      pay: "claimed",
      operator: addressOf(0).toLowerCase(),
    });
    expect((await account(1)).locked).to.equal(0n);
    writeFileSync(gate, "");
    expect(await settled(id)).to.equal("completed");
    expect(await outcomes(id)).to.deep.equal([
      { outcome: "withdrawn", standby: false },
      { outcome: "valid", standby: true },
    ]);
    expect(await task(id)).to.include({ attempt: 2, operator: addressOf(1).toLowerCase() });
    const [result] = await fetchOutputs(market.client, id, "results");
    expect(String(result)).to.equal(`computed slow ${name}`);
    expect(await account(0)).to.deep.equal({ free: STAKE, locked: 0n, owed });
    expect(await account(1)).to.deep.equal({ free: STAKE, locked: 0n, owed: 10n });
    await until(() => !existsSync(`/proc/${program}`));
  });

  it("is cancelled, unpaid, when the first attempt delivers; its program is ended", async () => {
    await start(2);
    const { gate, id, program } = await straggling();
    await start(3);
    const copy = await copyRuns(gate, program);
    stop(copy);
    writeFileSync(gate, "");
    expect(await settled(id)).to.equal("completed");
    expect(await outcomes(id)).to.deep.equal([
      { outcome: "valid", standby: false },
      { outcome: "withdrawn", standby: true },
    ]);
    expect(await account(2)).to.deep.equal({ free: STAKE, locked: 0n, owed: 20n });
    expect(await account(3)).to.deep.equal({ free: STAKE, locked: 0n, owed: 0n });
    await until(() => !existsSync(`/proc/${copy}`));
    await until(() => readdirSync(join(market.chain.folder, "operator-3", "runs")).length === 0);
  });

  it("is resumed after SIGKILL, and wins all the same", async () => {
    await start(4);
    const { gate, id, program } = await straggling();
    stop(program);
    const first = await market.spawnOperator(5);
    const copy = await copyRuns(gate, program);
    const gone = new Promise((resolve) => first.once("exit", resolve));
    first.kill("SIGKILL");
    await gone;
    const second = await market.spawnOperator(5);
    await copyRuns(gate, copy);
    writeFileSync(gate, "");
    expect(await settled(id)).to.equal("completed");
    expect((await outcomes(id)).map(({ outcome }) => outcome)).to.deep.equal([
      "withdrawn",
      "valid",
    ]);
    expect((await account(4)).free).to.equal(STAKE);
    expect((await account(5)).owed).to.equal(10n);
    await ended(second);
    await until(() => holdersOf(join(market.chain.folder, "operator-5")).length === 0);
  });

  it("lets nobody have its result while the straggler's claim stands", async () => {
    const slow = await market.spawnOperator(6);
    const { gate, id, program } = await straggling();
    await start(7);
    await copyRuns(gate, program);
    process.kill(slow.pid!, "SIGSTOP"); // it does not hear that its claim is wanted back
    stop(program);
    writeFileSync(gate, "");
    await until(async () => (await outcomes(id))[1]!.outcome === "computed");
    const head = async () => {
      const url = `${market.coordinator.url}/v1/artifacts/${sha256(`computed slow ${name}`)}`;
      return (await fetch(url, { method: "HEAD" })).status;
    };
    for (let block = await height(); (await height()) < block + 4n;) {
      expect(await head()).to.equal(404);
      expect(await task(id)).to.include({ attempt: 2, pay: "claimed" });
      expect((await account(7)).locked).to.equal(0n);
    }
    process.kill(slow.pid!, "SIGCONT");
    expect(await settled(id)).to.equal("completed");
    expect(await head()).to.equal(200);
    expect((await account(6)).free).to.equal(STAKE);
    expect((await account(7)).owed).to.equal(10n);
    await ended(slow);
  });

  describe("is refused", () => {
    const nothingHeld = { all: () => [] } as Pick<Holdings, "all">;
    const NOW = 1_000;
    const codeOf = (
      signed: SignedAssignment,
      {
        wants = true,
        holdings = nothingHeld,
      }: { wants?: boolean; holdings?: typeof nothingHeld } = {},
    ) =>
      checkStandby(signed, wants, holdings, market.chain, NOW).then(
        () => "taken",
        (error: FrobenError) => error.code,
      );

    it("by who takes none", async () => {
      expect(await codeOf(await assignmentFixture([101], 2), { wants: false })).to.equal(
        "assignment_standby",
      );
    });

    it("if it has several tasks, or can be claimed only later than a claim time from now", async () => {
      expect(await codeOf(await assignmentFixture([101, 102], 2))).to.equal("assignment_malformed");
      const far = { ...(await assignmentFixture([101], 2)), claimBy: NOW + 100 + 61 };
      expect(await codeOf(far)).to.equal("assignment_malformed");
    });

    it("by who has the task already", async () => {
      const signed = await assignmentFixture([101], 2);
      const own = { workflow: signed.workflow, task: 101, attempt: 1, phase: "running" };
      const holdings = { all: () => [{ tasks: [own] }] } as unknown as typeof nothingHeld;
      expect(await codeOf(signed, { holdings })).to.equal("assignment_standby_own");
    });

    it("if nobody has claimed the task", async () => {
      expect(await codeOf(await assignmentFixture([101], 2))).to.equal("assignment_not_standby");
    });
  });
});
