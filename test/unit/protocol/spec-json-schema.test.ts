import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { membershipWorkflow } from "../../../pipelines/membership/workflow";
import { sha256 } from "../../../protocol/digest";
import type { SpecInput } from "../../../protocol/spec";
import { specJsonSchema, SPEC_SCHEMA_PATH } from "../../../protocol/spec-json-schema";
import { parseSpec, specDigest } from "../../../protocol/validate-spec";
import { pipeline } from "../coordinator/support/specs";

const read = (path: string): unknown =>
  JSON.parse(readFileSync(join(__dirname, "../../..", path), "utf8"));

/** Of the tests' pipeline, as the code before those fields made it. */
const PIPELINE_DIGEST = "b1244c1eddb3ea9cf663764aabb946a0ab6a4f328231fcae8dce4f07a9e1f0d3";

describe("the JSON schema of a spec", () => {
  const schema = z.fromJSONSchema(read(SPEC_SCHEMA_PATH) as Parameters<typeof z.fromJSONSchema>[0]);
  const takes = (value: unknown) => schema.safeParse(value).success;
  const example = () => read("docs/spec.example.json") as SpecInput;

  it("is checked in as the code has it: `froben schema` writes it", () => {
    expect(read(SPEC_SCHEMA_PATH)).to.deep.equal(JSON.parse(JSON.stringify(specJsonSchema())));
  });

  it("takes the example that was made without the SDK, as parseSpec does, and specs that were made with it", () => {
    expect(takes(example())).to.equal(true);
    expect(parseSpec(example()).steps).to.have.length(6);
    const { spec } = membershipWorkflow({
      programs: { digest: sha256 },
      verifier: `0x${"aa".repeat(20)}`,
      requests: [Buffer.from("r")],
      statements: [Buffer.from("s")],
      reward: "5 gwei",
    });
    for (const one of [spec, pipeline()])
      expect(takes(JSON.parse(JSON.stringify(one)))).to.equal(true);
  });

  it("refuses unknown fields, values out of range, and a step without a rule", () => {
    const [first] = example().steps;
    for (const change of [
      { extra: 1 },
      { maxTasks: 0 },
      { onFailure: "retry" },
      { rule: undefined },
      { memo: "yes" },
      { fanOut: { kind: "tree" } },
      { priceBump: { fromBps: 0, byBps: 1 } },
      { standby: { afterFactor: 101 } },
    ])
      expect(takes({ ...example(), steps: [{ ...first, ...change }] })).to.equal(false);
  });

  it("leaves the digest of a spec as it was before conditions, policies and offers came", () => {
    expect(specDigest(pipeline())).to.equal(PIPELINE_DIGEST);
  });
});
