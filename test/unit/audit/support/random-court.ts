import { tasksOf, unpackTicket } from "../../../../protocol/ticket";
import type { AuditedMarket } from "./audited-market";
import { openLeaves, statement, TASKS, type SampleRun } from "./sample-workflow";
import { TestCourt } from "./test-court";
import type { Held } from "./test-market";

export const COURT_CALLS = [
  "releaseEarly",
  "demand",
  "reveal",
  "closeDemand",
  "callJury",
  "callJuryDisputed",
  "appeal",
  "draw",
  "judge",
  "closeCase",
  "challengeDisputed",
  "strikeReceipt",
  "strikeReceipts",
  "voidResult",
  "voidDisputed",
  "silence",
  "claimOpen",
  "seats",
  "delegate",
] as const;
export type CourtCall = (typeof COURT_CALLS)[number];

/** What a call is made of: a run, and a claim and a batch of any run, if there are some. */
interface Choice {
  run: SampleRun;
  live: Held | undefined;
  committed: Held | undefined;
  a: number;
  b: number;
}

/** Tasks of the sample workflow whose results a task is built on. */
function sourcesOf(task: number): number[] {
  if (task < 4) return [];
  if (task < 8) return [task - 4];
  return { 8: [0, 1], 9: [2, 3], 10: [8, 9] }[task] ?? [10];
}

const tasksIn = ({ ticket }: Held): number[] => tasksOf(0, unpackTicket(ticket).mask);

/** Makes random calls of demands, juries, receipts, void results, silence and delegates. */
export class RandomCourt {
  readonly #court: TestCourt;
  readonly #disputes: { held: Held; task: number; result: Uint8Array }[] = [];

  /** @param runs all workflows; the play adds to them */
  constructor(
    readonly world: AuditedMarket,
    readonly runs: readonly SampleRun[],
  ) {
    this.#court = new TestCourt(world.market);
  }

  /** Gives the jurors their seats. */
  open(): Promise<void> {
    return this.#court.seat();
  }

  /** @returns a claim that was made without a coordinator */
  async play(call: CourtCall, choice: Choice): Promise<Held | undefined> {
    const { run, live, a, b } = choice;
    const { market, env } = this.world;
    const court = this.#court;
    const by = market.operator(b % 3);
    switch (call) {
      case "releaseEarly":
        if (live) await market.releaseEarly(live, tasksIn(live).slice(0, 1 + (b % 2)));
        return;
      case "appeal": {
        const task = live && tasksIn(live)[0];
        if (task === undefined) return;
        const result = run.resultOf(task);
        this.#disputes.push({ held: await court.appeal(live!, task, result), task, result });
        return;
      }
      case "strikeReceipts": {
        const task = live && tasksIn(live)[0];
        if (task === undefined) return;
        const results = [run.resultOf(task), Uint8Array.of(9)] as [Uint8Array, Uint8Array];
        return void (await court.strikeReceipts(live!, task, results, by));
      }
      case "silence": {
        const name = (["declareSilent", "answerSilence", "endSilence"] as const)[a % 3]!;
        const from = name === "answerSilence" ? market.coordinator.address : by;
        return void (await court.silenceCall(from, name, run.opened.id));
      }
      case "claimOpen":
        if (a % 2 === 0) {
          await court.silenceCall(by, "declareSilent", run.opened.id);
          await market.pass(601);
        }
        return court.claimOpen(run.opened, by, openLeaves(this.world.spec), {
          tasks: TASKS.prove.slice(a % 3, 1 + (a % 3) + (b % 2)),
          attempt: 1 + (b % 3),
          slot: 1_000 + (a % 50),
        });
      case "seats": {
        const juror = a % 2 ? by : court.jurors[b % 5]!;
        if (a % 3) await court.takeSeats(juror, 1 + (b % 2));
        else await court.leaveSeat(juror, b % 5);
        return;
      }
      case "delegate":
        return void (await court.setDelegate(by, env.accounts[8 + (a % 2)]!.address));
      default:
        return void (await this.#dispute(call, choice));
    }
  }

  /** Calls about one committed result, or one in dispute. */
  async #dispute(call: CourtCall, { committed, a, b }: Choice): Promise<void> {
    const court = this.#court;
    const by = this.world.market.operator(b % 3);
    const tasks = committed ? tasksIn(committed) : [];
    const position = b % (tasks.length || 1);
    const task = tasks[position];
    const dispute = this.#disputes[a % (this.#disputes.length || 1)];
    if (committed && task !== undefined)
      switch (call) {
        case "demand":
        case "callJury":
          await court[call](committed, task, by);
          this.#disputes.push({ held: committed, task, result: committed.results[position]! });
          return;
        case "strikeReceipt":
          return void (await court.strikeReceipt(committed, task, Uint8Array.of(9), by));
        case "voidResult": {
          const culprit = sourcesOf(task)[a % 2] ?? sourcesOf(task)[0];
          if (culprit === undefined) return;
          return void (await court.voidResult(
            this.#runOf(committed),
            committed,
            task,
            culprit,
            by,
          ));
        }
      }
    if (dispute) await this.#resolve(call, dispute, a, by);
  }

  /** Calls about a result in dispute. */
  async #resolve(
    call: CourtCall,
    { held, task, result }: { held: Held; task: number; result: Uint8Array },
    a: number,
    by: `0x${string}`,
  ): Promise<void> {
    const court = this.#court;
    switch (call) {
      case "reveal":
        return void (await court.reveal(held, task, result, by));
      case "closeDemand":
        return void (await court.closeDemand(held, task, by));
      case "callJuryDisputed":
        return void (await court.callJuryDisputed(held, task, by));
      case "draw":
        return void (await court.drawn(held, task));
      case "closeCase":
        return void (await court.closeCase(held, task));
      case "challengeDisputed":
        return void (await court.challengeDisputed(held, task, statement(task), result, by));
      case "voidDisputed": {
        const culprit = sourcesOf(task)[a % 2] ?? sourcesOf(task)[0];
        if (culprit === undefined) return;
        return void (await court.voidDisputed(this.#runOf(held), held, task, culprit, by));
      }
      case "judge": {
        const verdicts = [0, 1, 2, 3, 4].map((i) =>
          i <= a % 5 ? 1 + ((a >> 3) % 4) : (a >> i) % 5,
        );
        const jurors = await court.drawn(held, task);
        if (jurors) await court.sit(held, task, jurors, verdicts);
      }
    }
  }

  #runOf({ opened }: Held): SampleRun {
    return this.runs.find((run) => run.opened.id === opened.id)!;
  }
}
