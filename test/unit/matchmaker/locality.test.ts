import { expect } from "chai";
import { choose } from "../../../offchain/matchmaker/choose";
import { Experience } from "../../../offchain/matchmaker/experience";
import { Fleet } from "../../../offchain/matchmaker/fleet";
import { FETCH_RATE, LARGE_BYTES, Locality } from "../../../offchain/matchmaker/locality";
import type { Match } from "../../../offchain/matchmaker/match";
import { Matcher } from "../../../offchain/matchmaker/matcher";
import { Lane, ReadyQueue, type ReadyTask } from "../../../offchain/runtime/ready-queue";
import { Reservations } from "../../../offchain/runtime/reservation";
import { sha256 } from "../../../protocol/digest";

const PROGRAM = sha256("program");
const NOW = 1_000_000;
const TASK_MS = 10_000;
const GB = 1e9;

/** Operators that are alike, each on a machine of its own, and a lane of tasks with inputs of a size, each its own. */
function market(operators: number, bytes: number, tasks: number) {
  const queue = new ReadyQueue();
  const fleet = new Fleet();
  const reservations = new Reservations();
  const experience = new Experience();
  const matcher = new Matcher(queue, fleet, reservations, experience, "seed");
  const locality = new Locality();
  const names = Array.from({ length: operators }, (_, i) => `o${String(i).padStart(3, "0")}`);
  for (const name of names) {
    const machine = { id: name, cores: 1, memoryMb: 1_000, gpus: [] };
    const offer = { cores: 1, memoryMb: 1_000, gpus: 0, vramMb: 0 };
    const registration = { name, machine, offer, programs: [PROGRAM], concurrency: 1, priceBps: 10_000, speed: 1 }; // prettier-ignore
    const joined = fleet.register(name, registration);
    reservations.declare(name, machine);
    reservations.offer(name, name, offer, []);
    joined.set({ online: true, freeStake: 1_000n });
    for (let run = 0; run < 5; run++) experience.succeeded(PROGRAM, name, TASK_MS);
  }
  const lane = new Lane<ReadyTask>(
    {
      workflow: 1,
      step: "step",
      stepIndex: 0,
      program: PROGRAM,
      resources: { cores: 1, memoryMb: 1, gpus: 0, vramMb: 0 },
      ceiling: 100n,
      bond: 1n,
      claimSeconds: 120,
      runSeconds: 400,
    },
    { remainingMs: () => 10 },
  );
  const pieces = Array.from({ length: tasks }, (_, i) => ({ key: `input ${i}`, bytes }));
  for (const [index, piece] of pieces.entries())
    lane.add({
      index,
      level: 0,
      nextAttempt: 1,
      avoid: new Set(),
      offerBps: 10_000,
      haul: locality.haulOf([piece], 0, index),
    });
  queue.open(lane);
  const occupy = (name: string, until: number) => {
    reservations.book(`busy ${name}`, name, lane.terms.resources, () => until);
    fleet.get(name)!.begin(`busy ${name}`, { program: PROGRAM, since: NOW, fallbackMs: TASK_MS });
  };
  const run = () => {
    const matches: Match<ReadyTask>[] = [];
    matcher.run(NOW, (match) => {
      matches.push(match);
      occupy(match.operator.address, NOW + TASK_MS);
    });
    return matches;
  };
  return { experience, names, pieces, locality, lane, occupy, run };
}

describe("where inputs are", () => {
  it("is who made or fetched them, if they are large, the last few of those", () => {
    const locality = new Locality(LARGE_BYTES, 2);
    const large = { key: "large", bytes: 2 * LARGE_BYTES };
    const small = { key: "small", bytes: LARGE_BYTES - 1 };
    expect(locality.haulOf([small], 0, 0)).to.equal(undefined);
    const haul = locality.haulOf([large, small], 0, 0)!;
    expect([haul.fetchMs("a"), haul.holders().size]).to.deep.equal([large.bytes / FETCH_RATE, 0]);
    for (const name of ["a", "b", "a", "c"]) locality.note(name, [large, small]);
    expect([...haul.holders()]).to.deep.equal(["a", "c"]);
    expect(["a", "b", "c"].map((name) => haul.fetchMs(name))).to.deep.equal([0, 200, 0]);
    // Another task of the step that needs it asks for the same operators; one of another step does not wait in the same lane.
    locality.haulOf([large], 1, 1);
    locality.haulOf([large], 0, 0);
    expect(haul.isHeld()).to.equal(true);
    locality.haulOf([large], 0, 2);
    expect(haul.isHeld()).to.equal(false);
    locality.clear();
    expect(haul.fetchMs("a")).to.equal(200);
  });

  it("decides among operators that are alike, and the choice follows from the record", () => {
    for (const operators of [10, 100]) {
      const { names, pieces, locality, experience, run } = market(operators, GB, 1);
      const holder = names[operators - 3]!;
      locality.note(holder, pieces);
      const [match] = run();
      expect(match!.operator.address).to.equal(holder);
      const { decision } = match!;
      expect(choose(decision)!.choice).to.equal(holder);
      const its = decision.candidates.find(({ operator }) => operator === holder)!;
      const other = decision.candidates.find(({ operator }) => operator !== holder)!;
      expect([its.fetchMs, other.fetchMs]).to.deep.equal([undefined, GB / FETCH_RATE]);
      // All of them have run it five times.
      const taskMs = Math.round(TASK_MS * experience.caution(holder));
      expect([its.finishMs, other.finishMs]).to.deep.equal([taskMs, taskMs + GB / FETCH_RATE]);
    }
  });

  it("makes no difference where inputs are small", () => {
    const { names, pieces, locality, run } = market(4, LARGE_BYTES - 1, 1);
    locality.note(names[3]!, pieces);
    const [match] = run();
    expect(match!.operator.address).to.equal(names[0]);
    expect(JSON.stringify(match!.decision)).to.not.include("fetchMs");
  });

  it("is waited for when that is sooner, while tasks behind start where theirs are", () => {
    const { names, pieces, locality, occupy, lane, run } = market(4, GB, 3);
    // The first one's operator has room in five seconds; fetching would take twenty.
    locality.note(names[0]!, [pieces[0]!]);
    occupy(names[0]!, NOW + 5_000);
    locality.note(names[2]!, [pieces[1]!]);
    locality.note(names[1]!, [pieces[2]!]);
    const matches = run();
    expect(matches.map((m) => [m.tasks[0]!.index, m.operator.address])).to.deep.equal([
      [1, names[2]],
      [2, names[1]],
    ]);
    expect(lane.size).to.equal(1);
    // With an hour to wait it is fetched.
    const late = market(4, GB, 1);
    late.locality.note(late.names[0]!, late.pieces);
    late.occupy(late.names[0]!, NOW + 3_600_000);
    expect(late.run()[0]!.operator.address).to.equal(late.names[1]);
  });
});
