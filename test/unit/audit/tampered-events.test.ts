import { expect } from "chai";
import { concatHex, numberToHex, size, slice, type Hex } from "viem";
import { LIMITS } from "../../../protocol/limits";
import { AuditedMarket, errorCodes } from "./support/audited-market";
import { everyDispute } from "./support/every-dispute";
import { CLAIM_SECONDS, statement, TASKS, WINDOW_SECONDS } from "./support/sample-workflow";
import { factsOf, nameOf, transportWith, withArgs, type RawLog } from "./support/tampered-logs";

/** A run in which every kind of event happens, but for those of disputes. */
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
  await market.pass(world.env.parameters.lateClaims);
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
  await market.releaseEarly(await other.claim(first, [3]), [3]);
  await market.replaceCoordinator(other.opened, world.env.accounts[9]!.address);
  await market.workflowCall(market.requester, "cancel", other.opened.id);
  await market.pass(CLAIM_SECONDS + WINDOW_SECONDS + LIMITS.feeDelay + 1);
  await market.workflowCall(market.coordinator.address, "payFee", id);
  await market.startUnbonding(first, 100n);
  await market.pass(world.env.parameters.unbondingDelay);
  await market.withdrawStake(first);
}

/** Where the price stands in facts of one claim: counts, slot, workflow, attempt, word and mask come before it. */
const PRICE_AT = 3 + 2 + 6 + 2 + 2 + 24;

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
  "pot",
  "back",
  "spent",
  "fees",
  "compensation",
]);

describe("the audit of events that were tampered with", function () {
  this.timeout(300_000);
  let world: AuditedMarket;
  let logs: RawLog[];

  before(async () => {
    world = await AuditedMarket.enter();
    await everyEvent(world);
    await everyDispute(world);
    const record = transportWith((all) => (logs = all));
    const report = await world.audit({ transport: record });
    expect(errorCodes(report)).to.deep.equal([]);
  });
  after(() => world.env.leave());

  const auditWith = (tamper: (logs: RawLog[]) => RawLog[]) =>
    world.audit({ transport: transportWith(tamper) });

  /** The last log whose facts hold operations of a kind. */
  const lastWith = (kind: "settles" | "claims"): RawLog =>
    logs.findLast((log) => factsOf(log)?.[kind].length)!;

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
      "Advanced",
      "FinalAccepted",
      "Released",
      "Conceded",
      "Expired",
      "Struck",
      "Voided",
      "Demanded",
      "Revealed",
      "CallEnded",
      "DisputePaid",
      "DisputeVoided",
      "SeatsTaken",
      "SeatLeft",
      "Appealed",
      "JuryCalled",
      "DrawPostponed",
      "JuryDrawn",
      "CaseDismissed",
      "Voted",
      "VoteOpened",
      "CaseClosed",
      "SilenceDeclared",
      "SilenceAnswered",
      "SilenceEnded",
      "OpenClaimed",
      "DelegateSet",
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
    // The same once more changes nothing.
    expect(unseen).to.have.members(["CoordinatorReplaced", "Voted", "VoteOpened", "DelegateSet"]);
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
    const claim = logs.find((log) => factsOf(log)?.claims.length)!;
    const report = await auditWith((all) =>
      all.map((log) =>
        at(claim)(log)
          ? withArgs(log, (args) => {
              const facts = args.facts as Hex;
              const price = BigInt(slice(facts, PRICE_AT, PRICE_AT + 7)) + 1n;
              args.facts = concatHex([
                slice(facts, 0, PRICE_AT),
                numberToHex(price, { size: 7 }),
                slice(facts, PRICE_AT + 7),
              ]);
            })
          : log,
      ),
    );
    expect(errorCodes(report)).to.include.members([
      "price_above_ceiling",
      "assignment_signature",
      "spent_differs",
    ]);
  });

  it("names a task that is claimed twice, and one that is paid twice", async () => {
    const claim = lastWith("claims");
    const settled = lastWith("settles");
    const twice = (one: RawLog) => (all: RawLog[]) =>
      all.flatMap((log) => (at(one)(log) ? [log, log] : [log]));
    expect(errorCodes(await auditWith(twice(claim)))).to.include("claim_not_exclusive");
    expect(errorCodes(await auditWith(twice(settled)))).to.include("settled_without_commitment");
  });

  it("names a payment that came before its result had matured", async () => {
    const settled = lastWith("settles");
    const report = await auditWith((all) => {
      const early = all.find((log) => factsOf(log)?.commits.length)!;
      const { blockNumber, logIndex } = early;
      const moved = { ...settled, blockNumber, logIndex };
      return all.flatMap((log) => (log === early ? [log, moved] : at(settled)(log) ? [] : [log]));
    });
    expect(report.ok).to.equal(false);
  });

  /** Changes the last event of a kind. */
  const changed = (name: string, change: (args: Record<string, unknown>) => void) =>
    auditWith((all) => {
      const one = kinds().get(name)!;
      return all.map((log) => (at(one)(log) ? withArgs(log, change) : log));
    });

  it("names jurors that the block's hash did not draw, and a vote that was not the sealed one", async () => {
    const drawn = await changed("JuryDrawn", (args) => {
      const [first, ...others] = args.jurors as Hex[];
      args.jurors = [...others, first];
    });
    expect(errorCodes(drawn)).to.include("jury_drawn");
    const opened = await changed("VoteOpened", (args) => (args.verdict = 2));
    expect(errorCodes(opened)).to.include("vote_differs");
  });

  it("names a revealed result that was not committed, and a void one that was not built on the struck", async () => {
    const revealed = await changed("Revealed", (args) => (args.result = "0x00"));
    expect(errorCodes(revealed)).to.include("revealed_other_result");
    const voided = await changed("Voided", (args) => (args.culprit = 1));
    expect(errorCodes(voided)).to.include.members(["void_without_strike", "void_source"]);
  });

  it("names an operator's call by somebody who did not act for it, and an open claim before its time", async () => {
    const stranger = world.env.accounts[9]!.address;
    const released = await changed("Released", (args) => (args.operator = stranger));
    expect(errorCodes(released)).to.include("caller_unknown");
    const declared = kinds().get("SilenceDeclared")!;
    const unopened = await auditWith((all) => all.filter((log) => !at(declared)(log)));
    expect(errorCodes(unopened)).to.include("open_claim_unopened");
  });

  it("names facts that the transaction did not carry, and bytes that are no facts", async () => {
    const other = await changed("Advanced", (args) => {
      const facts = args.facts as Hex;
      args.facts = concatHex([slice(facts, 0, size(facts) - 1), "0x5a"]);
    });
    expect(errorCodes(other)).to.include("facts_differ");
    for (const tail of ["0x", "0x0000"] as const) {
      const malformed = await changed("Advanced", (args) => {
        const facts = args.facts as Hex;
        args.facts = concatHex([slice(facts, 0, size(facts) - 1), tail]);
      });
      expect(errorCodes(malformed)).to.include.members(["facts_malformed", "facts_differ"]);
    }
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
