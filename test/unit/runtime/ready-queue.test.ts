import { expect } from "chai";
import fc from "fast-check";
import { fairEnds } from "../../../bench/schedule/fair-share";
import type { SimWorkflow } from "../../../offchain/simulate/model";
import { Lane, ReadyQueue, type ReadyTask } from "../../../offchain/runtime/ready-queue";
import { simulate } from "../../../offchain/simulate/simulate";
import { sha256 } from "../../../protocol/digest";
import { simOperator } from "../../support/sim-operator";

/** A lane with one ready task. */
function laneOf(workflow: number, remaining: number, openedAt = 0, deadline = 0): Lane {
  const lane = new Lane<ReadyTask>(
    {
      workflow,
      step: `${workflow}/${remaining}`,
      stepIndex: remaining,
      program: sha256("p"),
      resources: { cores: 1, memoryMb: 1, gpus: 0, vramMb: 0 },
      ceiling: 1n,
      bond: 1n,
      claimSeconds: 1,
      runSeconds: 1,
    },
    { remainingMs: () => remaining, deadline: () => deadline, openedAt: () => openedAt },
  );
  lane.add({ index: 0, level: 0, nextAttempt: 1, avoid: new Set(), offerBps: 10_000 });
  return lane;
}

function order(...lanes: Lane[]): string[] {
  const queue = new ReadyQueue();
  for (const lane of lanes) queue.open(lane);
  return queue.urgent().map(({ lane }) => lane.terms.step);
}

describe("the order of ready tasks", () => {
  it("is by the longest remaining path within a workflow", () => {
    expect(order(laneOf(1, 5), laneOf(1, 9), laneOf(1, 7))).to.deep.equal(["1/9", "1/7", "1/5"]);
  });

  it("has small workflows before large ones that came with them, and not before those that came long ago", () => {
    expect(order(laneOf(1, 100), laneOf(2, 10))).to.deep.equal(["2/10", "1/100"]);
    // Of two, the large one is due after 400, its first task after 300.
    expect(order(laneOf(1, 100), laneOf(2, 10, 269))[0]).to.equal("2/10");
    expect(order(laneOf(1, 100), laneOf(2, 10, 271))[0]).to.equal("1/100");
  });

  it("is by the deadline among equals, then by who was served longest ago", () => {
    expect(order(laneOf(1, 5, 0, 9), laneOf(2, 5, 0, 8))).to.deep.equal(["2/5", "1/5"]);
    const queue = new ReadyQueue();
    for (const workflow of [1, 2]) queue.open(laneOf(workflow, 5));
    queue.serve(1);
    expect(queue.urgent().map(({ lane }) => lane.terms.workflow)).to.deep.equal([2, 1]);
  });

  it("counts the workflows that are open", () => {
    const queue = new ReadyQueue();
    const [large, small, third] = [laneOf(1, 100), laneOf(2, 10, 271), laneOf(3, 1)];
    for (const lane of [large, small, third]) queue.open(lane);
    expect(queue.size).to.equal(3);
    expect(queue.urgent().map(({ lane }) => lane.terms.workflow)).to.deep.equal([3, 2, 1]);
    queue.close(third);
    expect(queue.urgent().map(({ lane }) => lane.terms.workflow)).to.deep.equal([1, 2]);
  });

  it("gives each of ten, and small ones among large ones that are too many, at most 1.5 times its fair share's time", () => {
    const operator = simOperator({ id: "a", cores: 4, memoryMb: 100 });
    const fleet = Array.from({ length: 4 }, (_, i) => ({ ...operator, id: `m${i}` }));
    /** Proofs that are joined by one more task. */
    const joined = (name: string, proofs: number, seconds: number, arrivesAt = 0): SimWorkflow => ({
      name,
      arrivesAt,
      tasks: Array.from({ length: proofs + 1 }, (_, i) => ({
        ...{ id: String(i), program: name.replace(/ .*/, ""), seconds, attempts: 3 },
        resources: { cores: 1, memoryMb: 1, gpus: 0, vramMb: 0 },
        parents: i < proofs ? [] : Array.from({ length: proofs }, (__, p) => p),
        runSeconds: 4 * seconds,
      })),
    });
    const run = (workflows: SimWorkflow[]) =>
      simulate({ workflows, operators: fleet, policy: "froben", seed: 1 }).workflows;
    const worst = (workflows: SimWorkflow[]) => {
      const jobs = workflows.map((workflow) => ({
        at: workflow.arrivesAt!,
        work: run([{ ...workflow, arrivesAt: 0 }])[0]!.end!,
      }));
      const fair = fairEnds(jobs);
      return Math.max(...run(workflows).map(({ end }, i) => (end! - jobs[i]!.at) / (fair[i]! - jobs[i]!.at))); // prettier-ignore
    };
    const many = (count: number, make: (i: number) => SimWorkflow) =>
      Array.from({ length: count }, (_, i) => make(i));
    expect(worst(many(10, (i) => joined(`large ${i}`, 64, 20)))).to.be.at.most(1.5);
    const mixed = [
      ...many(12, (i) => joined(`large ${i}`, 64, 20, i * 60)),
      ...many(12, (i) => joined(`small ${i}`, 4, 20, i * 50 + 25)),
    ];
    expect(worst(mixed)).to.be.at.most(1.5);
  });
});

