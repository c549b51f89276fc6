import { expect } from "chai";
import { workloadOf, type WorkloadFacts } from "../../../operator/assignments/workload";
import type { Slot, Slots } from "../../../operator/chain/slots";
import { systemClock as clock } from "../../../operator/clock";
import { createHoldings, type Holdings } from "../../../operator/holdings/holdings";
import { openJournal, type Journal } from "../../../operator/journal/journal";
import { placeOf } from "../../../protocol/task-place";
import { maskOf } from "../../../protocol/ticket";
import { assignmentFixture, PROGRAM } from "./assignment-fixture";

/** Chain time of the fixture's assignments, seconds; a step's claim time is 100 s, of which 80 s are for the work. */
const CHAIN_NOW = 1_000;

describe("an operator's workload", () => {
  let journal: Journal;
  let holdings: Holdings;
  beforeEach(() => {
    journal = openJournal(":memory:", clock);
    holdings = createHoldings(journal, clock);
  });
  afterEach(() => journal.close());

  const work = (changes: Partial<WorkloadFacts> = {}) =>
    workloadOf({
      holdings: holdings.undecided(),
      slots: new Map(),
      chainNow: CHAIN_NOW,
      now: 50_000,
      meanMs: () => 20_000,
      builtin: new Set(),
      ...changes,
    });
  const claimedUntil = (deadline: number, root: string, tasks: number[]): Slots => {
    const { word } = placeOf(tasks[0]!);
    const claim = { workflow: 7, root, word, mask: maskOf(tasks) };
    return new Map([[0, { slot: 0, state: "claimed", claim, deadline } as Slot]]);
  };

  it("is what waits and what runs, with what is left of each run", async () => {
    const { tasks } = holdings.add(await assignmentFixture());
    holdings.move(tasks[0]!, "computed");
    holdings.move(tasks[1]!, "running", { runningSince: 38_000 });
    const need = { cores: 1, memoryMb: 512, gpus: 0, vramMb: 0 };
    expect(work()).to.deep.equal({
      running: [{ need, remainingMs: 8_000 }],
      waiting: [{ need, count: 1, expectedMs: 20_000, latestEndMs: 80_000 }],
    });
  });

  it("counts a claim's time from its inclusion", async () => {
    const signed = await assignmentFixture();
    holdings.add(signed);
    const latest = (slots: Slots) => work({ slots }).waiting[0]!.latestEndMs;
    expect(latest(claimedUntil(CHAIN_NOW + 70, signed.root, [101, 102, 103]))).to.equal(50_000);
    expect(latest(new Map()), "not claimed yet").to.equal(80_000);
  });

  it("takes a program that never ran to need an eighth of the time that there is for it", async () => {
    holdings.add(await assignmentFixture());
    expect(work({ meanMs: () => undefined }).waiting[0]).to.include({ expectedMs: 10_000 });
  });

  it("has neither what is given up nor what takes no machine", async () => {
    const holding = holdings.add(await assignmentFixture());
    expect(work({ builtin: new Set([PROGRAM]) }).waiting).to.deep.equal([]);
    holdings.setClaim(holding, "given_up");
    expect(work().waiting).to.deep.equal([]);
  });
});
