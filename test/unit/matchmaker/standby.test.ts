import { expect } from "chai";
import { Fleet } from "../../../offchain/matchmaker/fleet";
import { remainingMs, stragglesFrom, unfitAsCopy } from "../../../offchain/matchmaker/standby";

const START = 1_000_000;
const running = (progress = 0, risenAt = START) => ({ startedAt: START, progress, risenAt });

describe("a straggler", () => {
  it("is one after so many times what its program takes on average", () => {
    expect(stragglesFrom(running(), 2.5, 1_000)).to.equal(START + 2_500);
  });

  it("that says nothing is taken to need as long again as it has run", () => {
    expect(remainingMs(running(), START + 4_000)).to.equal(4_000);
  });

  it("goes on at its pace, as far as anyone knows", () => {
    expect(remainingMs(running(0.8, START + 4_000), START + 4_000)).to.be.closeTo(1_000, 1);
  });

  it("that stands still is taken to do so as long again, however far it is", () => {
    expect(remainingMs(running(0.99, START + 1_000), START + 9_000)).to.equal(8_000);
  });
});

describe("an operator for a copy", () => {
  const fleet = new Fleet();
  const operator = (address: string, machine: string, standby?: boolean) =>
    fleet.register(address, {
      name: address,
      machine: { id: machine, cores: 1, memoryMb: 1_000, gpus: [] },
      offer: { cores: 1, memoryMb: 1_000, gpus: 0, vramMb: 0 },
      programs: [],
      concurrency: 1,
      priceBps: 10_000,
      speed: 1,
      standby,
    });
  const [holder, neighbour, unwilling, other] = [
    operator("0xa", "one"),
    operator("0xb", "one"),
    operator("0xc", "two", false),
    operator("0xd", "three"),
  ];

  it("is neither the one that has the task nor one on its machine, and wants copies", () => {
    const fit = [holder, neighbour, unwilling, other].map((one) => unfitAsCopy(one, holder));
    expect(fit).to.deep.equal(["apart", "apart", "no_standby", undefined]);
  });
});
