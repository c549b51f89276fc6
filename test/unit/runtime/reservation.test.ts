import { expect } from "chai";
import fc from "fast-check";
import { Reservations } from "../../../offchain/runtime/reservation";

const totals = { cores: 8, memoryMb: 100, gpus: [{ vramMb: 10 }, { vramMb: 24 }] };
const need = fc.record({
  cores: fc.integer({ min: 1, max: 10 }),
  memoryMb: fc.integer({ min: 1, max: 120 }),
  gpus: fc.integer({ min: 0, max: 3 }),
  vramMb: fc.constantFrom(0, 10, 24, 30),
});
const offer = fc
  .record({
    cores: fc.integer({ min: 1, max: 10 }),
    memoryMb: fc.integer({ min: 1, max: 120 }),
    devices: fc.uniqueArray(fc.integer({ min: 0, max: 1 })),
  })
  .map(({ devices, ...share }) => ({
    offer: { ...share, gpus: devices.length, vramMb: 0 },
    devices,
  }));
const whole = { cores: 8, memoryMb: 100, gpus: 2, vramMb: 10 };
const key = fc.integer({ max: 12, min: 0 });
const by = fc.constantFrom("a", "b");
const command = fc.oneof(
  fc.record({ kind: fc.constant("book" as const), key, by, need }),
  fc.record({ kind: fc.constant("free" as const), key }),
  fc.record({ kind: fc.constant("hand" as const), key, to: key }),
);

/** One machine, of which an operator offers everything. */
function machine(): Reservations {
  const reservations = new Reservations();
  reservations.declare("m", totals);
  reservations.offer("o", "m", whole, [0, 1]);
  return reservations;
}

interface Held {
  by: string;
  need: { cores: number; memoryMb: number; gpus: number };
  gpus: number[];
}

