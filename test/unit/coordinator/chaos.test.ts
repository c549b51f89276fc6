import { expect } from "chai";
import fc from "fast-check";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WORKFLOW_STATUS } from "../../../protocol/abi";
import type { SignedAssignment } from "../../../protocol/http";
import { Market, type TestOperator } from "./support/market";
import { pipeline, PROGRAM } from "./support/specs";

/** What an operator does with an assignment, this time. */
const fate = fc.constantFrom(
  "works",
  "works",
  "works",
  "fails",
  "is silent",
  "claims and is silent",
  "reports garbage",
  "reports before its claim",
  "loses its claim in a reorganisation",
  "is struck",
  "is void",
  "wins a dispute",
  "loses a dispute",
);
const move = fc.record({ fate, restart: fc.boolean(), operator: fc.nat(2) });

function outputsOf(body: SignedAssignment, task: number): Record<string, string | string[]> {
  if (body.stepId === "split") return { leaves: ["a", "b", "c", "d"], statement: "root" };
  return { proof: `${body.stepId} ${task}` };
}

/** Carries one assignment out, well or badly. */
async function play(market: Market, by: TestOperator, body: SignedAssignment, fate: string) {
  const tasks = body.tasks.map(({ task }) => task);
  const deliver = async () => {
    for (const task of tasks) {
      const result = await by.report(body, task, outputsOf(body, task));
      market.chain.pay(body.workflow, task, "committed", [by.commitment(body, task, result)]);
    }
  };
  const letGo = () => {
    for (const task of tasks) market.chain.pay(body.workflow, task, "released");
  };
  switch (fate) {
    case "fails":
      for (const task of tasks)
        await market.coordinator.failure(by.address, {
          workflow: body.workflow,
          task,
          attempt: body.attempt,
          root: body.root,
          code: "run_failed",
          message: "it broke",
          inputRefused: false,
        });
      return;
    case "is silent":
      return;
    case "claims and is silent":
      market.chain.claim(body);
      await market.pass(30_000);
      return letGo();
    case "reports garbage":
      market.chain.claim(body);
      for (const task of tasks) await by.report(body, task, { proof: "garbage" });
      return letGo();
    case "reports before its claim":
      for (const task of tasks) await by.report(body, task, outputsOf(body, task));
      market.chain.claim(body);
      return;
    case "loses its claim in a reorganisation":
      market.chain.claim(body);
      await market.settle();
      for (const task of tasks) market.chain.unclaim(body.workflow, task);
      await market.settle();
      market.chain.claim(body);
      return deliver();
    case "is struck":
    case "is void":
      market.chain.claim(body);
      await deliver();
      await market.settle();
      for (const task of tasks)
        market.chain.pay(body.workflow, task, fate === "is void" ? "void" : "struck");
      return;
    case "wins a dispute":
    case "loses a dispute":
      market.chain.claim(body);
      await deliver();
      for (const task of tasks)
        market.chain.dispute(body.workflow, task, { phase: "revealed", closesAt: 2 ** 40 });
      await market.settle();
      for (const task of tasks)
        market.chain.pay(body.workflow, task, fate.startsWith("wins") ? "settled" : "struck");
      return;
    default:
      market.chain.claim(body);
      return deliver();
  }
}

describe("whatever operators do and however often the coordinator restarts", () => {
  it("a workflow ends, each task was done by one attempt, and no machine stays booked", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 5, maxLength: 12 }), async (moves) => {
        const folder = mkdtempSync(join(tmpdir(), "froben-chaos-"));
        const market = await new Market(join(folder, "db.sqlite")).start();
        market.judge = (job) => {
          const proof = "inputs" in job ? job.inputs.proof : undefined;
          return { valid: typeof proof !== "string" || !market.store.is(proof, "garbage") };
        };
        try {
          const operators: TestOperator[] = [];
          for (let i = 0; i < 3; i++)
            operators.push(await market.operator({ programs: Object.values(PROGRAM) }));
          const spec = pipeline();
          for (const step of spec.steps) step.retry = { attempts: 50, backoffSeconds: 0 };
          await market.submit(1, spec);
          const given = new Set<string>();
          const round = async (fate: string, first: number) => {
            for (const by of [...operators.slice(first), ...operators.slice(0, first)]) {
              await by.sync();
              await by.sync();
              for (const body of by.assignments.values()) {
                const isNew = !given.has(body.root);
                given.add(body.root);
                if (isNew) await play(market, by, body, fate).catch(stale);
                await market.settle();
              }
            }
          };
          for (const { fate, restart, operator } of moves) {
            await round(fate, operator);
            if (restart) {
              await market.stop();
              await market.start();
            }
            await market.pass(6_000);
          }
          for (let i = 0; i < 20; i++) {
            await round("works", 0);
            await market.pass(6_000);
          }
          const { views } = market.coordinator;
          expect(views.workflow(1).counts).to.deep.equal({ done: 8 });
          const good = views.attempts(1).filter(({ outcome }) => outcome === "valid");
          expect(good.map(({ task }) => task)).to.have.length(8);
          expect(new Set(good.map(({ task }) => task)).size).to.equal(8);
          expect(market.sent.map(({ purpose }) => purpose)).to.include("finish/1");
          market.chain.end(1, WORKFLOW_STATUS.completed);
          await market.settle();
          expect(views.workflow(1).state).to.equal("completed");
          for (const { running } of views.operators()) expect(running).to.equal(0);
        } finally {
          await market.stop();
          rmSync(folder, { recursive: true });
        }
      }),
      { numRuns: 12 },
    );
  }).timeout(120_000);
});

/** Reports that come too late are refused; anything else is a mistake. */
function stale(error: unknown): void {
  const code = (error as { code?: string }).code ?? "";
  if (!["attempt_stale", "attempt_ended"].includes(code)) throw error;
}
