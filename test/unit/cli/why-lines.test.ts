import { expect } from "chai";
import { taskWhyLines } from "../../../cli/render/why";
import { sha256 } from "../../../protocol/digest";
import { taskWhySchema } from "../../../protocol/why";

const address = (digit: string) => `0x${digit.repeat(40)}`;

describe("froben why, of a task", () => {
  const why = (canaries?: object) =>
    taskWhyLines(
      taskWhySchema.parse({
        ...{ workflow: 1, task: 0, step: "prove", index: 0, state: "ready", until: null },
        ...{ code: "no_operator", message: "no operator can take it" },
        operators: {
          ...{ registered: 3, able: 0, program: sha256("p"), ceiling: "5", bond: "1" },
          rejections: [],
          ...(canaries && { canaries }),
        },
      }),
    ).join("\n");

  it("lists who has a canary, and who is expected to fail, and counts the others", () => {
    const counts = { right: 1, wrong: 0, failed: 0 };
    const text = why({
      count: 3,
      message: "",
      operators: [
        { operator: address("a"), name: "ann", state: "taken", isDoubted: false, ...counts },
        { operator: address("b"), name: "ben", state: null, isDoubted: true, ...counts, wrong: 2 },
      ],
    });
    expect(text).to.match(/^taken +ann +0xa+ +1 \/ 0 \/ 0 +no$/m);
    expect(text).to.match(/^none +ben +0xb+ +1 \/ 2 \/ 0 +yes$/m);
    expect(text).to.match(/and 1 more$/);
  });

  it("says nothing of canaries where there are none", () => {
    expect(why()).to.not.include("canary");
  });
});
