import { expect } from "chai";
import fc from "fast-check";
import { aheadOf } from "../../../offchain/matchmaker/ahead";
import { Fleet } from "../../../offchain/matchmaker/fleet";
import { Pool } from "../../../offchain/matchmaker/pool";
import { Places } from "../../../offchain/matchmaker/places";

const NOW = 1_000_000;

const registration = {
  name: "one",
  machine: { id: "m", cores: 4, memoryMb: 1, gpus: [] },
  offer: { cores: 4, memoryMb: 1, gpus: 0, vramMb: 0 },
  programs: [],
  concurrency: 4,
  speed: 1,
};

describe("places of operators", () => {
  const operator = new Fleet().register("0x1", registration);
  const ms = fc.double({ min: 1, max: 1e6, noNaN: true });
  const seen = fc.record({
    operator: fc.constant(operator),
    machine: fc.nat(9),
    busy: fc.constantFrom("machine" as const, "concurrency" as const, undefined),
    startMs: ms,
    roomMs: ms,
    taskMs: ms,
    everyMs: ms,
    price: fc.bigInt({ min: 1n, max: 2n ** 53n - 1n }),
    failureRate: fc.double({ min: 0, max: 0.9, noNaN: true }),
    weight: fc.double({ min: 1, max: 20, noNaN: true }),
  });

  it("say what was seen last", () => {
    const all = fc.array(fc.tuple(seen, fc.boolean()), { maxLength: 150 });
    fc.assert(
      fc.property(all, ms, fc.nat(5_000), (list, level, later) => {
        const places = new Places();
        const kept = new Map<number, (typeof list)[number][0]>();
        for (const [one, isKnown] of list) {
          const place = isKnown && kept.size > 0 ? kept.size - 1 : places.open(operator);
          places.see(place, one, 0, NOW);
          kept.set(place, one);
        }
        for (const [place, one] of kept) {
          const { startMs, roomMs, price, busy, machine } = one;
          expect(places.prospect(place, 1, startMs, roomMs, new Pool())).to.deep.equal(one);
          expect(places.priceOf(place)).to.equal(Number(price));
          expect(places.isBusy(place)).to.equal(busy !== undefined);
          expect(places.machineOf(place)).to.equal(machine);
          const now = NOW + later;
          const starts = Math.max(1, startMs - later);
          expect(places.startsIn(place, now)).to.be.closeTo(starts, 1e-6);
          const then = { ...one, startMs: places.startsIn(place, now) };
          expect(places.aheadOf(place, 1, level, now)).to.equal(aheadOf(then, level));
        }
      }),
    );
  });
});
