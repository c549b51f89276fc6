import { expect } from "chai";
import fc from "fast-check";
import { sha256 } from "../../../protocol/digest";
import { Experience } from "../../../offchain/matchmaker/experience";
import { freeStake } from "../../../offchain/matchmaker/filter";
import { Fleet } from "../../../offchain/matchmaker/fleet";
import { Outlook } from "../../../offchain/matchmaker/outlook";
import { Prospects } from "../../../offchain/matchmaker/prospect";
import { Reservations } from "../../../offchain/runtime/reservation";

const PROGRAM = sha256("program");
const NOW = 1_000_000;
const TASK_MS = 10_000;
const OPERATORS = 4;

/** Operators with a machine of four cores each, of which each uses one more than the one before it. */
function market() {
  const fleet = new Fleet();
  const reservations = new Reservations();
  const experience = new Experience();
  const operators = Array.from({ length: OPERATORS }, (_, i) => {
    const address = `0x${i}`;
    const machine = { id: address, cores: 4, memoryMb: 100, gpus: [] };
    const offer = { cores: 4, memoryMb: 100, gpus: 0, vramMb: 0 };
    const registration = { name: address, machine, offer, programs: [PROGRAM], concurrency: 3 };
    reservations.declare(address, machine);
    reservations.offer(address, address, offer, []);
    const operator = fleet.register(address, { ...registration, speed: 1 });
    operator.set({ online: true, freeStake: 10n });
    for (let cores = 0; cores < i; cores++) {
      const key = `${address}/${cores}`;
      reservations.book(key, address, { ...offer, cores: 1, memoryMb: 1 }, () => NOW + 5_000);
      operator.begin(key, { program: PROGRAM, since: NOW - 30_000, fallbackMs: TASK_MS });
    }
    return operator;
  });
  const outlook = new Outlook(reservations);
  const view = () => new Prospects(reservations, experience, outlook, NOW);
  return { operators, outlook, view };
}

const terms = {
  workflow: 0,
  step: "step",
  stepIndex: 0,
  program: PROGRAM,
  resources: { cores: 2, memoryMb: 1, gpus: 0, vramMb: 0 },
  ceiling: 100n,
  bond: 1n,
  claimSeconds: 120,
  runSeconds: 40,
};

describe("how operators stand for a task", () => {
  const promise = fc.record({
    machine: fc.nat(OPERATORS - 1),
    from: fc.integer({ min: NOW - 1, max: NOW + 3 * TASK_MS }),
    taskMs: fc.integer({ min: 1, max: 3 * TASK_MS }),
    count: fc.integer({ min: 1, max: 3 }),
  });
  const step = fc.option(promise, { nil: "clear" as const });

  it("is as if all were looked at anew, whatever their machines are promised to and no longer", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const { operators, outlook, view } = market();
        const kept = view();
        for (const one of steps) {
          if (one === "clear") outlook.clear();
          else outlook.promise(one, terms.resources);
          for (const [place, operator] of operators.entries()) {
            const anew = view().of(operator, terms)!;
            expect(kept.at(place, operator, terms)).to.deep.equal(anew);
            if (!kept.isBusy(operator, terms))
              expect(kept.isHeld(operator, terms)).to.equal(anew.busy === "held");
          }
        }
      }),
    );
  });
});

describe("an operator's free stake", () => {
  it("is what neither claims lock nor open assignments may, in whatever order they come", () => {
    const change = fc.record({ stake: fc.boolean(), units: fc.bigInt({ min: -9n, max: 9n }) });
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const [operator] = market().operators;
        let promised = 0n;
        for (const { stake, units } of changes) {
          if (stake) operator!.set({ freeStake: units });
          else operator!.promise(units);
          if (!stake) promised += units;
          expect(freeStake(operator!)).to.equal(operator!.freeStake - promised);
        }
      }),
    );
  });
});
