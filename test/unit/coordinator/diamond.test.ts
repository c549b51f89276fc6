import { expect } from "chai";
import { sha256 } from "../../../protocol/digest";
import type { SignedAssignment } from "../../../protocol/http";
import {
  accepted,
  defineProgram,
  defineWorkflow,
  each,
  file,
  list,
  type FileRef,
  type ListRef,
  type WorkflowBuilder,
} from "../../../sdk";
import { eachWithMarket } from "./support/each-with-market";
import type { Market } from "./support/market";
import { CHECK, PROGRAM } from "./support/specs";

const rule = accepted(CHECK);
const top = defineProgram(PROGRAM.split, {
  inputs: { request: file("request") },
  outputs: { parts: list("part"), key: file("key") },
});
const side = defineProgram(PROGRAM.prove, {
  inputs: { part: file("part"), key: file("key") },
  outputs: { proof: file("proof"), log: file("log") },
});
const join2 = defineProgram(PROGRAM.merge, {
  inputs: { left: file("proof"), right: file("proof"), leftLog: file("log"), key: file("key") },
  outputs: { proof: file("proof"), report: file("report") },
});

/** One side of the diamond: a task for each part, with two outputs. */
function proven(
  w: WorkflowBuilder,
  { parts, key }: { parts: ListRef<"part">; key: FileRef<"key"> },
) {
  return w.map("prove", {
    program: side,
    inputs: { part: each(parts), key },
    maxTasks: 3,
    rule,
  });
}

/** top -> (left, right: the same group twice) -> bottom, which also takes what top put out beside its list. */
const diamond = () =>
  defineWorkflow("diamond", { reward: "1000 gwei", bond: "10 gwei" }, (w) => {
    const request = w.file("request", "request", Buffer.from("request"));
    const { parts, key } = w.single("top", { program: top, inputs: { request }, rule });
    const left = w.use("left", proven, { parts, key });
    const right = w.use("right", proven, { parts, key });
    const inputs = {
      left: left.proof.at(0),
      right: right.proof.at(1),
      leftLog: left.log.at(1),
      key,
    };
    const bottom = w.single("bottom", { program: join2, inputs, rule });
    return { ...bottom, logs: right.log };
  });

describe("a diamond of groups whose tasks have several outputs", () => {
  let market: Market;
  eachWithMarket((made) => (market = made));

  function outputsOf(body: SignedAssignment, task: number): Record<string, string | string[]> {
    if (body.stepId === "top") return { parts: ["part 0", "part 1"], key: "the key" };
    if (body.stepId === "bottom") return { proof: "the proof", report: "the report" };
    return { proof: `proof ${task}`, log: `log ${task}` };
  }

  for (const restart of [false, true])
    it(`runs through the coordinator, each output going where it is wired to${restart ? ", across restarts" : ""}`, async () => {
      const operators = [];
      for (let i = 0; i < 2; i++)
        operators.push(await market.operator({ programs: Object.values(PROGRAM) }));
      await market.submit(1, diamond().spec);
      let done = 0;
      for (let round = 0; round < 8; round++) {
        for (const operator of operators) done += (await operator.work(outputsOf)).length;
        if (!restart) continue;
        await market.stop();
        await market.start();
      }
      expect(done).to.equal(1 + 2 + 2 + 1);
      const bodies = operators.flatMap(({ assignments }) => [...assignments.values()]);
      const inputsOf = (id: string) =>
        bodies.filter(({ stepId }) => stepId === id).flatMap(({ tasks }) => tasks);
      const from = (task: number, text: string) => ({
        digest: sha256(text),
        source: { task, attempt: 1 },
      });
      // Tasks: 0 top, 1 to 3 left, 4 to 6 right, 7 bottom.
      expect(inputsOf("bottom")[0]!.inputs).to.deep.equal({
        left: from(1, "proof 1"),
        right: from(5, "proof 5"),
        leftLog: from(2, "log 2"),
        key: from(0, "the key"),
      });
      for (const [i, { inputs }] of inputsOf("right-prove")
        .sort((a, b) => a.task - b.task)
        .entries())
        expect(inputs).to.deep.equal({ part: from(0, `part ${i}`), key: from(0, "the key") });
      expect(market.coordinator.views.workflow(1).outputs).to.deep.equal({
        proof: sha256("the proof"),
        report: sha256("the report"),
        logs: [sha256("log 4"), sha256("log 5")],
      });
      expect(market.sent.map(({ purpose }) => purpose)).to.include("finish/1");
    });
});
