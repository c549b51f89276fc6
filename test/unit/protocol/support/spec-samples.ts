import { expect } from "chai";
import { sha256 } from "../../../../protocol/digest";
import { FrobenError } from "../../../../protocol/errors";
import type { SpecInput } from "../../../../protocol/spec";
import { parseSpec } from "../../../../protocol/validate-spec";

export type StepInput = SpecInput["steps"][number];

export function step(id: string, change: Partial<StepInput> = {}): StepInput {
  return {
    id,
    program: sha256("program"),
    fanOut: { kind: "single" },
    inputs: { data: { input: "data" } },
    outputs: { result: "file" },
    resources: { cores: 1, memoryMb: 100 },
    maxTasks: 1,
    reward: 1000,
    bond: 2000,
    claimSeconds: 60,
    windowSeconds: 10,
    maxRevealBytes: 0,
    rule: { kind: "accepted", validation: sha256("check") },
    limits: { startSeconds: 10, runSeconds: 30, silenceSeconds: 5 },
    retry: { attempts: 3, backoffSeconds: 1 },
    ...change,
  };
}

export function spec(steps: StepInput[], change: Partial<SpecInput> = {}): SpecInput {
  return {
    version: 1,
    name: "test",
    inputs: {
      data: { kind: "file", digest: sha256("data") },
      items: { kind: "collection", items: [sha256("a"), sha256("b")] },
    },
    steps,
    outputs: {},
    ...change,
  };
}

export const VERIFIER = { kind: "verifier", address: `0x${"aa".repeat(20)}`, gas: 1000 } as const;
export const from = (id: string) => ({ data: { step: id, output: "result" } });
export const OVER_ITEMS: Partial<StepInput> = {
  fanOut: { kind: "map", over: ["data"] },
  inputs: { data: { input: "items" } },
};
export const tree = (change: object = {}): Partial<StepInput> => ({
  fanOut: {
    kind: "tree",
    source: { input: "items" },
    slots: ["l", "r"],
    item: "result",
    until: 1,
    ...change,
  },
  inputs: {},
});

export interface Mistake {
  what: string;
  spec: unknown;
  code: string;
  field: string;
  limit?: string | number;
  value?: string | number;
}

export const one = (change: Partial<StepInput>) => spec([step("a", change)]);

/** Makes a test of each mistake: it is refused with its path, and its limit and value where they are given. */
export function refusesEach(mistakes: Mistake[]): void {
  for (const mistake of mistakes)
    it(`refuses ${mistake.what}, naming the field, the limit and the value`, () => {
      let error: unknown;
      try {
        parseSpec(mistake.spec);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).to.be.instanceOf(FrobenError);
      const { code, field, limit, value, status } = error as FrobenError;
      expect({ code, field, status }).to.deep.equal({
        code: mistake.code,
        field: mistake.field,
        status: 422,
      });
      if (mistake.limit !== undefined) expect(limit).to.equal(mistake.limit);
      if (mistake.value !== undefined) expect(value).to.equal(mistake.value);
    });
}
