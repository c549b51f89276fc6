import { expect } from "chai";
import { FrobenError } from "../../../../protocol/errors";
import type { SignedAssignment } from "../../../../protocol/http";
import { eachWithMarket } from "./each-with-market";
import type { Market, TestOperator } from "./market";
import { PROGRAM, proofs } from "./specs";

export const programs = [PROGRAM.prove];
export const standby = { afterFactor: 2 };
/** The straggler's task; task 0 is done before, which takes a second. */
export const TASK = 1;

export const outOfMemory = ({ attempt, root }: SignedAssignment) => ({
  workflow: 1,
  task: TASK,
  attempt,
  root,
  code: "run_failed",
  message: "out of memory",
  inputRefused: false,
});

export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "none";
  } catch (error) {
    return error instanceof FrobenError ? error.code : String(error);
  }
}

/** As `eachWithMarket`, with the market's stragglers. */
export function eachWithStragglers(set: (market: Market, stragglers: Stragglers) => void): void {
  eachWithMarket((market) => set(market, new Stragglers(market)));
}

/** Workflow 1, in which one operator is slow at a task. */
export class Stragglers {
  constructor(private readonly market: Market) {}

  task() {
    return this.market.coordinator.views.tasks(1)[TASK]!;
  }

  attempts() {
    return this.market.coordinator.views
      .attempts(1)
      .filter(({ task }) => task === TASK)
      .map(({ attempt, outcome, standby }) => ({ attempt, outcome, standby }));
  }

  /** @returns what the coordinator says of an operator */
  of(operator: TestOperator) {
    return this.market.coordinator.views
      .operators()
      .find(({ address }) => address === operator.address)!;
  }

  async counted(event: string): Promise<number> {
    const text = await this.market.metrics();
    const count = new RegExp(`froben_standbys_total\\{event="${event}"\\} (\\d+)`).exec(text);
    return Number(count?.[1] ?? 0);
  }

  /** Seconds. */
  async wasted(): Promise<number> {
    const text = await this.market.metrics();
    return Number(/froben_standby_wasted_seconds_total ([\d.]+)/.exec(text)![1]);
  }

  /** One operator has done task 0 in a second, has claimed task 1 and computes it. */
  async running(changes: Parameters<typeof proofs>[1] = { standby }) {
    const { market } = this;
    const slow = await market.operator({ programs });
    await market.submit(1, proofs(2, changes));
    const work = async (one: SignedAssignment) => {
      slow.hold(one);
      await slow.sync();
      market.chain.claim(one);
      await market.settle();
    };
    const [teaching] = await slow.sync();
    await work(teaching!);
    const result = await slow.report(teaching!, 0, { proof: "proof 0" });
    market.chain.pay(1, 0, "committed", [slow.commitment(teaching!, 0, result)]);
    const [first] = await slow.sync();
    await work(first!);
    expect(first!.tasks[0]!.task).to.equal(TASK);
    return { slow, first: first! };
  }

  /** The same, and another operator holds a copy. */
  async copied(changes?: Parameters<typeof proofs>[1]) {
    const { slow, first } = await this.running(changes);
    const fast = await this.market.operator({ programs });
    await this.market.pass(2_500);
    const [copy] = await fast.sync();
    expect(copy, "a copy").to.include({ attempt: 2, standby: true });
    fast.hold(copy!);
    await fast.sync();
    return { slow, first, fast, copy: copy! };
  }

  /** A copy's operator has computed it. */
  async computed(fast: TestOperator): Promise<void> {
    await this.market.pass(500);
    for (const one of fast.running) one.progress = 1;
    await fast.sync();
  }

  /** Reports and commits. */
  async deliver(operator: TestOperator, body: SignedAssignment): Promise<void> {
    const result = await operator.report(body, TASK, { proof: `proof ${TASK}` });
    this.market.chain.pay(1, TASK, "committed", [operator.commitment(body, TASK, result)]);
    await this.market.settle();
  }
}
