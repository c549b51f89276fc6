import { expect } from "chai";
import { estimate } from "../../../offchain/simulate/estimate/estimate";
import { Estimator } from "../../../offchain/simulate/estimate/estimator";
import type { LearnedOf, MarketSnapshot } from "../../../offchain/simulate/estimate/market";
import type { Register } from "../../../protocol/http";
import type { RunModel } from "../../../protocol/run-model";
import type { Spec } from "../../../protocol/spec";
import { pipeline, PROGRAM, proofs } from "../coordinator/support/specs";

const OPEN: RunModel = { durations: {}, items: {}, runs: {} };
const PROGRAMS = Object.values(PROGRAM);

const operatorOf = (
  address: string,
  registration: Partial<Register> = {},
  freeStake = 1_000_000n,
): MarketSnapshot["operators"][number] => ({
  address,
  freeStake,
  registration: {
    name: address,
    machine: { id: address, cores: 1, memoryMb: 1_000, gpus: [] },
    offer: { cores: 1, memoryMb: 1_000, gpus: 0, vramMb: 0 },
    programs: PROGRAMS,
    concurrency: 1,
    priceBps: 5_000,
    speed: 1,
    ...registration,
  },
});

const learnedOf = (operator: string, seconds: number, failed = 0): LearnedOf[] =>
  PROGRAMS.map((program) => ({
    program,
    operator,
    learned: { runs: 10, meanMs: seconds * 1000, failed },
  }));

const marketOf = (
  operators: MarketSnapshot["operators"],
  learned: LearnedOf[] = [],
  otherTasks = 0,
): MarketSnapshot => ({ operators, learned, grown: [], otherTasks });

/** With all the time in the world. */
const made = (spec: Spec, market: MarketSnapshot, model: Partial<RunModel> = {}) =>
  estimate(spec, { ...OPEN, ...model }, market, 1, () => 0);

describe("an estimate", () => {
  it("takes durations and prices of the operators as they are known", () => {
    const market = marketOf(
      [operatorOf("a"), operatorOf("b", { priceBps: 2_500 })],
      [...learnedOf("a", 10), ...learnedOf("b", 10)],
    );
    const answer = made(proofs(8), market);
    expect(answer).to.deep.include({
      tasks: 8,
      escrow: "8000",
      runs: { made: 5, done: 5 },
      reason: null,
      operators: { online: 2, able: 2 },
      assumed: [],
    });
    expect(answer.seconds).to.deep.equal({ expected: 40, least: 40, most: 40 });
    expect(Number(answer.cost!.expected)).to.be.within(8 * 250, 8 * 500);
    expect(answer.steps).to.deep.equal([
      { step: "prove", tasks: 8, seconds: 10, basis: "measured" },
    ]);
  });

  it("believes a requester's durations, and scales them by what was measured of each operator", () => {
    const learned = [...learnedOf("gone", 20), ...learnedOf("a", 10)];
    const market = marketOf([operatorOf("a", { speed: 2 })], learned);
    const answer = made(proofs(2), market, { durations: { prove: 40 } });
    // It says that it is twice as fast, and was.
    expect(answer.seconds!.expected).to.be.closeTo(40, 1);
    expect(answer.steps[0]).to.include({ seconds: 40, basis: "given" });
  });

  it("counts attempts that fail as time and not as money", () => {
    const market = marketOf([operatorOf("a")], learnedOf("a", 10, 3));
    const answer = made(proofs(20, { retry: { attempts: 50, backoffSeconds: 0 } }), market);
    expect(answer.seconds!.expected).to.be.above(200);
    expect(answer.cost!.expected).to.equal(String(20 * 500));
  });

  it("knows that operators of one machine share it", () => {
    const machine = { id: "shared", cores: 1, memoryMb: 1_000, gpus: [] };
    const operators = ["a", "b"].map((address) => operatorOf(address, { machine }));
    const learned = [...learnedOf("a", 10), ...learnedOf("b", 10)];
    expect(made(proofs(4), marketOf(operators, learned)).seconds!.expected).to.equal(40);
  });

  it("waits for bonds to come back after the challenge window, or says that stake is missing", () => {
    const once = marketOf([operatorOf("a", {}, 10n)], learnedOf("a", 10));
    // One bond at a time: two tasks and the window between them.
    expect(made(proofs(2), once).seconds!.expected).to.equal(10 + 20 + 10);
    const never = made(proofs(2), marketOf([operatorOf("a", {}, 9n)], learnedOf("a", 10)));
    expect(never).to.deep.include({ seconds: null, cost: null, runs: { made: 5, done: 0 } });
    expect(never.reason!.code).to.equal("workflow_stuck");
    expect(never.operators).to.deep.equal({ online: 1, able: 0 });
  });

  it("says what it assumed where nobody has measured anything", () => {
    const answer = made(pipeline(), marketOf([operatorOf("a", { speed: 2 })], [], 7));
    expect(answer.assumed.map(({ code, of }) => `${code} ${of}`)).to.deep.equal([
      "items_unknown split.leaves",
      "duration_unknown split",
      "duration_unknown prove",
      "duration_unknown merge",
      "speed_declared split",
      "speed_declared prove",
      "speed_declared merge",
      "market_idle operators",
    ]);
    expect(answer.steps.map(({ tasks, basis }) => [tasks, basis])).to.deep.equal([
      [1, "assumed"],
      [8, "assumed"],
      [7, "assumed"],
    ]);
    // 16 tasks of a quarter of 60 s, on an operator that says it is twice as fast.
    expect(answer.seconds!.expected).to.be.within(16 * 7.5, 16 * 7.5 + 1);
  });

  it("says why nothing can be expected: nobody there, or nobody who could", () => {
    expect(made(proofs(1), marketOf([])).reason!.code).to.equal("no_operators");
    const other = operatorOf("a", { programs: [PROGRAM.merge] });
    const { reason, runs } = made(proofs(1), marketOf([other]));
    expect(reason!.code).to.equal("task_unplaceable");
    expect(reason!.message).to.include("prove[0]");
    expect(runs.done).to.equal(0);
  });

  it("makes fewer runs when time is short, but always one that is begun in time", () => {
    const market = marketOf([operatorOf("a")], learnedOf("a", 10));
    let time = 0;
    expect(estimate(proofs(2), OPEN, market, 50, () => (time += 10)).runs.made).to.be.within(1, 4);
  });
});

