import { expect } from "chai";
import { canonicalJson, sha256 } from "../../../protocol/digest";
import type { ErrorBody } from "../../../protocol/errors";
import { LIMITS } from "../../../protocol/limits";
import type { SpecInput } from "../../../protocol/spec";
import { apiFixture, operator, REGISTRATION } from "./api-fixture";

describe("specs over the HTTP API of a coordinator on a real chain", () => {
  const api = apiFixture();
  const { post, upload, refused, spec, giveSpec } = api;

  before(async () => {
    await post("/v1/operators", REGISTRATION);
    await upload(Buffer.from("the statement"));
  });

  it("keeps a good one under the digest that goes on-chain, and says what it costs", async () => {
    const answer = (await (await giveSpec(spec(), "/v1/specs?feeBps=1000")).json()) as Record<
      string,
      unknown
    >;
    expect(answer).include({ minimumEscrow: "11", tasks: 1 });
    const stored = await (
      await fetch(`${api.running.url}/v1/artifacts/${String(answer.digest)}`)
    ).text();
    expect(stored).equal(canonicalJson(JSON.parse(stored)));
    expect((JSON.parse(stored) as SpecInput).name).equal("test");
  });

  const first = (s: SpecInput) => s.steps[0]!;
  const second = (s: SpecInput) => {
    const step = { ...structuredClone(first(s)), id: "second" };
    s.steps.push(step);
    return step;
  };
  const BAD: [what: string, change: (s: SpecInput) => void, expected: Partial<ErrorBody>][] = [
    [
      "steps that depend on each other in a circle",
      (s) => {
        second(s).inputs.other = { step: "first", output: "out" };
        first(s).inputs.other = { step: "second", output: "out" };
      },
      { code: "spec_cycle", field: "steps" },
    ],
    [
      "an unknown step",
      (s) => (first(s).inputs.other = { step: "nowhere", output: "out" }),
      { code: "spec_unknown_step", field: "steps[0].inputs.other", value: "nowhere" },
    ],
    [
      "no task at all",
      (s) => (first(s).maxTasks = 0),
      { code: "spec_invalid", field: "steps[0].maxTasks", limit: 1, value: 0 },
    ],
    [
      "too many tasks of one step",
      (s) => (first(s).maxTasks = LIMITS.maxTasks + 1),
      {
        code: "spec_invalid",
        field: "steps[0].maxTasks",
        limit: LIMITS.maxTasks,
        value: LIMITS.maxTasks + 1,
      },
    ],
    [
      "too many tasks of all steps",
      (s) => {
        for (const step of [first(s), second(s)]) {
          step.maxTasks = LIMITS.maxTasks;
          step.fanOut = { kind: "map", over: ["statement"] };
        }
      },
      { code: "spec_too_many_tasks", limit: LIMITS.maxTasks, value: 2 * LIMITS.maxTasks },
    ],
    [
      "a reward of zero",
      (s) => (first(s).reward = 0),
      { code: "spec_invalid", field: "steps[0].reward", limit: 1, value: 0 },
    ],
    [
      "rewards that no escrow can hold",
      (s) => {
        const list = Array.from({ length: 2 }, () => sha256("the statement"));
        s.inputs.statement = { kind: "collection", items: list };
        Object.assign(first(s), {
          maxTasks: 100_000,
          reward: LIMITS.maxAmount,
          fanOut: { kind: "map", over: ["statement"] },
        });
        s.outputs = {};
      },
      { code: "spec_escrow_too_large", field: "steps", limit: (2n ** 64n - 1n).toString() },
    ],
    [
      "a program that nobody has",
      (s) => (first(s).program = sha256("no such program")),
      {
        code: "program_unavailable",
        field: "steps[0].program",
        value: sha256("no such program"),
      },
    ],
    [
      "a validation program that the coordinator does not have",
      (s) => (first(s).rule = { kind: "accepted", validation: sha256("no such check") }),
      { code: "validation_unavailable", field: "steps[0].rule.validation" },
    ],
    [
      "an artifact that is not here",
      (s) => (s.inputs.statement = { kind: "file", digest: sha256("not uploaded") }),
      {
        code: "spec_artifact_missing",
        field: "inputs.statement.digest",
        value: sha256("not uploaded"),
      },
    ],
    [
      "results of a workflow that is not known here",
      (s) => (s.reuse = { workflow: 7 }),
      { code: "reuse_unknown", field: "reuse.workflow", value: 7 },
    ],
  ];
  for (const [what, change, expected] of BAD)
    it(`refuses one with ${what}`, () => refused(() => giveSpec(spec(change)), 422, expected));

  it("takes results of the requester's own workflows only", async () => {
    await api.openWithoutSpec();
    while ((await fetch(`${api.running.url}/v1/workflows/1`)).status !== 200);
    const reusing = spec((s) => (s.reuse = { workflow: 1 }));
    await refused(() => post("/v1/specs", reusing, { account: operator }), 422, {
      code: "reuse_not_yours",
      field: "reuse.workflow",
      value: 1,
    });
    expect((await giveSpec(reusing)).status).equal(200);
  });

  it("refuses a fee that is none", () =>
    refused(() => giveSpec(spec(), "/v1/specs?feeBps=10001"), 400, {
      code: "query_invalid",
      field: "feeBps",
      limit: 10_000,
    }));
});
