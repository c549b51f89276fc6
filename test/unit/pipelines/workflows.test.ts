import { expect } from "chai";
import { sha256 } from "../../../protocol/digest";
import { stepTermsOf } from "../../../protocol/terms";
import { dependenciesOf } from "../../../protocol/spec-graph";
import { membershipWorkflow } from "../../../pipelines/membership/workflow";
import { rollupWorkflow } from "../../../pipelines/rollup/workflow";

const programs = { digest: (name: string) => sha256(name) };
const verifier = "0x00000000000000000000000000000000000000Aa" as const;
const bytes = (text: string) => Buffer.from(text);

describe("the membership workflow", () => {
  const { spec, artifacts } = membershipWorkflow({
    programs,
    verifier,
    requests: Array.from({ length: 16 }, (_, i) => bytes(`request ${i}`)),
    statements: Array.from({ length: 16 }, (_, i) => bytes(`statement ${i}`)),
    windowSeconds: 15,
  });

  it("has one task per request, judged by the verifier over its statement", () => {
    expect(spec.steps).to.have.length(1);
    expect(spec.steps[0]).to.include({ maxTasks: 16, statement: "statement", windowSeconds: 15 });
    expect(spec.steps[0]!.rule).to.include({ kind: "verifier", address: verifier.toLowerCase() });
    expect(artifacts.size).to.equal(32);
  });
});

describe("the rollup workflow", () => {
  const { spec } = rollupWorkflow({
    programs,
    verifier,
    state: bytes("{}"),
    batch: bytes("[]"),
    maxLeaves: 8,
  });

  it("goes from witness over proofs and merges to one final proof", () => {
    expect(spec.steps.map((step) => [step.id, step.maxTasks])).to.deep.equal([
      ["witness", 1],
      ["prove", 8],
      ["merge", 6],
      ["final", 1],
    ]);
    expect(spec.steps.map(dependenciesOf)).to.deep.equal([
      [],
      ["witness"],
      ["prove"],
      ["merge", "witness"],
    ]);
  });

  it("is completed on-chain by its last step only", () => {
    expect(stepTermsOf(spec).map((terms) => terms.isFinal)).to.deep.equal([
      false,
      false,
      false,
      true,
    ]);
  });
});
