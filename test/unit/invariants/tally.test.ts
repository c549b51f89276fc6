import { expect } from "chai";
import { addUp, callsOf, errorsMet, merge, refusedOf } from "../../invariants/tally";

const line = (accepted: number) =>
  JSON.stringify({ actions: { claim: [accepted, 1] }, errors: { "1": 2 } });

describe("the tally of a fuzzing campaign", () => {
  it("adds up the sequences, and a line that forge wrote twice only once", () => {
    const tally = addUp(`${line(3)}\n${line(4)}\n${line(4)}\n`);
    expect(tally.actions).to.deep.equal({ claim: { accepted: 7, refused: 2 } });
    expect(tally.errors).to.deep.equal({ "0x00000001": 4 });
  });

  it("adds chunks, and counts all calls and the refused ones", () => {
    const tally = addUp(line(3));
    merge(tally, addUp(line(5)));
    expect([callsOf(tally), refusedOf(tally)]).to.deep.equal([10, 2]);
  });

  it("tells the market's errors that calls met from those that none met", () => {
    const tally = addUp(JSON.stringify({ actions: {}, errors: { [String(0xd92e233d)]: 3 } }));
    const abi = ["NothingUnbonding", "ZeroAddress"].map((name) => ({
      type: "error",
      name,
      inputs: [],
    }));
    expect(errorsMet(tally, abi)).to.deep.equal({
      met: { ZeroAddress: 3 },
      unmet: ["NothingUnbonding"],
    });
  });
});