describe("the order of ready tasks that is kept from one time to the next", () => {
  const WORKFLOWS = 5;
  const STEPS = 3;
  const what = fc.constantFrom("add", "add", "add", "remove", "pop", "serve", "paths", "sizes", "deadline", "slope", "close", "pause", "resume", "end"); // prettier-ignore
  const step = fc.record({
    what,
    workflow: fc.nat(WORKFLOWS - 1),
    step: fc.nat(STEPS - 1),
    task: fc.nat(5),
    value: fc.integer({ min: 1, max: 9 }),
    asks: fc.boolean(),
  });

  it("is the one that is found anew, whatever has happened in between", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
        let now = 0;
        let asOf = 0;
        let grows = false;
        let slope = 1;
        const paths = new Map<string, number>();
        const deadlines = new Map<number, number>();
        const served: number[] = [];
        const ended = new Map<number, number>();
        const open = new Set([0, 1, 2, 3, 4]);
        const queue = new ReadyQueue(undefined, () => asOf);
        const lanes = Array.from({ length: WORKFLOWS }, (_, workflow) =>
          Array.from({ length: STEPS }, (__, stepIndex): Lane => {
            const { terms } = laneOf(workflow, 1);
            // The first three are one requester's.
            const requester = `r${Math.max(2, workflow)}`;
            return new Lane<ReadyTask>(
              { ...terms, requester, step: `s${stepIndex}`, stepIndex },
              {
                remainingMs: (level, sizeClass = 0) =>
                  (paths.get(`${workflow}/${stepIndex}`) ?? 5) * (10 + slope * sizeClass) - level,
                deadline: () => deadlines.get(workflow) ?? 0,
                grows: () => grows,
              },
            );
          }),
        );
        const openAll = (workflow: number, into: ReadyQueue) => {
          for (const lane of lanes[workflow]!) into.open(lane);
        };
        const told = (of: ReadyQueue) =>
          of.urgent().map(({ lane, remaining, slack, size, isPlain }) => {
            const { workflow, stepIndex, sized } = lane.terms;
            return {
              workflow,
              stepIndex,
              sized: sized?.sizeClass,
              remaining,
              slack,
              size,
              isPlain,
            };
          });
        for (const workflow of open) openAll(workflow, queue);
        const anew = () => {
          const other = new ReadyQueue(undefined, () => asOf);
          for (const workflow of served) other.serve(workflow);
          for (const [workflow, at] of ended) other.endedAt(`r${workflow}`, at);
          for (const workflow of open) for (const lane of queue.lanesOf(workflow)) other.open(lane);
          return other;
        };
        for (const { what: happens, workflow, step: i, task, value, asks } of steps) {
          now += 10;
          const lane = lanes[workflow]![i]!;
          const avoid = new Set(task === 5 ? ["somebody"] : []);
          const one = { index: task, level: task % 2, nextAttempt: 1, avoid, offerBps: 10_000, sizeClass: task % 3 }; // prettier-ignore
          if (happens === "add" && !lane.has(one)) lane.add(one);
          if (happens === "pop" && lane.size > 0) lane.pop();
          if (happens === "remove" && lane.size > 0) lane.remove(lane.peek()!);
          if (happens === "serve") served.push(workflow) && queue.serve(workflow);
          if (happens === "paths") paths.set(`${workflow}/${i}`, value) && asOf++;
          if (happens === "sizes") [grows, asOf] = [!grows, asOf + 1];
          if (happens === "slope") slope = value;
          if (happens === "deadline") {
            deadlines.set(workflow, value);
            queue.touch(workflow);
          }
          if (happens === "resume") (openAll(workflow, queue), open.add(workflow));
          if (happens === "close" && i > 0) queue.close(lane);
          if (happens === "pause") {
            for (const of of lanes[workflow]!) queue.close(of);
            open.delete(workflow);
          }
          if (happens === "end" && workflow > 2 && open.delete(workflow)) {
            queue.end(workflow, lanes[workflow]!, now);
            ended.set(workflow, now);
            for (let at = served.indexOf(workflow); at >= 0; at = served.indexOf(workflow))
              served.splice(at, 1);
          }
          if (asks) expect(told(queue)).to.deep.equal(told(anew()));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("a lane whose tasks have inputs of different sizes", () => {
  const sized = (index: number, sizeClass?: number, level = 0): ReadyTask => {
    return { index, level, sizeClass, nextAttempt: 1, avoid: new Set(), offerBps: 10_000 };
  };
  /** @param grows whether larger inputs take longer */
  const laneWith = (grows: () => boolean, tasks: ReadyTask[]) => {
    const { terms } = laneOf(1, 5);
    const remaining = (level: number, sizeClass = 10) => 100 * 2 ** (sizeClass - 10) - level;
    const lane = new Lane(terms, { remainingMs: remaining, grows });
    for (const task of tasks) lane.add(task);
    return lane;
  };
  const parts = (lane: Lane) => {
    const queue = new ReadyQueue();
    queue.open(lane);
    return queue.urgent().map((one) => ({
      size: one.lane.terms.sized?.sizeClass,
      remaining: one.remaining,
      tasks: one.lane.size,
    }));
  };
  const tasks = [sized(0, 10), sized(1, 12), sized(2), sized(3, 12), sized(4, 10)];

  it("is one while that makes no difference, and then the largest come first, each class by itself", () => {
    let grows = false;
    const lane = laneWith(() => grows, tasks);
    expect(parts(lane)).to.deep.equal([{ size: undefined, remaining: 100, tasks: 5 }]);
    grows = true;
    expect(parts(lane)).to.deep.equal([
      { size: 12, remaining: 400, tasks: 2 },
      { size: 10, remaining: 100, tasks: 2 },
      { size: undefined, remaining: 100, tasks: 1 },
    ]);
    grows = false;
    expect(parts(lane)).to.deep.equal([{ size: undefined, remaining: 100, tasks: 5 }]);
  });

  it("loses no task and has none twice, whenever that is found out", () => {
    let grows = false;
    const lane = laneWith(() => grows, tasks.slice(0, 3));
    grows = true;
    lane.add(tasks[3]!);
    lane.ready();
    for (const task of tasks) lane.add(task);
    lane.remove(tasks[1]!);
    expect(tasks.map((task) => lane.has(task))).to.deep.equal([true, false, true, true, true]);
    expect(lane.size).to.equal(4);
    grows = false;
    lane.ready();
    const popped = Array.from({ length: 4 }, () => lane.pop()!.index);
    expect(popped).to.deep.equal([0, 2, 3, 4]);
    expect([lane.pop(), lane.size]).to.deep.equal([undefined, 0]);
  });
});

describe("a fair share", () => {
  it("is of all that is there, and all of it for who is alone", () => {
    const at0 = (work: number) => ({ at: 0, work });
    expect(fairEnds([at0(10), at0(10), at0(2)])).to.deep.equal([22, 22, 6]);
    expect(fairEnds([at0(10), { at: 5, work: 1 }, { at: 20, work: 3 }])).to.deep.equal([11, 7, 23]);
  });
});
