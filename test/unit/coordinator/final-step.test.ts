import { expect } from "chai";
import { WORKFLOW_STATUS } from "../../../protocol/abi";
import { sha256, toBytes32 } from "../../../protocol/digest";
import { parseSpec } from "../../../protocol/validate-spec";
import { eachWithMarket } from "./support/each-with-market";
import type { Market, TestOperator } from "./support/market";
import { ADAPTER, PROGRAM, step } from "./support/specs";

const TX = `0x${"33".repeat(32)}` as const;

function withFinal() {
  return parseSpec({
    version: 1,
    name: "final",
    inputs: { statement: { kind: "file", digest: sha256("statement") } },
    steps: [
      step({
        id: "final",
        program: PROGRAM.prove,
        inputs: { statement: { input: "statement" } },
        statement: "statement",
        rule: { kind: "verifier", address: ADAPTER, gas: 2_000_000 },
        final: true,
      }),
    ],
    outputs: { proof: { step: "final", output: "proof" } },
  });
}

describe("a final step", () => {
  let market: Market;
  let operator: TestOperator;
  eachWithMarket((made) => (market = made));
  beforeEach(async () => {
    operator = await market.operator({ programs: [PROGRAM.prove] });
    market.store.put("statement");
    await market.submit(1, withFinal());
    const [body] = await operator.sync();
    market.chain.claim(body!);
    await market.settle();
    await operator.report(body!, 0, { proof: "proof" });
  });

  const task = () => market.coordinator.views.tasks(1)[0]!;

  it("is valid for its operator at once, and done when the contract has verified it", async () => {
    await operator.sync();
    expect(operator.verdicts[0]).to.include({ workflow: 1, task: 0, attempt: 1, verdict: "valid" });
    expect(task()).to.include({ state: "validating" });
    market.chain.pay(1, 0, "settled");
    market.chain.end(1, WORKFLOW_STATUS.completed, { completionTx: TX });
    await market.settle();
    expect(task()).to.include({ state: "done", result: sha256("proof") });
    const view = market.coordinator.views.workflow(1);
    expect(view).to.include({ state: "completed", completionTx: TX, settled: true });
    expect(view.outputs).to.deep.equal({ proof: sha256("proof") });
    expect(market.sent).to.deep.equal([]);
  });

  it("keeps waiting across a restart, and is not validated twice", async () => {
    let asked = 0;
    market.judge = () => ({ valid: ++asked > 0 });
    await market.stop();
    await market.start();
    await market.settle();
    expect(asked).to.equal(0);
    expect(task().reason).to.contain("on-chain");
    market.chain.end(1, WORKFLOW_STATUS.completed, { completionTx: TX });
    await market.settle();
    expect(task().state).to.equal("done");
  });

  it("is known again when the database is lost after the contract has verified it", async () => {
    market.chain.pay(1, 0, "settled");
    const proof = { completionTx: TX, resultDigest: toBytes32(sha256("proof")) };
    market.chain.end(1, WORKFLOW_STATUS.completed, proof);
    await market.loseDatabase();
    await market.pass(1_000);
    const { state, outputs } = market.coordinator.views.workflow(1);
    expect({ state, outputs }).to.deep.equal({
      state: "completed",
      outputs: { proof: sha256("proof") },
    });
  });

  it("is given to another when its operator has the proof and never submits it", async () => {
    await market.pass(137_000);
    expect(market.coordinator.views.attempts(1)[0]!.outcome).to.equal("late");
    const other = await market.operator({ programs: [PROGRAM.prove] });
    await market.pass(2_000);
    await other.sync();
    const [body] = [...other.assignments.values()];
    expect(body).to.include({ attempt: 2 });
    expect(body!.takeOvers).to.have.length(1);
  });
});
