import { expect } from "chai";
import type { SignedAssignment } from "../../../protocol/http";
import { eachWithMarket } from "./support/each-with-market";
import type { Market } from "./support/market";
import { pipeline, PROGRAM, proofs } from "./support/specs";

const programs = Object.values(PROGRAM);

describe("a fan-out", () => {
  let market: Market;
  eachWithMarket((made) => (market = made));

  it("of thousands of tasks costs no more rows for each that is done than one of a few", async () => {
    const rows: number[] = [];
    for (const [i, count] of [20, 2_000].entries()) {
      // Of another requester each, so that the second is not after the first.
      await market.submit(i + 1, proofs(count), `0x${String(i + 1).repeat(40)}`);
      const operator = await market.operator({ programs });
      await operator.sync();
      const [body] = [...operator.assignments.values()].filter((one) => one.workflow === i + 1);
      operator.hold(body!);
      await operator.sync();
      market.chain.claim(body!);
      await market.settle();
      const before = market.rowsWritten();
      const { task } = body!.tasks[0]!;
      await operator.report(body!, task, { proof: "proof" });
      rows.push(market.rowsWritten() - before);
      expect(market.coordinator.views.workflow(i + 1).counts.done).to.equal(1);
      // The next workflow has all operators to itself.
      operator.draining = true;
      await operator.sync();
    }
    expect(rows[0]).to.be.greaterThan(0);
    expect(rows[1]).to.be.at.most(rows[0]! + 1);
  });

  it("has the one task tried again that failed, and the tree above it comes to its end", async () => {
    const operators = [await market.operator({ programs }), await market.operator({ programs })];
    await market.submit(1, pipeline());
    const claimed = new Set<string>();
    const outputsOf = ({ stepId }: SignedAssignment, task: number) => {
      const split: Record<string, string[] | string> = {
        leaves: ["a", "b", "c", "d"],
        statement: "root",
      };
      return stepId === "split" ? split : { proof: `${stepId} ${task}` };
    };
    const failed = { task: -1 };
    for (let idle = 0; idle < 4; idle++) {
      for (const operator of operators) {
        const taken = await operator.sync();
        for (const body of taken) {
          operator.hold(body);
          await operator.sync();
          for (const { task, attempt } of body.tasks) {
            if (failed.task < 0 && body.stepId === "prove") {
              failed.task = task;
              const message = "killed";
              const { root } = body;
              const what = { workflow: 1, task, attempt, root, code: "run_failed", message };
              await market.coordinator.failure(operator.address, { ...what, inputRefused: false });
              continue;
            }
            if (!claimed.has(body.root)) market.chain.claim(body);
            claimed.add(body.root);
            await market.settle();
            await operator.report(body, task, outputsOf(body, task));
          }
          idle = 0;
        }
      }
      await market.pass(2_000);
    }
    const { counts, attempts } = market.coordinator.views.workflow(1);
    expect(counts).to.deep.equal({ done: 1 + 4 + 3 });
    expect(attempts).to.equal(1 + 4 + 3 + 1);
    const outcomes = market.coordinator.views
      .attempts(1)
      .filter(({ task }) => task === failed.task);
    expect(outcomes.map(({ outcome }) => outcome)).to.deep.equal(["failed", "valid"]);
  });
});
