import { expect } from "chai";
import { canonicalJson } from "../../../protocol/digest";
import { parseSpec } from "../../../protocol/validate-spec";
import { eachWithMarket } from "./support/each-with-market";
import type { Market } from "./support/market";
import { PROGRAM, step } from "./support/specs";

const spec = parseSpec({
  version: 1,
  name: "alone",
  inputs: {},
  steps: [step({ id: "prove", program: PROGRAM.prove })],
  outputs: {},
});
const ANN = `0x${"a1".repeat(20)}` as const;
const BEN = `0x${"BE".repeat(20)}` as const;

describe("requesters who share the operators", () => {
  let market: Market;
  eachWithMarket((made) => (market = made));

  async function open(...requesters: (typeof ANN | typeof BEN)[]): Promise<void> {
    market.store.put(canonicalJson(spec));
    for (const [i, requester] of requesters.entries())
      market.chain.open(i + 1, spec, market.account.address, requester);
    await market.settle();
  }

  /** @returns the workflows in the order in which one operator gets them, one after another */
  async function order(restart = false): Promise<number[]> {
    const operator = await market.operator({ programs: [PROGRAM.prove] });
    const workflows: number[] = [];
    for (let more = true; more;) {
      const [body] = await operator.sync();
      more = body !== undefined;
      if (!body) continue;
      workflows.push(body.workflow);
      market.chain.claim(body);
      await operator.report(body, 0, { proof: `proof ${body.workflow}` });
      if (restart) await market.restart();
    }
    return workflows;
  }

  it("get their turns by requester, not by workflow", async () => {
    await open(ANN, ANN, ANN, BEN);
    expect(await order()).to.deep.equal([1, 4, 2, 3]);
  });

  it("have a share by weight, also after a restart", async () => {
    market.weights = { [BEN.toLowerCase()]: 100 };
    await market.restart();
    await open(ANN, BEN, BEN, BEN);
    expect(await order(true)).to.deep.equal([2, 3, 4, 1]);
  });
});
