import { expect } from "chai";
import { ProgressReports } from "../../../operator/coordinator-client/progress-reports";
import type { HeldTask } from "../../../operator/holdings/phase";

const taskOf = (task: number, progress = 0) =>
  ({ workflow: 1, task, attempt: 1, progress }) as HeldTask;
const EVERY_MS = 1_000;

describe("what an operator tells of the tasks that it holds", () => {
  let reports: ProgressReports;
  beforeEach(() => void (reports = new ProgressReports()));

  /** Names what is due and has it heard. @returns the tasks' numbers */
  function tell(held: HeldTask[], now: number): number[] {
    const { tasks } = reports.due(held, now, EVERY_MS);
    reports.heard(tasks, tasks, now);
    return tasks.map(({ task }) => task);
  }

  it("is what is new at once, and the rest now and then", () => {
    const held = [taskOf(0), taskOf(1)];
    expect(tell(held, 0)).to.deep.equal([0, 1]);
    held[1]!.progress = 0.5;
    expect(tell(held, 10)).to.deep.equal([1]);
    expect(tell(held, 999)).to.deep.equal([]);
    expect(tell(held, 1_000)).to.deep.equal([0]);
    expect(tell(held, 1_010)).to.deep.equal([1]);
  });

  it("is said again as long as nobody has heard it, and to whoever may have forgotten it", () => {
    const held = [taskOf(0)];
    expect(reports.due(held, 0, EVERY_MS).tasks).to.deep.equal(held);
    expect(tell(held, 1)).to.deep.equal([0]);
    reports.forget();
    expect(tell(held, 2)).to.deep.equal([0]);
  });

  it("reaches every task, however many there are: the new ones first, then those of which nothing was heard the longest", () => {
    const held = Array.from({ length: 3_000 }, (_, task) => taskOf(task));
    expect(reports.due(held, 0, EVERY_MS).more).to.equal(true);
    for (let now = 0; now < 3; now++) tell(held, now);
    held[2_999]!.progress = 1;
    const [first, second, last] = [2_000, 2_001, 2_002].map((now) => tell(held, now));
    expect(first![0]).to.equal(2_999);
    expect(new Set([...first!, ...second!, ...last!]).size).to.equal(3_000);
  });
});
