import { expect } from "chai";
import { sha256 } from "../../../protocol/digest";
import { FrobenError } from "../../../protocol/errors";
import { LIMITS } from "../../../protocol/limits";
import { taskWhySchema } from "../../../protocol/why";
import { eachWithMarket } from "./support/each-with-market";
import { HttpOperator, serveMarket } from "./support/http-operator";
import { CANARY_IDLE_MS, type Market, type TestOperator } from "./support/market";
import { PROGRAM, proofs } from "./support/specs";

const IDLE = CANARY_IDLE_MS / 1_000 + 3;
const RIGHT = (i: number) => `proof ${i}`;

describe("canaries, asked over HTTP", () => {
  let market: Market;
  let server: Awaited<ReturnType<typeof serveMarket>>;
  let maker: TestOperator;
  let newcomer: TestOperator;
  let http: HttpOperator;
  eachWithMarket((made) => (market = made));

  const views = () => market.coordinator.views;
  const canariesOf = ({ address }: TestOperator) =>
    views()
      .operators()
      .find((one) => one.address === address)!.canaries;
  const workAll = (operator: TestOperator) =>
    operator.workAll((_, task) => ({ proof: RIGHT(task) }));
  const serve = async () => {
    server = await serveMarket(market);
    http = new HttpOperator(server.url, market, newcomer.account);
  };
  const restart = async () => {
    await server.close(0);
    await market.restart();
    await serve();
  };
  /** @returns whom another task goes to, of the two */
  const choiceFor = async (workflow: number) => {
    await market.submit(workflow, proofs(1));
    const { operator } = views().tasks(workflow)[0]!;
    return operator;
  };

  beforeEach(async () => {
    maker = await market.operator({ programs: [PROGRAM.prove], priceBps: 9_000 });
    await market.submit(1, proofs(3));
    await workAll(maker);
    newcomer = await market.operator({ programs: [PROGRAM.prove] });
    await serve();
  });
  afterEach(() => server.close(0));

  it("come when a newcomer had nothing to do for a while, with the inputs of a finished task, and nothing of its result", async () => {
    expect(await http.awaitCanary(IDLE - 4)).equal(undefined);
    const canary = (await http.awaitCanary(4))!;
    expect(canary).to.deep.include({
      program: PROGRAM.prove,
      params: {},
      outputs: { proof: "file" },
      runSeconds: 60,
    });
    const asked = [0, 1, 2].filter((i) => canary.inputs.request === sha256(`request ${i}`));
    expect(asked).to.have.length(1);
    const text = JSON.stringify(canary);
    expect([0, 1, 2].filter((i) => text.includes(sha256(RIGHT(i))))).to.deep.equal([]);
  });

  /** Gets the next canary, and takes it. @returns it, and the right result */
  const take = async () => {
    const canary = (await http.awaitCanary(IDLE))!;
    expect(canary, "a canary").not.equal(undefined);
    await http.sync(canary.canary);
    const [task] = [0, 1, 2].filter((i) => canary.inputs.request === sha256(`request ${i}`));
    return { id: canary.canary, right: sha256(RIGHT(task!)), runSeconds: canary.runSeconds };
  };
  const learned = () =>
    views()
      .snapshot([PROGRAM.prove])
      .learned.find(({ operator }) => operator === newcomer.address)?.learned;
  const refused = async (asked: Promise<unknown>) => {
    const error = await asked.then(
      () => undefined,
      (cause: { code: string; status: number }) => cause,
    );
    return error && { code: error.code, status: error.status };
  };

  beforeEach(() => {
    for (const i of [0, 1, 2]) market.store.put(`request ${i}`);
  });

  it("answered rightly count as runs, with their time, and what follows goes by that", async () => {
    for (const seconds of [2, 4]) {
      const { id, right } = await take();
      expect(await http.sync(id)).to.deep.equal({ assignments: [], verdicts: [] });
      await http.computed(id, right, seconds * 1_000);
      await http.computed(id, right, seconds * 1_000); // the answer to the first may have been lost
    }
    expect(canariesOf(newcomer)).to.deep.equal({ right: 2, wrong: 0, failed: 0 });
    const counts = { runs: 2, failed: 0, canariesRight: 2, canariesWrong: 0 };
    expect(learned()).to.deep.include({ ...counts, meanMs: 3_000 });
    expect(await http.awaitCanary(2 * IDLE), "a third one").equal(undefined);
    expect(await market.metrics())
      .to.include('froben_canaries_total{event="offered"} 2')
      .and.include('froben_canaries_total{event="right"} 2');
  });

  it("show up a newcomer with wrong results before it is given a task that it would spoil", async () => {
    market.judge = () => ({ valid: false, reason: "wrong" });
    for (const answer of ["no proof", "none either"]) {
      const { id } = await take();
      await http.computed(id, market.store.put(answer));
    }
    expect(canariesOf(newcomer)).to.deep.equal({ right: 0, wrong: 2, failed: 0 });
    await maker.sync();
    // It asks for less, and would be as fast as the other one.
    for (const workflow of [2, 3, 4, 5, 6]) {
      market.judge = () => ({ valid: true });
      expect(await choiceFor(workflow)).equal(maker.address);
      await workAll(maker);
    }
  });

  const canariesWhy = (workflow: number, limit = 5) =>
    taskWhySchema.parse(views().whyTask(workflow, 0, limit)).operators?.canaries;

  it("are named among the reasons why a task is not running: who has one, and who is expected to fail for its answers", async () => {
    await market.submit(2, proofs(1, { resources: { cores: 1_000, memoryMb: 1_000 } }));
    expect(canariesWhy(2)).equal(undefined);
    const first = await take();
    const { name } = views().operator(newcomer.address);
    const counts = { right: 0, wrong: 0, failed: 0 };
    const of = { operator: newcomer.address, name, state: "taken", isDoubted: false, ...counts };
    const message = "1 with a canary, given back for a task";
    expect(canariesWhy(2)).to.deep.equal({ count: 1, message, operators: [of] });
    expect(canariesWhy(2, 0)).to.deep.equal({ count: 1, message, operators: [] });
    expect(views().whyTask(2, 0, 5).message).to.match(
      /^no operator can take it: .*; 1 with a canary/,
    );
    market.judge = () => ({ valid: false, reason: "wrong" });
    await http.computed(first.id, market.store.put("no proof"));
    const second = await take();
    await http.computed(second.id, market.store.put("none either"));
    expect(canariesWhy(2)).to.deep.equal({
      count: 1,
      message: "1 expected to fail, with canaries answered wrongly or not at all",
      operators: [{ ...of, state: null, isDoubted: true, wrong: 2 }],
    });
  });

  it("are said to be given back first by whoever has just got a task", async () => {
    maker.draining = true;
    await maker.sync();
    const { id } = await take();
    await market.submit(2, proofs(1));
    const { code, message } = views().whyTask(2, 0, 5);
    expect(code).equal("assigned");
    expect(message)
      .to.include(newcomer.address)
      .and.match(/; it has a canary, to be given back first$/);
    await http.answer({ canary: id, outcome: "given_back", reason: "displaced" });
    expect(views().whyTask(2, 0, 5).message).to.match(/which has not started it$/);
  });

  it("do not keep a good one from its work: it is given the tasks for which it asks less", async () => {
    for (let i = 0; i < 2; i++) {
      const { id, right } = await take();
      await http.computed(id, right);
    }
    await maker.sync();
    expect(await choiceFor(2)).equal(newcomer.address);
  });

  it("whose result differs are judged as a task's would be, once the bytes are here", async () => {
    const { id } = await take();
    const other = sha256("as good a proof");
    const missing = { code: "result_missing", status: 422 };
    expect(await refused(http.computed(id, other))).to.deep.equal(missing);
    expect(await refused(http.computed(id, sha256("yet another")))).to.deep.equal({
      code: "canary_conflict",
      status: 409,
    });
    market.judge = (job) => ({ valid: "inputs" in job && job.inputs.proof === other });
    market.store.put("as good a proof");
    await http.computed(id, other);
    expect(canariesOf(newcomer)).to.deep.equal({ right: 1, wrong: 0, failed: 0 });
  });

  it("that nobody can judge say nothing", async () => {
    const { id } = await take();
    market.judge = () => {
      throw new FrobenError("validation_failed", "no verdict");
    };
    await http.computed(id, market.store.put("something"));
    expect(canariesOf(newcomer)).to.deep.equal({ right: 0, wrong: 0, failed: 0 });
    expect(learned()).equal(undefined);
  });

  it("that were taken and not answered in time count as failed, and those that were not taken as nothing", async () => {
    const { id, runSeconds } = await take();
    for (let i = 0; i < runSeconds + LIMITS.canaryGraceSeconds + 1; i += 10) {
      await http.sync(id);
      await market.pass(10_000);
    }
    expect(canariesOf(newcomer)).to.deep.equal({ right: 0, wrong: 0, failed: 1 });
    expect(learned()).to.deep.include({ failed: 1, canariesWrong: 1 });
    expect(await http.awaitCanary(IDLE)).not.equal(undefined);
    for (let i = 0; i <= LIMITS.canaryGraceSeconds; i += 10) {
      await http.sync();
      await market.pass(10_000);
    }
    expect(canariesOf(newcomer).failed).equal(1);
    expect(await market.metrics()).to.include('froben_canaries_total{event="void"} 1');
  });

  it("of an operator that falls silent count as failed", async () => {
    await take();
    await market.pass(20_000);
    await market.pass(1_000);
    expect(canariesOf(newcomer)).to.deep.equal({ right: 0, wrong: 0, failed: 1 });
  });

  it("may be given back, and are asked no more than so often", async () => {
    let asked = 0;
    for (;;) {
      const canary = await http.awaitCanary(IDLE);
      if (!canary) break;
      asked++;
      const reason = asked % 2 === 0 ? "declined" : "displaced";
      await http.answer({ canary: canary.canary, outcome: "given_back", reason });
    }
    expect(asked).equal(LIMITS.canariesPerProgram);
    expect(learned()).equal(undefined);
    expect(await market.metrics()).to.include('froben_canaries_total{event="void"} 2');
  });

  it("that end without a result count as failed, unless an input is gone", async () => {
    const failed = {
      outcome: "failed",
      code: "run_failed",
      message: "it ended with code 1",
    } as const;
    const first = await take();
    await http.answer({ canary: first.id, ...failed });
    expect(canariesOf(newcomer).failed).equal(1);
    const second = await take();
    for (const i of [0, 1, 2]) market.store.remove(sha256(`request ${i}`));
    await http.answer({ canary: second.id, ...failed });
    expect(canariesOf(newcomer).failed).equal(1);
  });

  it("are not asked of what was struck, or whose inputs are gone", async () => {
    market.chain.pay(1, 0, "struck");
    market.store.remove(sha256("request 1"));
    for (let i = 0; i < 2; i++) {
      const canary = await http.awaitCanary(3 * IDLE);
      if (!canary) continue;
      expect(canary.inputs.request).equal(sha256("request 2"));
      await http.answer({ canary: canary.canary, outcome: "given_back", reason: "displaced" });
    }
  });

  it("go on after a restart, which neither forgets what came out nor asks anything twice", async () => {
    const first = await take();
    await restart();
    expect((await http.sync()).canary?.canary).equal(first.id);
    await http.computed(first.id, first.right);
    await restart();
    await http.sync();
    expect(canariesOf(newcomer)).to.deep.equal({ right: 1, wrong: 0, failed: 0 });
    expect(learned()).to.deep.include({ runs: 1, canariesRight: 1 });
    await http.computed(first.id, first.right);
    const second = await take();
    expect(second.right).not.equal(first.right);
    market.judge = () => ({ valid: false });
    await http.computed(second.id, market.store.put("wrong"));
    await restart();
    expect(canariesOf(newcomer)).to.deep.equal({ right: 1, wrong: 1, failed: 0 });
    expect(await http.awaitCanary(2 * IDLE)).equal(undefined);
  });

  it("are not asked of those that have none of it, work, drain or are known", async () => {
    const others = await Promise.all([
      market.operator({ programs: [PROGRAM.prove], canaries: false }),
      market.operator({ programs: [PROGRAM.merge] }),
      market.operator({
        programs: [PROGRAM.prove],
        offer: { cores: 4, memoryMb: 100, gpus: 0, vramMb: 0 },
      }),
    ]);
    const heard = [maker, ...others].map(
      ({ account }) => new HttpOperator(server.url, market, account),
    );
    for (let i = 0; i < 2 * IDLE; i++) {
      for (const one of heard) expect((await one.sync()).canary).equal(undefined);
      expect((await http.sync(undefined, { draining: true })).canary).equal(undefined);
      await market.pass(1_000);
    }
    expect(await market.metrics()).not.to.include('froben_canaries_total{event="offered"}');
  });

  it("are answered by those that were asked, and in words that the API knows", async () => {
    const { id, right } = await take();
    const other = new HttpOperator(server.url, market, maker.account);
    expect(await refused(other.computed(id, right))).to.deep.equal({
      code: "canary_not_yours",
      status: 403,
    });
    const unknown = "00000000-0000-4000-8000-000000000000";
    expect(await refused(http.computed(unknown, right))).to.deep.equal({
      code: "canary_unknown",
      status: 404,
    });
    expect((await refused(http.computed(id, "not a digest")))!.status).equal(422);
    await http.computed(id, right);
    const wrong = { canary: id, outcome: "failed", code: "x", message: "x" } as const;
    expect(await refused(http.answer(wrong))).to.deep.equal({ code: "canary_ended", status: 409 });
  });
});
