import { expect } from "chai";
import { WORKFLOW_STATUS } from "../../../protocol/abi";
import { FrobenError } from "../../../protocol/errors";
import { taskWhySchema, workflowWhySchema, type TaskWhy } from "../../../protocol/why";
import { eachWithMarket } from "./support/each-with-market";
import type { Market, TestOperator } from "./support/market";
import { pipeline, PROGRAM, proofs } from "./support/specs";

const programs = [PROGRAM.prove];
const ALL = Object.values(PROGRAM);

describe("why a task is not running", () => {
  let market: Market;
  eachWithMarket((made) => (market = made));

  /** As it travels: what the answer's form does not know fails here. */
  const why = (task: number, operators = 5): TaskWhy =>
    taskWhySchema.strict().parse(market.coordinator.views.whyTask(1, task, operators));
  const whyAll = (operators = 5) =>
    workflowWhySchema.strict().parse(market.coordinator.views.why(1, operators));
  const failure = (operator: TestOperator, body: { root: string }, attempt: number) =>
    market.coordinator.failure(operator.address, {
      workflow: 1,
      task: 0,
      attempt,
      root: body.root,
      code: "run_failed",
      message: "out of memory",
      inputRefused: false,
    });

  it("names the predicate of the matchmaker that rules each operator out, and what it lacks", async () => {
    const need = { cores: 4, memoryMb: 8_000, gpus: 1, vramMb: 16_000 };
    const offer = { ...need, cores: 2, vramMb: 8_000 };
    const gpu = (vramMb: number) => ({
      id: `gpu ${vramMb}`,
      cores: 4,
      memoryMb: 8_000,
      gpus: [{ vramMb }],
    });
    const offline = await market.operator({ programs, name: "offline" });
    const seen = market.clock.now();
    await market.pass(16_000);
    const draining = await market.operator({ programs, name: "draining" });
    draining.draining = true;
    await draining.sync();
    const stranger = await market.operator({ programs: [], name: "stranger" });
    const small = await market.operator({ programs, name: "small", offer });
    const boastful = await market.operator({
      programs,
      name: "boastful",
      machine: gpu(1),
      offer: need,
    });
    const poor = await market.operator({
      programs,
      name: "poor",
      machine: gpu(16_000),
      offer: need,
    });
    market.chain.stake(poor.address, 9n);
    await market.submit(1, proofs(1, { resources: need }));

    const { code, message, operators } = why(0);
    expect(code).to.equal("no_operator");
    expect(message).to.match(/^no operator can take it: 1 not seen for too long; 1 draining/);
    expect(operators).to.include({ registered: 6, able: 0, ceiling: "1000", bond: "10" });
    const found = operators!.rejections.flatMap((rejection) =>
      rejection.operators.map((one) => [rejection.code, one.operator, one.lacks, one.lastSeen]),
    );
    const short = [
      { what: "cores", needed: 4, found: 2 },
      { what: "vramMb", needed: 16_000, found: 8_000 },
    ];
    const offers = [
      ["offer", small.address, short, null],
      ["offer", boastful.address, [{ what: "gpus", needed: 1, found: 0 }], null],
    ].sort(([, a], [, b]) => (a! < b! ? -1 : 1));
    expect(found).to.deep.equal([
      ["offline", offline.address, [], seen],
      ["draining", draining.address, [], null],
      [
        "program",
        stranger.address,
        [{ what: "program", needed: PROGRAM.prove, found: null }],
        null,
      ],
      ...offers,
      ["stake", poor.address, [{ what: "stake", needed: "10", found: "9" }], null],
    ]);
    expect(operators!.rejections[0]!.operators[0]!.asked).to.equal("800");
  });

  it("agrees with the matchmaker: its next decision rejects whom this named, for the same", async () => {
    await market.operator({ programs, offer: { cores: 1, memoryMb: 10, gpus: 0, vramMb: 0 } });
    const poor = await market.operator({ programs });
    market.chain.stake(poor.address, 0n);
    const draining = await market.operator({ programs });
    draining.draining = true;
    await draining.sync();
    await market.submit(1, proofs(1));
    const named = why(0).operators!.rejections.map(({ code, operators }): [string, string[]] => [
      code,
      operators.map(({ operator }) => operator),
    ]);
    expect(named).to.have.length(3);
    const good = await market.operator({ programs });
    const { record } = market.coordinator.views.decisions(1)[0]!;
    expect(record.choice).to.equal(good.address);
    expect(record.rejections).to.deep.equal(Object.fromEntries(named));
  });

  it("says that who could take it is busy, and until when", async () => {
    const operator = await market.operator({ programs });
    await market.submit(1, proofs(2));
    const [body] = await operator.sync();
    expect(body!.tasks).to.have.length(1);
    const left = 1 - body!.tasks[0]!.task;
    const { code, operators } = why(left);
    expect(code).to.equal("operators_busy");
    const [busy] = operators!.rejections;
    expect(busy!.code).to.equal("concurrency");
    expect(busy!.operators[0]!.lacks).to.deep.equal([{ what: "slots", needed: 1, found: 0 }]);
    // Nobody has run the program: a quarter of the run limit of 60 s.
    expect(busy!.operators[0]!.expectedRoom).to.equal(market.clock.now() + 15_000);
  });

  it("says who avoided it and why: it failed the task while others can take it", async () => {
    const bad = await market.operator({ programs });
    await market.submit(1, proofs(2));
    const [first] = await bad.sync();
    const other = await market.operator({ programs });
    await other.sync();
    await failure(bad, first!, 1);
    await market.pass(1_000);
    const { operators } = why(0);
    const reasons = operators!.rejections.map(({ code, operators: [one] }) => [
      code,
      one!.operator,
    ]);
    expect(reasons).to.deep.equal([
      ["failed_before", bad.address],
      ["concurrency", other.address],
    ]);
  });

  it("lists a few operators for each predicate, and counts all", async () => {
    for (let i = 0; i < 7; i++) await market.operator({ programs: [] });
    await market.submit(1, proofs(1));
    const [rejection] = why(0, 2).operators!.rejections;
    expect(rejection).to.include({ code: "program", count: 7 });
    const listed = rejection!.operators.map(({ operator }) => operator);
    expect(listed).to.have.length(2);
    expect(listed).to.deep.equal([...listed].sort());
    expect(why(0, 0).operators!.rejections[0]!.operators).to.deep.equal([]);
    expect(why(0, 2)).to.deep.equal(why(0, 2));
  });

  it("says when no operator is registered at all", async () => {
    await market.submit(1, proofs(1));
    expect(why(0)).to.include({ code: "no_operator", message: "no operator is registered" });
  });

  it("lists the missing inputs with their steps and states, and steps that are not unfolded", async () => {
    const operator = await market.operator({ programs: ALL });
    await market.submit(1, pipeline());
    expect(why(0)).to.include({ code: "assigned", step: "split", state: "assigned" });
    const before = why(1);
    expect(before).to.include({ code: "not_unfolded", step: "prove", index: 0, state: null });
    expect(before.missing).to.deep.equal({
      count: 1,
      tasks: [{ task: 0, step: "split", index: 0, state: "assigned" }],
    });
    expect(why(9).missing!.tasks).to.deep.equal([
      { task: null, step: "prove", index: null, state: "not_unfolded" },
    ]);

    await operator.work((body): Record<string, string | string[]> =>
      body.stepId === "split" ? { leaves: ["a", "b", "c"], statement: "s" } : { proof: "p" },
    );
    const merge = why(9);
    expect(merge).to.include({ code: "inputs_missing", step: "merge", state: "waiting" });
    expect(merge.missing!.count).to.equal(2);
    expect(merge.missing!.tasks.map(({ task, step }) => [task, step])).to.deep.equal([
      [1, "prove"],
      [2, "prove"],
    ]);
    expect(why(8)).to.include({ code: "not_needed", index: 7 });
    expect(why(0).code).to.equal("done");
    expect(() => why(17))
      .to.throw(FrobenError)
      .that.includes({ code: "task_unknown", limit: 16 });
  });

  it("follows an attempt from its offer to its validation", async () => {
    const operator = await market.operator({ programs, name: "ada" });
    const assignedAt = market.clock.now();
    await market.submit(1, proofs(1));
    const [body] = await operator.sync();
    const offered = why(0).attempt!;
    const due = body!.claimBy * 1000;
    expect(offered).to.include({ state: "offered", name: "ada", assignedAt, claimed: false, due });
    operator.hold(body!, 0.5);
    await operator.sync();
    expect(why(0).attempt).to.include({ state: "running", progress: 0.5, startedAt: assignedAt });
    operator.running = [];
    operator.hold(body!, 1);
    await operator.sync();
    expect(why(0).attempt!.state).to.equal("computed");
    await operator.report(body!, 0, { proof: "p" });
    expect(why(0)).to.include({ code: "assigned" });
    expect(why(0).message).to.include("its claim is not on-chain yet");
    let said: TaskWhy | undefined;
    market.judge = () => {
      said = why(0);
      return { valid: true };
    };
    market.chain.claim(body!);
    await market.settle();
    expect(said!.attempt).to.include({ state: "validating", claimed: true });
    expect(said!.attempt!.due).to.equal(market.chain.task(1, 0)!.deadline * 1000);
    expect(why(0).code).to.equal("done");
  });

  it("tells a back-off from an earlier assignment and from an earlier claim, with their ends", async () => {
    const operator = await market.operator({ programs });
    await market.submit(1, proofs(1));
    const [body] = await operator.sync();
    const failedAt = market.clock.now();
    await failure(operator, body!, 1);
    expect(why(0)).to.include({ code: "back_off", until: failedAt + 1_000 });
    expect(why(0).message).to.include("out of memory");
    await market.pass(1_000);
    const [second] = await operator.sync();
    operator.hold(second!);
    await operator.sync();
    operator.running = [];
    // It falls silent, its assignment unclaimed.
    await market.pass(11_000);
    await market.pass(2_000);
    expect(why(0)).to.include({ code: "earlier_assignment", until: second!.claimBy * 1000 });
    market.chain.claim(second!);
    await market.pass(30_000);
    const { deadline } = market.chain.task(1, 0)!;
    expect(why(0)).to.include({ code: "earlier_claim", until: deadline * 1000 });
  });

  it("says that a commitment stands, that it is disputed, and that no attempt is left", async () => {
    market.judge = () => ({ valid: false });
    const operator = await market.operator({ programs });
    await market.submit(1, proofs(1, { retry: { attempts: 2, backoffSeconds: 0 } }));
    const [body] = await operator.sync();
    market.chain.claim(body!);
    const result = await operator.report(body!, 0, { proof: "wrong" });
    market.chain.pay(1, 0, "committed", [operator.commitment(body!, 0, result)]);
    await market.settle();
    expect(why(0).code).to.equal("earlier_commitment");
    market.chain.dispute(1, 0, { phase: "demanded", closesAt: 0 });
    await market.settle();
    expect(why(0).code).to.equal("in_dispute");
    market.chain.pay(1, 0, "struck");
    await market.pass(1_000);
    const [second] = await operator.sync();
    await failure(operator, second!, 2);
    expect(why(0)).to.include({ code: "failed", state: "failed" });
  });

  it("says that the spec is missing, that the workflow has ended, and that its deadline has passed", async () => {
    market.chain.open(1, proofs(1), market.account.address);
    await market.settle();
    expect(why(0)).to.include({ code: "spec_missing", step: null });
    expect(whyAll()).to.include({ code: "spec_missing", state: "running" });
    await market.submit(1, proofs(1));
    await market.pass(2_000);
    market.clock.advance(36_001_000);
    expect(why(0).code).to.equal("deadline_passed");
    expect(whyAll().code).to.equal("deadline_passed");
    market.chain.end(1, WORKFLOW_STATUS.cancelled);
    await market.settle();
    expect(why(0)).to.include({ code: "workflow_ended" });
    expect(why(0).message).to.include("cancelled by the requester");
  });

  it("groups what holds a workflow up by reason and step, whatever waits only counted", async () => {
    const operator = await market.operator({ programs: [PROGRAM.split, PROGRAM.merge] });
    await market.submit(1, pipeline());
    const early = whyAll();
    expect(early).to.include({ code: "held_up", waiting: 0, more: 0 });
    expect(early.notUnfolded).to.deep.equal(["prove", "merge"]);
    expect(early.groups.map(({ code, step, tasks }) => [code, step, tasks])).to.deep.equal([
      ["assigned", "split", [0]],
    ]);
    await operator.work(() => ({ leaves: ["a", "b", "c"], statement: "s" }));
    const { groups, waiting, message, notUnfolded } = whyAll(0);
    expect(waiting).to.equal(2);
    expect(notUnfolded).to.deep.equal([]);
    expect(message).to.equal("not done: 3 no_operator (prove); 2 wait for them");
    expect(groups).to.have.length(1);
    expect(groups[0]).to.deep.include({ code: "no_operator", count: 3, tasks: [1, 2, 3] });
    expect(groups[0]!.example).to.deep.equal(why(1, 0));
  });

  it("names twenty tasks of a group at most", async () => {
    await market.submit(1, proofs(50));
    const [group] = whyAll().groups;
    expect(group!.count).to.equal(50);
    expect(group!.tasks).to.have.length(20);
  });

  it("says that only the end on-chain is missing once all tasks are done", async () => {
    const operator = await market.operator({ programs });
    await market.submit(1, proofs(1));
    await operator.work(() => ({ proof: "p" }));
    expect(whyAll()).to.deep.include({ code: "all_done", groups: [] });
  });

  it("changes nothing: asking between any two steps leaves the run as it is", async () => {
    const operator = await market.operator({ programs: ALL });
    await market.submit(1, pipeline());
    const before = market.coordinator.views.workflow(1);
    for (let task = 0; task < 17; task++) why(task);
    whyAll();
    expect(market.coordinator.views.workflow(1)).to.deep.equal(before);
    expect(await operator.sync()).to.have.length(1);
  });
});