describe("an estimator", () => {
  const market = marketOf([operatorOf("a")], learnedOf("a", 10));
  const bodyOf = (request: object) => Buffer.from(JSON.stringify(request));
  const asked: string[][] = [];
  let estimator: Estimator;
  beforeEach(() => {
    estimator = new Estimator((programs) => {
      asked.push(programs);
      return market;
    });
  });
  afterEach(() => estimator.close());

  it("computes in a thread, asks for the programs of the spec alone, and takes one request after another", async () => {
    const answers = await Promise.all(
      [2, 3].map((count) => estimator.estimate(bodyOf({ spec: proofs(count) }))),
    );
    expect(answers.map(({ seconds }) => seconds!.expected)).to.deep.equal([20, 30]);
    expect(asked).to.deep.equal([[PROGRAM.prove], [PROGRAM.prove]]);
  });

  it("passes on what is wrong with a request, and takes the next one", async () => {
    const codeOf = (body: Buffer) =>
      estimator.estimate(body).catch(({ code, field }) => `${code} ${field}`);
    expect(await codeOf(Buffer.from("{"))).to.equal("body_not_json body");
    expect(await codeOf(bodyOf({ spec: {}, extra: 1 }))).to.equal("body_invalid (root)");
    expect(await codeOf(bodyOf({ spec: { version: 2 } }))).to.equal("spec_invalid version");
    const model = { durations: { nobody: 1 } };
    expect(await codeOf(bodyOf({ spec: proofs(1), ...model }))).to.equal(
      "simulation_file_invalid durations.nobody",
    );
    expect((await estimator.estimate(bodyOf({ spec: proofs(1) }))).tasks).to.equal(1);
  });

  it("refuses more than it can do soon, and ends at once", async () => {
    const body = bodyOf({ spec: proofs(1) });
    const results = Array.from({ length: 7 }, () =>
      estimator.estimate(body).then(
        () => "made",
        ({ code }: { code: string }) => code,
      ),
    );
    expect((await Promise.all(results.slice(5)))[0]).to.equal("estimate_busy");
    await estimator.close();
    const all = await Promise.all(results);
    expect(all.filter((result) => result === "estimate_busy")).to.have.length.at.least(2);
    expect(all.every((result) => result !== undefined)).to.equal(true);
  });
});
