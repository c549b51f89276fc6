import { expect } from "chai";
import fc from "fast-check";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SignedAssignment } from "../../../protocol/http";
import type { Spec } from "../../../protocol/spec";
import { parseSpec } from "../../../protocol/validate-spec";
import { Market } from "./support/market";
import { pipeline, PROGRAM } from "./support/specs";

/** What is done with one assignment, and what happens after it. */
const move = fc.record({
  fate: fc.constantFrom("works", "works", "works", "makes garbage", "is struck later"),
  then: fc.constantFrom("nothing", "nothing", "restart", "cancel"),
});

const outputsOf = (body: SignedAssignment, task: number): Record<string, string | string[]> =>
  body.stepId === "split"
    ? { leaves: ["a", "b", "c", "d", "e"], statement: "root" }
    : { proof: `${body.stepId} ${task} of workflow ${body.workflow} attempt ${body.attempt}` };

/** One run after another of the same pipeline, each of which takes what the one before has finished. */
async function scenario(market: Market, moves: { fate: string; then: string }[]) {
  const operator = await market.operator({ programs: Object.values(PROGRAM) });
  market.judge = (job) => {
    const proof = "inputs" in job ? job.inputs.proof : undefined;
    return { valid: typeof proof !== "string" || !market.store.is(proof, "garbage") };
  };
  const first = pipeline();
  for (const step of first.steps) step.retry = { attempts: 1, backoffSeconds: 0 };
  let id = 1;
  const specOf = (n: number): Spec =>
    n === 1 ? first : parseSpec({ ...first, reuse: { workflow: n - 1 } });
  /** Workflow and task of valid results that were not struck, of each task of the pipeline. */
  const stands = new Map<number, string[]>();
  const struck = new Set<string>();
  await market.submit(id, specOf(id));
  const restart = async () => {
    await market.stop();
    await market.start();
    await market.settle();
  };
  const carryOut = async (fate: string) => {
    for (const body of await operator.sync()) {
      market.chain.claim(body);
      await market.settle();
      for (const { task, attempt } of body.tasks) {
        const garbage = fate === "makes garbage" && body.stepId !== "split";
        const out = garbage ? { proof: "garbage" } : outputsOf(body, task);
        const result = await operator.report(body, task, out);
        if (garbage) market.chain.pay(body.workflow, task, "conceded");
        else {
          stands.set(task, [...(stands.get(task) ?? []), `${body.workflow}/${task}/${attempt}`]);
          market.chain.pay(body.workflow, task, "committed", [
            operator.commitment(body, task, result),
          ]);
        }
        await market.settle();
        if (fate === "is struck later" && body.stepId !== "split") {
          struck.add(`${body.workflow}/${task}/${attempt}`);
          market.chain.pay(body.workflow, task, "struck");
          await market.settle();
        }
      }
    }
  };
  for (const { fate, then } of moves) {
    await carryOut(fate);
    if (then === "restart") await restart();
    if (then === "cancel") market.chain.end(id, 3);
    await market.pass(2_000);
    if (market.coordinator.views.workflow(id).state !== "running") {
      id++;
      await market.submit(id, specOf(id));
    }
  }
  for (let i = 0; i < 12; i++) {
    await carryOut("works");
    await market.pass(2_000);
    if (market.coordinator.views.workflow(id).state !== "running") {
      id++;
      await market.submit(id, specOf(id));
    }
  }
  return { id, stands, struck };
}

describe("whatever fails, is struck, cancelled or restarted, and however often a workflow is run again", () => {
  it("each task's result is bought once, unless it was struck, and the last run has it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 3, maxLength: 12 }), async (moves) => {
        const folder = mkdtempSync(join(tmpdir(), "froben-reuse-"));
        const market = await new Market(join(folder, "db.sqlite")).start();
        try {
          const { id, stands, struck } = await scenario(market, moves);
          const { views } = market.coordinator;
          expect(views.workflow(id).counts).to.deep.equal({ done: 1 + 5 + 4 });
          for (const view of views.tasks(id)) {
            const its = stands.get(view.task)!.filter((key) => !struck.has(key));
            const origin = view.reused ?? { workflow: id, task: view.task, attempt: view.attempt };
            // A task was bought again only because its result, or one that it was made of, was struck.
            if (struck.size === 0) expect(its).to.have.length(1);
            expect(its).to.include(`${origin.workflow}/${origin.task}/${origin.attempt}`);
            expect(view.pay).to.equal(view.reused ? "none" : "committed");
          }
        } finally {
          await market.stop();
          rmSync(folder, { recursive: true });
        }
      }),
      { numRuns: 25 },
    );
  }).timeout(240_000);
});
