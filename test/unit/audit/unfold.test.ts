import { expect } from "chai";
import { sha256 } from "../../../protocol/digest";
import { unfold } from "../../../offchain/audit/artifacts/unfold";
import type { Outputs } from "../../../offchain/audit/artifacts/outputs";
import { sampleSpec, TASKS } from "./support/sample-workflow";

const spec = sampleSpec("0x1000000000000000000000000000000000000001", sha256("validation"));
const proofOf = (task: number) => sha256(`proof ${task}`);
const file = (task: number): Outputs => ({ files: { proof: proofOf(task) }, items: {} });

describe("unfolding a spec into tasks", () => {
  it("gives each task of a map its own items", () => {
    const { tasks } = unfold(spec, file);
    for (const i of TASKS.prove)
      expect(tasks.get(i)!.inputs).to.deep.equal({
        item: sha256(`item ${i}`),
        statement: sha256(`statement ${i}`),
      });
  });

  it("joins neighbours up a tree, level by level", () => {
    const { tasks } = unfold(spec, file);
    const inputs = TASKS.join.map((task) => tasks.get(task)!.inputs);
    expect(inputs).to.deep.equal([
      { left: proofOf(0), right: proofOf(1) },
      { left: proofOf(2), right: proofOf(3) },
      { left: proofOf(8), right: proofOf(9) },
    ]);
  });

  it("tells whose result each input is of, and of the requester's own nothing", () => {
    const { tasks } = unfold(spec, file);
    const sources = (indices: readonly number[]) => indices.map((i) => tasks.get(i)!.sources);
    expect(sources(TASKS.prove)).to.deep.equal([{}, {}, {}, {}]);
    expect(sources(TASKS.check)).to.deep.equal(TASKS.prove.map((proof) => ({ proof })));
    expect(sources(TASKS.join)).to.deep.equal([
      { left: 0, right: 1 },
      { left: 2, right: 3 },
      { left: 8, right: 9 },
    ]);
    expect(sources([TASKS.final])).to.deep.equal([{ last: 10 }]);
  });

  it("takes the tree's top as the item with an index", () => {
    const { inputs } = unfold(spec, file).tasks.get(TASKS.final)!;
    expect(inputs.last).to.equal(proofOf(10));
  });

  it("leaves an input open whose maker has no result", () => {
    const { tasks } = unfold(spec, (task) => (task === 2 ? undefined : file(task)));
    expect(tasks.get(9)!.inputs).to.deep.equal({ left: undefined, right: proofOf(3) });
  });

  it("carries a node left alone up as it is", () => {
    const three = structuredClone(spec);
    for (const name of ["items", "statements"])
      (three.inputs[name] as { items: string[] }).items.pop();
    const { tasks } = unfold(three, file);
    expect(tasks.get(8)!.inputs).to.deep.equal({ left: proofOf(0), right: proofOf(1) });
    expect(tasks.get(9)!.inputs).to.deep.equal({ left: proofOf(8), right: proofOf(2) });
    expect(tasks.get(9)!.sources).to.deep.equal({ left: 8, right: 2 });
    expect(tasks.has(10)).to.equal(false);
  });

  it("goes over the items of a collection that a task put out", () => {
    const fromTask = structuredClone(spec);
    fromTask.steps[0]!.fanOut = { kind: "single" };
    fromTask.steps[0]!.maxTasks = 1;
    fromTask.steps[0]!.outputs = { proof: "collection" };
    const items = [sha256("a"), sha256("b"), sha256("c")];
    const { tasks } = unfold(fromTask, (task) =>
      task === 0 ? { files: { proof: sha256("list") }, items: { proof: items } } : file(task),
    );
    const checks = [1, 2, 3].map((task) => tasks.get(task)!);
    expect(checks.map(({ inputs }) => inputs.proof)).to.deep.equal(items);
    expect(checks.map(({ sources }) => sources.proof)).to.deep.equal([0, 0, 0]);
  });
});
