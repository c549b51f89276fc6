import { expect } from "chai";
import fc from "fast-check";
import { Outlook } from "../../../offchain/matchmaker/outlook";
import { Reservations } from "../../../offchain/runtime/reservation";

const MACHINES = 20;

/** Machines of 8 cores, 1,000 MB and two GPUs. */
function machines(cores = 8) {
  const reservations = new Reservations();
  for (let i = 0; i < MACHINES; i++)
    reservations.declare(`m${i}`, { cores, memoryMb: 1_000, gpus: [{ vramMb: 9 }, { vramMb: 9 }] });
  return reservations;
}

const NEEDS = [
  { kind: "cores", share: 1 / 4, need: { cores: 2, memoryMb: 10, gpus: 0, vramMb: 0 } },
  { kind: "memoryMb", share: 1 / 2, need: { cores: 1, memoryMb: 500, gpus: 0, vramMb: 0 } },
  { kind: "gpus", share: 1 / 2, need: { cores: 1, memoryMb: 1, gpus: 1, vramMb: 1 } },
] as const;

describe("what machines are promised to", () => {
  const promise = fc.record({
    machine: fc.nat(MACHINES - 1),
    what: fc.constantFrom(...NEEDS),
    from: fc.nat(1_000),
    taskMs: fc.nat(100),
    count: fc.integer({ min: 1, max: 9 }),
  });
  const steps = fc.array(fc.option(promise, { nil: "clear" as const }), { maxLength: 40 });

  it("adds up by what the tasks are short of, until it is taken back", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const reservations = machines();
        const outlook = new Outlook(reservations);
        let kept: Exclude<(typeof all)[number], "clear">[] = [];
        for (const step of all) {
          if (step === "clear") {
            outlook.clear();
            kept = [];
            continue;
          }
          const { machine, what, from, taskMs, count } = step;
          outlook.promise({ machine, from, taskMs, count }, what.need);
          kept.push(step);
        }
        for (let machine = 0; machine < MACHINES; machine++) {
          const its = kept.filter((one) => one.machine === machine);
          expect(outlook.isPromised(machine)).to.equal(its.length > 0);
          for (const { kind, share, need } of NEEDS) {
            expect(outlook.shareOf(machine, need)).to.equal(share);
            const delay = its
              .filter(({ what }) => what.kind === kind)
              .reduce((sum, { taskMs, count }) => sum + count * taskMs * share, 0);
            expect(outlook.delayOf(machine, need)).to.be.closeTo(delay, 1e-6);
            const soonest = Math.min(...its.map(({ from }) => from));
            if (its.length > 0) expect(outlook.isInTheWay(machine, need, soonest)).to.equal(false);
          }
        }
      }),
    );
  });

  it("counts with what a machine has now if it was declared anew", () => {
    const reservations = machines();
    const outlook = new Outlook(reservations);
    const [{ need }] = NEEDS;
    const m3 = reservations.placeOf("m3")!;
    expect(outlook.shareOf(m3, need)).to.equal(1 / 4);
    reservations.declare("m3", { cores: 4, memoryMb: 1_000, gpus: [] });
    expect(outlook.shareOf(m3, need)).to.equal(1 / 2);
    expect(outlook.shareOf(m3 + 1, need)).to.equal(1 / 4);
    // Of four cores tasks side by side take all.
    outlook.promise({ machine: m3, from: 100, taskMs: 10, count: 2 }, need);
    expect(outlook.isInTheWay(m3, need, 101)).to.equal(true);
    expect(outlook.isInTheWay(m3, need, 100)).to.equal(false);
  });
});
