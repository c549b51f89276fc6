import { expect } from "chai";
import pino from "pino";
import { systemClock as clock } from "../../../operator/clock";
import { applyVerdict, createSyncLoop } from "../../../operator/coordinator-client/sync-loop";
import { createHoldings, type Holdings } from "../../../operator/holdings/holdings";
import { openJournal, type Journal } from "../../../operator/journal/journal";
import { sha256 } from "../../../protocol/digest";
import { FrobenError } from "../../../protocol/errors";
import type { SignedAssignment, SyncRequest, SyncResponse } from "../../../protocol/http";
import { RULE } from "../../../protocol/terms";
import { assignmentFixture } from "./assignment-fixture";

const nothing: SyncResponse = { assignments: [], verdicts: [] };

describe("the operator's sync with its coordinator", () => {
  let journal: Journal;
  let holdings: Holdings;
  let signed: SignedAssignment;
  beforeEach(async () => {
    journal = openJournal(":memory:", clock);
    holdings = createHoldings(journal, clock);
    signed = await assignmentFixture();
  });
  afterEach(() => journal.close());

  /** Answers one sync after the other; ends the loop when there is none left. */
  async function exchange(
    answers: (SyncResponse | Error)[],
    parts: { draining?: boolean; refuseWith?: FrobenError; renew?: () => Promise<void> } = {},
  ) {
    const stop = new AbortController();
    const requests: SyncRequest[] = [];
    const refused: string[] = [];
    let registrations = 0;
    const loop = createSyncLoop({
      clock: { ...clock, sleep: () => Promise.resolve() },
      log: pino({ level: "silent" }),
      holdings,
      coordinator: {
        register: () => Promise.resolve(),
        sync(body) {
          requests.push(body);
          const answer = answers.shift();
          if (answers.length === 0) stop.abort();
          return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer!);
        },
      },
      isDraining: () => parts.draining ?? false,
      register: () => Promise.resolve(void registrations++),
      takeIn: async (one) => {
        if (parts.refuseWith) throw parts.refuseWith;
        holdings.add(one);
        return Promise.resolve();
      },
      refuse: (_, error) => void refused.push(error.code),
      renew: parts.renew ?? (() => Promise.resolve()),
      canary: () => undefined,
      takeCanary: () => {},
      onDead: () => {},
      onNews: () => {},
    });
    await loop.run(stop.signal);
    return { requests, refused, registrations };
  }
  const verdict = (word: "valid" | "invalid" | "cancelled", release?: string) => ({
    workflow: 7,
    task: 101,
    attempt: 1,
    verdict: word,
    ...(release ? { release } : {}),
  });

  it("names what it holds, what it knows and which verdicts it has seen", async () => {
    const { requests } = await exchange([
      { assignments: [signed], verdicts: [] },
      { assignments: [], verdicts: [verdict("cancelled")] },
      nothing,
      nothing,
    ]);
    expect(requests[0]).to.deep.include({ running: [], known: [], seenVerdicts: [] });
    expect(requests[1]!.known).to.deep.equal([signed.root]);
    expect(requests[1]!.running.map((one) => one.task)).to.deep.equal([101, 102, 103]);
    expect(requests[2]!.seenVerdicts).to.deep.equal([{ workflow: 7, task: 101, attempt: 1 }]);
    expect(requests[2]!.running, "it has just said that").to.deep.equal([]);
    expect(requests[3]!.seenVerdicts).to.deep.equal([]);
  });

  it("reports progress at least every two seconds, and within a third of the silence allowed", async () => {
    signed.limits.silenceSeconds = 3;
    const { requests } = await exchange([{ assignments: [signed], verdicts: [] }, nothing]);
    expect(requests[1]!.waitMs).to.equal(1000);
  });

  it("refuses an assignment once, and says so to the coordinator", async () => {
    const refuseWith = new FrobenError("assignment_wrong_root", "no", { field: "root" });
    const again = { assignments: [signed], verdicts: [] };
    const { requests, refused } = await exchange([again, again, nothing], { refuseWith });
    expect(refused).to.deep.equal(["assignment_wrong_root"]);
    expect(requests[1]!.known).to.deep.equal([signed.root]);
  });

  it("does not refuse an assignment that it could not check: it is asked again", async () => {
    const refuseWith = new FrobenError("chain_unreachable", "no", { retryable: true });
    const again = { assignments: [signed], verdicts: [] };
    const { requests, refused } = await exchange([again, nothing], { refuseWith });
    expect(refused).to.deep.equal([]);
    expect(requests[1]!.known).to.deep.equal([]);
  });

  describe("a renewal", () => {
    const renewal = { workflow: 7, mask: `0x${"0".repeat(47)}1`, claimBy: 2_000, signature: "0x" };
    const renewing = () => ({ ...nothing, renewals: [{ ...renewal, root: signed.root }] });

    it("is named from then on, taken or refused, also while it drains", async () => {
      const refusal = new FrobenError("assignment_wrong_signature", "no");
      for (const renew of [() => Promise.resolve(), () => Promise.reject(refusal)]) {
        const { requests } = await exchange([renewing(), nothing, nothing], {
          ...{ renew, draining: true },
        });
        expect(requests[0]).not.to.have.property("renewed");
        for (const { renewed } of requests.slice(1))
          expect(renewed).to.deep.equal([{ root: signed.root, claimBy: 2_000 }]);
      }
    });

    it("that could not be checked is not named: it comes again", async () => {
      const renew = () => Promise.reject(new FrobenError("chain_unreachable", "no"));
      const { requests } = await exchange([renewing(), nothing], { renew });
      expect(requests[1]).not.to.have.property("renewed");
    });

    it("of an earlier life is named", async () => {
      const holding = holdings.add(signed);
      holdings.renew(holding, { ...signed, claimBy: 3_000, renewed: true });
      const { requests } = await exchange([nothing]);
      expect(requests[0]!.renewed).to.deep.equal([{ root: signed.root, claimBy: 3_000 }]);
    });
  });

  it("takes no work while it drains", async () => {
    const answers = [{ assignments: [signed], verdicts: [] }, nothing];
    const { requests } = await exchange(answers, { draining: true });
    expect(requests[0]!.draining).to.equal(true);
    expect(holdings.all()).to.deep.equal([]);
  });

  it("keeps verdicts that it could not acknowledge, and registers with a coordinator that forgot it", async () => {
    const gone = new FrobenError("operator_unknown", "who?", { status: 409 });
    holdings.add(signed);
    const { requests, registrations } = await exchange([
      { assignments: [], verdicts: [verdict("valid")] },
      gone,
      nothing,
      nothing,
    ]);
    expect(registrations).to.equal(1);
    expect(requests[2]!.seenVerdicts).to.have.length(1);
    expect(requests[3]!.seenVerdicts).to.have.length(0);
  });

  describe("a verdict", () => {
    const task = () => holdings.task(7, 101, 1)!;
    beforeEach(() => {
      holdings.add(signed);
      holdings.move(task(), "reported", { result: sha256("result") });
    });

    it("of another attempt changes nothing", () => {
      expect(applyVerdict(holdings, { ...verdict("invalid"), attempt: 2 })).to.equal(undefined);
      expect(task().phase).to.equal("reported");
    });
    it("valid makes the result committable", () => {
      applyVerdict(holdings, verdict("valid"));
      expect(task().phase).to.equal("valid");
    });
    it("invalid ends a result that needs the coordinator's acceptance", () => {
      holdings.find(7, signed.root)!.signed.terms.rule = RULE.accepted;
      expect(applyVerdict(holdings, verdict("invalid"))).to.equal(task());
      expect(task().phase).to.equal("invalid");
    });
    it("invalid changes nothing where a verifier decides", () => {
      expect(applyVerdict(holdings, verdict("invalid"))).to.equal(undefined);
      expect(task()).to.include({ phase: "reported", verdict: "invalid" });
    });
    it("cancelled ends the attempt and keeps the coordinator's release, also for one that failed", () => {
      applyVerdict(holdings, verdict("cancelled", "0x12"));
      expect(task()).to.include({ phase: "cancelled", release: "0x12" });
      const other = holdings.task(7, 102, 1)!;
      holdings.move(other, "failed", { reason: "no luck" });
      applyVerdict(holdings, { ...verdict("cancelled", "0x34"), task: 102 });
      expect(other).to.include({ phase: "failed", release: "0x34" });
    });
  });
});
