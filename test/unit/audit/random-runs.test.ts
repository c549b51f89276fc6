import { expect } from "chai";
import fc from "fast-check";
import { LIMITS } from "../../../protocol/limits";
import { unpackTicket, tasksOf } from "../../../protocol/ticket";
import { AuditedMarket, errorCodes } from "./support/audited-market";
import { bothReputations } from "./support/coordinator-books";
import { COURT_CALLS, RandomCourt } from "./support/random-court";
import {
  CLAIM_SECONDS,
  openLeaves,
  statement,
  WINDOW_SECONDS,
  type SampleRun,
} from "./support/sample-workflow";
import type { Held } from "./support/test-market";

const RUNS = Number(process.env.FROBEN_AUDIT_RUNS ?? 12);
const LONGEST = 40;
const WRONG = Uint8Array.of(0);

/** One call with its choices as numbers; a call that the contract refuses is part of the test. */
const stepArbitrary = fc.record({
  call: fc.constantFrom(
    "work",
    "work",
    "claim",
    "takeOver",
    "commit",
    "commitPart",
    "settle",
    "challenge",
    "release",
    "concede",
    "expire",
    "pass",
    "cancel",
    "refund",
    "payFee",
    "topUp",
    "deposit",
    "unbond",
    "withdrawStake",
    "withdrawOwed",
    "open",
    ...COURT_CALLS,
  ),
  a: fc.nat(1_000),
  b: fc.nat(1_000),
});
type Step = typeof stepArbitrary extends fc.Arbitrary<infer T> ? T : never;

/** Plays random calls on one market; whatever the contract lets through must be found in order. */
class RandomPlay {
  readonly #runs: SampleRun[] = [];
  readonly #live: Held[] = [];
  readonly #committed: Held[] = [];
  readonly #court: RandomCourt;
  accepted = 0;

  constructor(readonly world: AuditedMarket) {
    this.#court = new RandomCourt(world, this.#runs);
  }

  /** Seats the jurors, and commits a few results, of which one is wrong. */
  async begin(): Promise<void> {
    await this.#court.open();
    await this.open();
    const { market } = this.world;
    const [run] = this.#runs;
    for (const [i, tasks] of [[0, 1, 2], [8], [4, 5]].entries()) {
      const held = await run!.claim(market.operator(i), tasks);
      const results = tasks.map((task) => (task === 0 ? WRONG : run!.resultOf(task)));
      this.#committed.push(await market.commit(held, results));
    }
    this.#live.push(await run!.claim(market.operator(1), [6, 7]));
  }

  async open(): Promise<void> {
    const silence = { silenceDelay: 600, openLeaves: openLeaves(this.world.spec) };
    const terms = { feeBps: 250, extra: 7n, seconds: 5_000, ...silence };
    this.#runs.push(await this.world.start(terms));
  }

  async play({ call, a, b }: Step): Promise<void> {
    const { market } = this.world;
    const operator = market.operator(a % 3);
    const run = this.#runs[b % this.#runs.length]!;
    const { id } = run.opened;
    const live = this.#live[a % (this.#live.length || 1)];
    const committed = this.#committed[a % (this.#committed.length || 1)];
    const remaining = live ? tasksOf(0, unpackTicket(live.ticket).mask) : [];
    const result = (task: number) => (b % 3 === 0 ? WRONG : run.resultOf(task));
    switch (call) {
      case "open":
        return this.open();
      case "work": {
        const first = [0, 4, 8][b % 3]!;
        const tasks = [first + (a % 3), first + (a % 3) + 1].slice(0, first === 8 ? 1 : 2);
        const held = await run.claim(operator, tasks, { attempt: 1 + (a % 4) });
        this.#committed.push(await market.commit(held, tasks.map(result)));
        return;
      }
      case "claim":
      case "takeOver": {
        const first = [0, 4, 8][b % 3]!;
        const tasks = [0, 1, 2].slice(a % 3).map((i) => first + i);
        const attempt = 1 + (a % 4);
        const takeOvers = call === "takeOver" && live ? [live] : [];
        this.#live.push(await run.claim(operator, tasks, { attempt, takeOvers }));
        return;
      }
      case "commit":
        if (live) this.#committed.push(await market.commit(live, remaining.map(result)));
        return;
      case "commitPart":
        if (live && remaining.length > 1)
          this.#committed.push(await market.commit(live, [result(remaining[0]!)], [remaining[0]!]));
        return;
      case "settle":
        if (committed) await market.settle(committed);
        return;
      case "challenge": {
        if (!committed) return;
        const tasks = tasksOf(0, unpackTicket(committed.ticket).mask);
        const task = tasks[b % tasks.length]!;
        await market.challenge(committed, task, statement(task), market.operator(2));
        return;
      }
      case "release":
        if (live) await market.release(live, remaining.slice(0, 1 + (b % 2)));
        return;
      case "concede":
        if (live) await market.concede(live, remaining.slice(0, 1), [result(remaining[0]!)]);
        return;
      case "expire":
        if (live) await market.expire(live, operator);
        return;
      case "pass":
        return market.pass([10, WINDOW_SECONDS, CLAIM_SECONDS, LIMITS.feeDelay][a % 4]! + 1);
      case "cancel":
      case "refund":
        await market.workflowCall(market.requester, call, id);
        return;
      case "payFee":
        await market.workflowCall(market.coordinator.address, call, id);
        return;
      case "topUp":
        await market.topUp(id, BigInt(b + 1));
        return;
      case "deposit":
        await market.deposit(operator, BigInt(b + 1));
        return;
      case "unbond":
        await market.startUnbonding(operator, BigInt(b + 1) * 100_000n);
        return;
      case "withdrawStake":
        await market.pass(b % 2 ? 10 : this.world.env.parameters.unbondingDelay);
        await market.withdrawStake(operator);
        return;
      case "withdrawOwed":
        await market.withdrawOwed(b % 2 ? operator : market.requester);
        return;
      default: {
        const claim = await this.#court.play(call, { run, live, committed, a, b });
        if (claim) this.#live.push(claim);
      }
    }
  }

  /** @returns once the call was made, or refused by the contract */
  async try(step: Step): Promise<void> {
    try {
      await this.play(step);
      this.accepted++;
    } catch (error) {
      if (!/revert/i.test((error as Error).message)) throw error;
    }
  }
}

describe("the audit of random runs", function () {
  this.timeout(600_000);

  it("accounts for every wei and gives a coordinator's reputations, whatever is called in whatever order", async () => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(stepArbitrary, { minLength: 5, maxLength: LONGEST, size: "max" }),
        async (steps) => {
          const world = await AuditedMarket.enter();
          try {
            const play = new RandomPlay(world);
            await play.begin();
            for (const step of steps) await play.try(step);
            accepted += play.accepted;
            const report = await world.audit();
            expect(errorCodes(report)).to.deep.equal([]);
            expect(report.money.difference).to.equal("0");
            const both = await bothReputations(world, report.operators);
            expect(both.coordinator).to.deep.equal(both.audit);
          } finally {
            await world.env.leave();
          }
        },
      ),
      { numRuns: RUNS },
    );
    expect(accepted).to.be.greaterThan(RUNS * 3);
  });
});