describe("reservations", () => {
  it("never book more of a machine than it has, nor of an operator than it offers, whatever is asked", () => {
    fc.assert(
      fc.property(
        fc.record({ a: offer, b: offer }),
        fc.array(command, { maxLength: 60 }),
        (offers, commands) => {
          const reservations = new Reservations();
          reservations.declare("m", totals);
          for (const name of ["a", "b"] as const)
            reservations.offer(name, "m", offers[name].offer, offers[name].devices);
          const held = new Map<string, Held>();
          for (const c of commands) {
            const name = String(c.key);
            if (c.kind === "free") {
              reservations.free(name);
              held.delete(name);
            } else if (c.kind === "hand") {
              const to = String(c.to);
              if (!held.has(name) || held.has(to)) continue;
              reservations.handOver(name, to, () => 0);
              held.set(to, held.get(name)!);
              held.delete(name);
            } else {
              const obstacle = reservations.obstacle(c.by, c.need);
              const before = reservations.booked("m");
              try {
                const gpus = reservations.book(name, c.by, c.need, () => 0);
                expect(obstacle).to.equal(undefined);
                held.set(name, { by: c.by, need: c.need, gpus });
              } catch (error) {
                expect(error).to.have.property(
                  "code",
                  held.has(name) ? "booked_twice" : "overbooked",
                );
                expect(reservations.booked("m")).to.deep.equal(before);
              }
            }
            const sumOf = (bookings: Held[]) => {
              const sum = { cores: 0, memoryMb: 0, gpus: 0 };
              for (const { need: of } of bookings)
                for (const what of ["cores", "memoryMb", "gpus"] as const) sum[what] += of[what];
              return sum;
            };
            const all = [...held.values()];
            const sum = sumOf(all);
            expect(reservations.booked("m")).to.deep.equal(sum);
            expect(sum.cores).to.be.at.most(8);
            expect(sum.memoryMb).to.be.at.most(100);
            const gpus = all.flatMap((booking) => booking.gpus);
            for (const { by: holder, gpus: its } of all)
              expect(offers[holder as "a" | "b"].devices).to.include.members(its);
            expect(new Set(gpus).size, "each GPU once").to.equal(sum.gpus);
            for (const name of ["a", "b"] as const) {
              const its = sumOf(all.filter((booking) => booking.by === name));
              for (const what of ["cores", "memoryMb", "gpus"] as const)
                expect(its[what]).to.be.at.most(offers[name].offer[what]);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("say whether it is the machine that has no room, or what the operator offers of it", () => {
    const reservations = machine();
    reservations.offer("part", "m", { ...whole, cores: 4 }, [0, 1]);
    const cores = (n: number) => ({ cores: n, memoryMb: 1, gpus: 0, vramMb: 0 });
    reservations.book("1", "part", cores(3), () => 100);
    expect(reservations.obstacle("part", cores(2))).to.equal("in_use");
    expect(reservations.obstacle("o", cores(2))).to.equal(undefined);
    expect(reservations.expectedRoom("part", cores(2), 50)).to.equal(100);
    expect(reservations.couldFit("part", cores(5))).to.equal(false);
    expect(reservations.lacking("part", cores(5))).to.deep.equal([
      { what: "cores", needed: 5, found: 4 },
    ]);
    reservations.book("2", "o", cores(4), () => 200);
    expect(reservations.obstacle("part", cores(2))).to.equal("machine");
    expect(reservations.expectedRoom("part", cores(2), 50)).to.equal(100);
    expect(reservations.expectedRoom("part", cores(4), 50)).to.equal(100);
  });

  it("keep what an operator has in use when it offers less, and count it when it offers more again", () => {
    const reservations = machine();
    const cores = (n: number) => ({ cores: n, memoryMb: 1, gpus: 0, vramMb: 0 });
    reservations.book("1", "o", cores(6), () => 100);
    reservations.offer("o", "m", { ...whole, cores: 4 }, [0, 1]);
    expect(reservations.fits("o", cores(1))).to.equal(false);
    reservations.offer("o", "m", { ...whole, cores: 7 }, [0, 1]);
    expect(reservations.fits("o", cores(1))).to.equal(true);
    expect(reservations.fits("o", cores(2))).to.equal(false);
  });

  it("give each attempt GPUs of its own that are large enough", () => {
    const reservations = machine();
    const gpu = { cores: 1, memoryMb: 1, gpus: 1 };
    expect(reservations.book("a", "o", { ...gpu, vramMb: 8 }, () => 0)).to.deep.equal([0]);
    expect(reservations.book("b", "o", { ...gpu, vramMb: 20 }, () => 0)).to.deep.equal([1]);
    expect(reservations.fits("o", { ...gpu, vramMb: 1 })).to.equal(false);
  });

  it("refuse another declaration of a machine that is in use", () => {
    const reservations = machine();
    reservations.book("a", "o", { cores: 1, memoryMb: 1, gpus: 0, vramMb: 0 }, () => 0);
    expect(() => reservations.declare("m", { ...totals, cores: 64 })).to.throw(
      "declared differently",
    );
    reservations.free("a");
    reservations.declare("m", { ...totals, cores: 64 });
  });

  it("tell when there should be room", () => {
    const reservations = machine();
    const cores = (n: number) => ({ cores: n, memoryMb: 1, gpus: 0, vramMb: 0 });
    reservations.book("a", "o", cores(4), () => 100);
    reservations.book("b", "o", cores(4), () => 200);
    expect(reservations.expectedRoom("o", cores(4), 50)).to.equal(100);
    expect(reservations.expectedRoom("o", cores(8), 50)).to.equal(200);
    expect(reservations.expectedRoom("o", cores(9), 50)).to.equal(undefined);
  });

  it("tell that as of one look at a machine, until another begins", () => {
    const reservations = machine();
    const cores = (n: number) => ({ cores: n, memoryMb: 1, gpus: 0, vramMb: 0 });
    let end = 100;
    reservations.book("a", "o", cores(6), () => end);
    reservations.book("b", "o", cores(2), () => 200);
    expect(reservations.roomAfter("o", cores(6), 50, 1)).to.equal(100);
    end = 300;
    expect(reservations.roomAfter("o", cores(6), 50, 1)).to.equal(100);
    expect(reservations.roomAfter("o", cores(2), 50, 2)).to.equal(200);
    expect(reservations.roomAfter("o", cores(6), 50, 2)).to.equal(300);
    expect(reservations.expectedRoom("o", cores(8), 50)).to.equal(300);
    end = 150;
    expect(reservations.roomAfter("o", cores(6), 50, 2)).to.equal(150);
  });
});
