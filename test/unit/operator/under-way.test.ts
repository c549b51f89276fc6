import { expect } from "chai";
import { UnderWay } from "../../../operator/chain/under-way";
import type { Holding } from "../../../operator/holdings/phase";

const holding = {} as Holding;

describe("transactions of an operator that are under way", () => {
  let included: number;
  let failures: unknown[];
  let underWay: UnderWay;
  beforeEach(() => {
    [included, failures] = [0, []];
    underWay = new UnderWay(
      () => included++,
      (error) => failures.push(error),
    );
  });
  const changes = { slots: [3, 4], claims: [holding], bonds: 7n };

  it("keep what they change from the next ones until the view shows the block that they are in", async () => {
    underWay.begin(changes, () => Promise.resolve({ blockNumber: 12n }));
    underWay.begin({ slots: [5], claims: [], bonds: 1n }, () =>
      Promise.resolve({ blockNumber: 13n }),
    );
    await underWay.ended();
    expect(included).to.equal(2);
    underWay.seen(11);
    expect([...underWay.slots()]).to.deep.equal([3, 4, 5]);
    expect(underWay.claims(holding)).to.equal(true);
    expect(underWay.bonds()).to.equal(8n);
    underWay.seen(12);
    expect([...underWay.slots()]).to.deep.equal([5]);
    expect(underWay.claims(holding)).to.equal(false);
  });

  it("give back what they were to change when nothing comes of them", async () => {
    underWay.begin(changes, () => Promise.reject(new Error("reverted")));
    expect(underWay.size).to.equal(1);
    await underWay.ended();
    expect(underWay.size).to.equal(0);
    expect(failures.map(String)).to.deep.equal(["Error: reverted"]);
    expect(included).to.equal(0);
  });
});
