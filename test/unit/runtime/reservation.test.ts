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
const command = fc.oneof(
  fc.record({ kind: fc.constant("book" as const), key: fc.integer({ max: 12, min: 0 }), need }),
  fc.record({ kind: fc.constant("free" as const), key: fc.integer({ max: 12, min: 0 }) }),
  fc.record({
    kind: fc.constant("hand" as const),
    key: fc.integer({ max: 12, min: 0 }),
    to: fc.integer({ max: 12, min: 0 }),
  }),
);

describe("reservations", () => {
  it("never book more of a machine than it has, whatever is asked", () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const reservations = new Reservations();
        reservations.declare("m", totals);
        const held = new Map<string, { cores: number; memoryMb: number; gpus: number }>();
        for (const c of commands) {
          const key = String(c.key);
          if (c.kind === "free") {
            reservations.free(key);
            held.delete(key);
          } else if (c.kind === "hand") {
            const to = String(c.to);
            if (!held.has(key) || held.has(to)) continue;
            reservations.handOver(key, to, () => 0);
            held.set(to, held.get(key)!);
            held.delete(key);
          } else {
            try {
              reservations.book(key, "m", c.need, () => 0);
              held.set(key, c.need);
            } catch {
              // refused, and nothing changed
            }
          }
          const sum = { cores: 0, memoryMb: 0, gpus: 0 };
          for (const h of held.values()) {
            sum.cores += h.cores;
            sum.memoryMb += h.memoryMb;
            sum.gpus += h.gpus;
          }
          expect(reservations.booked("m")).to.deep.equal(sum);
          expect(sum.cores).to.be.at.most(8);
          expect(sum.memoryMb).to.be.at.most(100);
          expect(sum.gpus).to.be.at.most(2);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("give each attempt GPUs of its own that are large enough", () => {
    const reservations = new Reservations();
    reservations.declare("m", totals);
    const gpu = { cores: 1, memoryMb: 1, gpus: 1 };
    expect(reservations.book("a", "m", { ...gpu, vramMb: 8 }, () => 0)).to.deep.equal([0]);
    expect(reservations.book("b", "m", { ...gpu, vramMb: 20 }, () => 0)).to.deep.equal([1]);
    expect(reservations.fits("m", { ...gpu, vramMb: 1 })).to.equal(false);
  });

  it("refuse another declaration of a machine that is in use", () => {
    const reservations = new Reservations();
    reservations.declare("m", totals);
    reservations.book("a", "m", { cores: 1, memoryMb: 1, gpus: 0, vramMb: 0 }, () => 0);
    expect(() => reservations.declare("m", { ...totals, cores: 64 })).to.throw(
      "declared differently",
    );
    reservations.free("a");
    reservations.declare("m", { ...totals, cores: 64 });
  });

  it("tell when there should be room", () => {
    const reservations = new Reservations();
    reservations.declare("m", totals);
    const cores = (n: number) => ({ cores: n, memoryMb: 1, gpus: 0, vramMb: 0 });
    reservations.book("a", "m", cores(4), () => 100);
    reservations.book("b", "m", cores(4), () => 200);
    expect(reservations.expectedRoom("m", cores(4), 50)).to.equal(100);
    expect(reservations.expectedRoom("m", cores(8), 50)).to.equal(200);
    expect(reservations.expectedRoom("m", cores(9), 50)).to.equal(undefined);
  });
});
