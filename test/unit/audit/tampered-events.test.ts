import { expect } from "chai";
import { AuditedMarket, errorCodes } from "./support/audited-market";
import { CLAIM_SECONDS, statement, TASKS, WINDOW_SECONDS } from "./support/sample-workflow";
import { nameOf, transportWith, withArgs, type RawLog } from "./support/tampered-logs";

/** A run in which every kind of event happens. */
async function everyEvent(world: AuditedMarket): Promise<void> {
  const { market } = world;
  const [first, second, watcher] = [0, 1, 2].map((i) => market.operator(i)) as [
    `0x${string}`,
    `0x${string}`,
    `0x${string}`,
  ];
  const run = await world.start({ feeBps: 300, extra: 999n });
  const { id } = run.opened;
  await market.topUp(id, 50n);
  await market.extendDeadline(id, (await world.env.now()) + 200_000);
  await run.happy(first, second);
  await market.workflowCall(market.requester, "refund", id);
  await market.withdrawOwed(first);

  const other = await world.start();
  const late = await other.claim(first, [0]);
  await market.pass(CLAIM_SECONDS + 1);
  await market.expire(late, watcher);
  const held = await other.claim(first, [1, 2]);
  const batch = await market.commit(held, [Uint8Array.of(0), Uint8Array.of(1)]);
  await market.challenge(batch, 1, statement(1), watcher);
  const checks = await other.claim(second, TASKS.check);
  await market.release(checks, [4]);
  await market.concede(checks, [5], [other.resultOf(5)]);
  await market.replaceCoordinator(other.opened.id, world.env.accounts[9]!.address);
  await market.workflowCall(market.requester, "cancel", other.opened.id);
  await market.pass(CLAIM_SECONDS + WINDOW_SECONDS + 1);
  await market.workflowCall(market.coordinator.address, "payFee", id);
  await market.startUnbonding(first, 100n);
  await market.pass(world.env.parameters.unbondingDelay);
  await market.withdrawStake(first);
}

const AMOUNTS = new Set([
  "amount",
  "escrow",
  "pay",
  "bond",
  "penalty",
  "gasRefund",
  "burned",
  "toChallenger",
  "toRequester",
]);

describe("the audit of events that were tampered with", function () {
  this.timeout(300_000);
  let world: AuditedMarket;
  let logs: RawLog[];

  before(async () => {
    world = await AuditedMarket.enter();
    await everyEvent(world);
    const record = transportWith((all) => (logs = all));
    const report = await world.audit({ transport: record });
    expect(errorCodes(report)).to.deep.equal([]);
  });
  after(() => world.env.leave());

  const auditWith = (tamper: (logs: RawLog[]) => RawLog[]) =>
    world.audit({ transport: transportWith(tamper) });

  /** The last log of each kind of event. */
  const kinds = (): Map<string, RawLog> => new Map(logs.map((log) => [nameOf(log), log]));
  const at = (one: RawLog) => (log: RawLog) =>
    log.blockNumber === one.blockNumber && log.logIndex === one.logIndex;

  it("saw every kind of event in the run that it starts from", () => {
    expect([...kinds().keys()]).to.have.members([
      "StakeDeposited",
      "UnbondingStarted",
      "StakeWithdrawn",
      "OwedWithdrawn",
      "WorkflowOpened",
      "EscrowToppedUp",
      "DeadlineExtended",
      "CoordinatorReplaced",
      "WorkflowCancelled",
      "WorkflowCompleted",
      "EscrowRefunded",
      "FeePaid",
      "Claimed",
      "Committed",
      "Settled",
      "FinalAccepted",
      "Released",
      "Conceded",
      "Expired",
      "Struck",
    ]);
  });

  it("finds a dropped event of any kind", async () => {
    const unseen: string[] = [];
    for (const [name, dropped] of kinds()) {
      const report = await auditWith((all) => all.filter((log) => !at(dropped)(log)));
      if (report.ok) unseen.push(name);
    }
    expect(unseen).to.deep.equal([]);
  });

  it("finds a doubled event of any kind", async () => {
    const unseen: string[] = [];
    for (const [name, doubled] of kinds()) {
      const report = await auditWith((all) =>
        all.flatMap((log) => (at(doubled)(log) ? [log, log] : [log])),
      );
      if (report.ok) unseen.push(name);
    }
    // The same coordinator once more changes nothing.
    expect(unseen).to.deep.equal(["CoordinatorReplaced"]);
  });

  it("finds any amount that is one unit off", async () => {
    const unseen: string[] = [];
    for (const [name, changed] of kinds()) {
      const fields: string[] = [];
      withArgs(changed, (args) => fields.push(...Object.keys(args).filter((f) => AMOUNTS.has(f))));
      for (const field of fields) {
        const report = await auditWith((all) =>
          all.map((log) =>
            at(changed)(log)
              ? withArgs(log, (args) => (args[field] = (args[field] as bigint) + 1n))
              : log,
          ),
        );
        if (report.ok) unseen.push(`${name}.${field}`);
      }
    }
    expect(unseen).to.deep.equal([]);
  });

  it("names a claim whose price lies above the ceiling", async () => {
    const claim = kinds().get("Claimed")!;
    const report = await auditWith((all) =>
      all.map((log) =>
        at(claim)(log)
          ? withArgs(log, (args) => {
              const ticket = args.ticket as { head: bigint };
              args.ticket = { ...ticket, head: ticket.head + (1n << 104n) };
            })
          : log,
      ),
    );
    expect(errorCodes(report)).to.include.members([
      "price_above_ceiling",
      "claim_differs_from_assignment",
      "spent_differs",
    ]);
  });

  it("names a task that is claimed twice, and one that is paid twice", async () => {
    const claim = kinds().get("Claimed")!;
    const settled = kinds().get("Settled")!;
    const twice = (one: RawLog) => (all: RawLog[]) =>
      all.flatMap((log) => (at(one)(log) ? [log, log] : [log]));
    expect(errorCodes(await auditWith(twice(claim)))).to.include("claim_not_exclusive");
    expect(errorCodes(await auditWith(twice(settled)))).to.include("settled_without_commitment");
  });

  it("names a payment that came before its result had matured", async () => {
    const settled = kinds().get("Settled")!;
    const report = await auditWith((all) => {
      const early = all.find((log) => nameOf(log) === "Committed")!;
      const { blockNumber, logIndex } = early;
      const moved = { ...settled, blockNumber, logIndex };
      return all.flatMap((log) => (log === early ? [log, moved] : at(settled)(log) ? [] : [log]));
    });
    expect(report.ok).to.equal(false);
  });

  it("warns of a log that is none of the market's events", async () => {
    const report = await auditWith((all) => [
      ...all,
      { ...all[0]!, topics: [`0x${"ab".repeat(32)}`], logIndex: "0xffff" },
    ]);
    expect(report.findings.map(({ code }) => code)).to.include("unknown_event");
    expect(report.ok).to.equal(true);
  });
});
