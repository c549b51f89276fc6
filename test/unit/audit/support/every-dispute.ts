import type { Address } from "viem";
import type { AuditedMarket } from "./audited-market";
import { openLeaves, statement, TASKS, WINDOW_SECONDS } from "./sample-workflow";
import { TestCourt, VERDICT } from "./test-court";

const { valid, inputsWrong } = VERDICT;

/** Demands and juries: paid, struck, void, postponed, dismissed, appealed. */
async function judged(world: AuditedMarket, court: TestCourt, [first, watcher]: Address[]) {
  const run = await world.start();
  const batch = await run.work(first!, TASKS.prove);
  const checks = await run.claim(first!, TASKS.check);
  const appeal = await court.appeal(checks, 4, run.resultOf(4));
  await court.judge(appeal, 4, [inputsWrong, inputsWrong, inputsWrong, 0, 0]);

  const other = await world.start();
  const again = await other.work(first!, TASKS.prove);
  await court.callJury(again, 0, watcher!);
  await world.env.test.mine({ blocks: 260 });
  await court.draw(again, 0);
  await court.judge(again, 0, [valid, valid, valid, valid, valid]);

  const more = await world.start();
  const last = await more.work(first!, TASKS.prove);
  await court.demand(last, 1, watcher!);
  await court.reveal(last, 1, more.resultOf(1));
  await world.market.pass(WINDOW_SECONDS + 1);
  await court.closeDemand(last, 1, watcher!);
  await world.market.settle(batch);

  // One of five seats becomes the accused's.
  const dismissed = await (await world.start()).work(first!, TASKS.prove);
  const [juror] = court.jurors;
  await court.leaveSeat(juror!, await court.seatOf(juror!));
  await court.takeSeats(first!);
  await court.callJury(dismissed, 2, watcher!);
  await court.drawn(dismissed, 2);
}

/** A result that is void, because its input was struck. */
async function voided(world: AuditedMarket, court: TestCourt, [first, second, watcher]: Address[]) {
  const run = await world.start();
  const held = await run.claim(first!, [0]);
  const batch = await world.market.commit(held, [run.deliver(0, 1, Uint8Array.of(0))]);
  const join = await run.work(second!, [8]);
  await world.market.challenge(batch, 0, statement(0), watcher!);
  await court.voidResult(run, join, 8, 0, watcher!);
}

async function silent(world: AuditedMarket, court: TestCourt, [first, second]: Address[]) {
  const leaves = openLeaves(world.spec);
  const { opened } = await world.start({ silenceDelay: 600, openLeaves: leaves });
  await court.silenceCall(first!, "declareSilent", opened.id);
  await court.silenceCall(world.market.coordinator.address, "answerSilence", opened.id);
  await court.silenceCall(first!, "declareSilent", opened.id);
  await world.market.pass(601);
  await court.claimOpen(opened, second!, leaves, { tasks: [0, 1] });
  await court.silenceCall(first!, "endSilence", opened.id);
}

/** A run in which every kind of event of demands, juries, void results, silence and delegates happens. */
export async function everyDispute(world: AuditedMarket): Promise<void> {
  const court = new TestCourt(world.market);
  const operators = [0, 1, 2].map((i) => world.market.operator(i));
  await court.seat();
  await voided(world, court, operators);
  await judged(world, court, [operators[0]!, operators[2]!]);
  await silent(world, court, operators);
  await court.setDelegate(operators[0]!, world.env.accounts[9]!.address);
}
