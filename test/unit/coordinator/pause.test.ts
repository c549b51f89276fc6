import { expect } from "chai";
import type { Address } from "viem";
import { WORKFLOW_STATUS } from "../../../protocol/abi";
import type { SignedAssignment } from "../../../protocol/http";
import { eachWithMarket } from "./support/each-with-market";
import type { Market } from "./support/market";
import { pipeline, PROGRAM, proofs } from "./support/specs";

const ALL = Object.values(PROGRAM);
const programs = [PROGRAM.prove];

function outputsOf(body: SignedAssignment, task: number): Record<string, string | string[]> {
  if (body.stepId === "split") return { leaves: ["a", "b", "c"], statement: "root" };
  return { proof: `${body.stepId} ${task}` };
}

describe("a paused workflow", () => {
  let market: Market;
  eachWithMarket((made) => (market = made));

  const view = (id = 1) => market.coordinator.views.workflow(id);
  const codeOf = (task: number) => market.coordinator.views.whyTask(1, task, 5).code;
  async function set(paused: boolean, id = 1): Promise<void> {
    market.coordinator.setPaused(market.chain.workflow(id)!.requester, id, paused);
    await market.settle();
  }
  async function restart(): Promise<void> {
    await market.stop();
    await market.start();
    await market.settle();
  }

  it("gives out nothing new, and what is running is validated", async () => {
    const operator = await market.operator({ programs: ALL });
    await market.submit(1, pipeline());
    const [split] = await operator.sync();
    await set(true);
    expect(view()).to.include({ state: "running", paused: true });
    expect(codeOf(0)).to.equal("assigned");
    market.chain.claim(split!);
    await operator.report(split!, 0, outputsOf(split!, 0));
    expect(view().counts).to.deep.equal({ done: 1, ready: 3, waiting: 2 });
    await market.pass(5_000);
    expect(await operator.sync()).to.deep.equal([]);
    expect(codeOf(1)).to.equal("paused");
    expect(codeOf(9)).to.equal("inputs_missing");
    expect(market.coordinator.views.why(1, 5)).to.deep.include({ code: "paused", waiting: 2 });
    await set(false);
    expect(view().paused).to.equal(false);
    expect(codeOf(1)).to.equal("assigned");
    expect((await operator.sync()).map(({ stepId }) => stepId)).to.deep.equal(["prove"]);
  });

  it("stays paused when the coordinator restarts, and so do results that come after it", async () => {
    const operator = await market.operator({ programs: ALL });
    await market.submit(1, pipeline());
    const [split] = await operator.sync();
    operator.hold(split!);
    await operator.sync();
    market.chain.claim(split!);
    await set(true);
    await restart();
    expect(view()).to.include({ state: "running", paused: true });
    await operator.sync(); // says that it is there
    await operator.report(split!, 0, outputsOf(split!, 0));
    await market.pass(5_000);
    expect(await operator.sync()).to.deep.equal([]);
    expect(view().counts).to.deep.equal({ done: 1, ready: 3, waiting: 2 });
    await restart();
    await operator.sync();
    expect(codeOf(1)).to.equal("paused");
    await set(false);
    await restart();
    expect(view().paused).to.equal(false);
    let done = 1;
    for (let more = true; more;) {
      const tasks = await operator.work(outputsOf);
      done += tasks.length;
      more = tasks.length > 0;
    }
    expect(done).to.equal(6);
    expect(view().counts).to.deep.equal({ done: 6 });
  });

  it("has a task whose attempt failed wait for the end of the pause", async () => {
    const operator = await market.operator({ programs });
    await market.submit(1, proofs(1));
    const [body] = await operator.sync();
    await set(true);
    await market.coordinator.failure(operator.address, {
      workflow: 1,
      task: 0,
      attempt: 1,
      root: body!.root,
      code: "run_failed",
      message: "out of memory",
      inputRefused: false,
    });
    await market.pass(5_000);
    expect(await operator.sync()).to.deep.equal([]);
    expect(codeOf(0)).to.equal("paused");
    await set(false);
    expect((await operator.sync())[0]!.attempt).to.equal(2);
  });

  it("can be paused before its spec is here, and is then not begun", async () => {
    const operator = await market.operator({ programs });
    market.chain.open(1, proofs(1), market.account.address);
    await market.settle();
    await set(true);
    await restart();
    await operator.sync(); // says that it is there
    await market.submit(2, proofs(1));
    await market.pass(5_000);
    expect(view().counts).to.deep.equal({ ready: 1 });
    const given = await operator.sync();
    expect(given.map(({ workflow }) => workflow)).to.deep.equal([2]);
    expect(view(2).paused).to.equal(false);
  });

  it("fails all the same when its deadline passes", async () => {
    await market.submit(1, proofs(1));
    await set(true);
    await market.pass(36_100_000);
    expect(view()).to.include({ state: "failed", paused: false });
  });

  it("is paused by its requester only, while it runs; saying it twice changes nothing", async () => {
    await market.submit(1, proofs(1));
    const { coordinator } = market;
    const stranger: Address = `0x${"22".repeat(20)}`;
    const { requester } = market.chain.workflow(1)!;
    expect(() => coordinator.setPaused(stranger, 1, true))
      .to.throw()
      .that.includes({ code: "not_requester", status: 403 });
    expect(() => coordinator.setPaused(requester, 7, true))
      .to.throw()
      .that.includes({ code: "workflow_unknown", status: 404 });
    await set(true);
    const { version } = view();
    await set(true);
    expect(view().version).to.equal(version);
    market.chain.end(1, WORKFLOW_STATUS.cancelled);
    await market.settle();
    expect(() => coordinator.setPaused(requester, 1, false))
      .to.throw()
      .that.includes({ code: "workflow_ended", status: 409 });
  });
});
