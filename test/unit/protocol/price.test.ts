import { expect } from "chai";
import { LIMITS } from "../../../protocol/limits";
import { askedPrice, askSchema } from "../../../protocol/price";
import { parseSpec } from "../../../protocol/validate-spec";
import { one } from "./support/spec-samples";

describe("what an operator asks for a task", () => {
  const need = { cores: 2, memoryMb: 2_048, gpus: 1, vramMb: 0 };
  const hour = 3_600_000;

  it("is the time's share of what an hour of the task and of all that it needs costs, rounded up", () => {
    const ask = askSchema.parse({ task: 10, core: 20, memoryGb: 5, gpu: 400 });
    expect(askedPrice({ ask }, need, 1n, hour)).to.equal(460n);
    expect(askedPrice({ ask }, need, 1n, hour / 100)).to.equal(5n);
    expect(askedPrice({ ask }, need, 1n, 0)).to.equal(1n);
  });

  it("is else a share of the ceiling, whatever the time", () => {
    expect(askedPrice({ priceBps: 2_500 }, need, 1_001n, hour)).to.equal(250n);
    expect(askedPrice({ priceBps: 1 }, need, 10n, hour)).to.equal(1n);
  });

  it("is not nothing", () => {
    expect(askSchema.safeParse({ task: 0 }).success).to.equal(false);
    expect(askSchema.safeParse({ gpu: 0.5 }).success).to.equal(false);
  });
});

describe("a spec's withinSeconds", () => {
  it("is a whole number of seconds up to a week, and changes no digest where it is not said", () => {
    const plain = one({});
    expect(parseSpec({ ...plain, withinSeconds: 60 }).withinSeconds).to.equal(60);
    expect(parseSpec(plain)).not.to.have.property("withinSeconds");
    for (const withinSeconds of [0, 1.5, LIMITS.maxClaimTime + 1])
      expect(() => parseSpec({ ...plain, withinSeconds })).to.throw("withinSeconds");
  });
});
