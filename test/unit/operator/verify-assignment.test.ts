import { expect } from "chai";
import type { Lot } from "../../../operator/assignments/schedule";
import { verifyAssignment } from "../../../operator/assignments/verify-assignment";
import { sha256, toBytes32 } from "../../../protocol/digest";
import { FrobenError } from "../../../protocol/errors";
import type { SignedAssignment } from "../../../protocol/http";
import { assignmentFixture, facts } from "./assignment-fixture";

const lot = (changes: Partial<Lot> = {}): Lot => ({
  need: { cores: 1, memoryMb: 128, gpus: 0 },
  count: 1,
  expectedMs: 1_000,
  latestEndMs: 80_000,
  ...changes,
});

type Forge = (signed: SignedAssignment) => void;

describe("an operator that is offered an assignment", () => {
  function codeOf(signed: SignedAssignment, changes = {}): string {
    try {
      verifyAssignment(signed, facts(changes));
      return "accepted";
    } catch (error) {
      expect(error).to.be.instanceOf(FrobenError);
      expect((error as FrobenError).field, "the field is named").to.be.a("string");
      return (error as FrobenError).code;
    }
  }

  it("takes one that is what it says", async () => {
    expect(codeOf(await assignmentFixture())).to.equal("accepted");
  });

  // Every field that the coordinator could forge without breaking its own signature over the root.
  const forgeries: Record<string, [Forge, string]> = {
    "another operator": [(a) => (a.operator = `0x${"33".repeat(20)}`), "assignment_not_mine"],
    "another program": [(a) => (a.program = sha256("other")), "assignment_wrong_root"],
    "another parameter": [(a) => (a.params.depth = "21"), "assignment_wrong_root"],
    "another input": [
      (a) => (a.tasks[1]!.inputs.request!.digest = sha256("x")),
      "assignment_wrong_root",
    ],
    "another source of an input": [
      (a) => (a.tasks[1]!.inputs.request!.source!.attempt = 1),
      "assignment_wrong_root",
    ],
    "an input said to be the requester's": [
      (a) => delete a.tasks[1]!.inputs.request!.source,
      "assignment_wrong_root",
    ],
    "an input that is said to be its own result": [
      (a) => (a.tasks[1]!.inputs.request!.source!.task = 103),
      "assignment_malformed",
    ],
    "an input of a task that no workflow has": [
      (a) => (a.tasks[1]!.inputs.request!.source!.task = 2 ** 40),
      "assignment_malformed",
    ],
    "another decision": [
      (a) => (a.tasks[0]!.decisionDigest = toBytes32(sha256("x"))),
      "assignment_wrong_root",
    ],
    "a statement that is not the input": [
      (a) => (a.tasks[0]!.statementDigest = toBytes32(sha256("x"))),
      "assignment_wrong_statement",
    ],
    "no statement where there is one": [
      (a) => (a.statement = undefined),
      "assignment_wrong_statement",
    ],
    "a statement that is no input": [(a) => (a.statement = "nothing"), "assignment_malformed"],
    "another attempt of one task": [(a) => (a.tasks[2]!.attempt = 2), "assignment_malformed"],
    "another attempt of all": [(a) => (a.attempt = 2), "assignment_malformed"],
    "another word": [(a) => (a.word = 1), "assignment_malformed"],
    "another mask": [(a) => (a.mask = "0x01"), "assignment_malformed"],
    "a task less": [(a) => a.tasks.pop(), "assignment_malformed"],
    "a task twice": [(a) => (a.tasks[1] = a.tasks[0]!), "assignment_malformed"],
    "tasks out of order": [(a) => a.tasks.reverse(), "assignment_malformed"],
    "another step": [(a) => (a.step = 0), "assignment_wrong_terms"],
    "a lower bond": [(a) => (a.terms.bond = "1"), "assignment_wrong_terms"],
    "a higher ceiling": [(a) => (a.terms.ceiling = "2000"), "assignment_wrong_terms"],
    "another verifier": [
      (a) => (a.terms.judge.verifier = `0x${"dd".repeat(20)}`),
      "assignment_wrong_terms",
    ],
    "less gas for the verifier": [(a) => (a.terms.judge.verifierGas = 1), "assignment_wrong_terms"],
    "a jury that the requester did not want": [
      (a) => (a.terms.judge.checkProgram = `0x${"ee".repeat(32)}`),
      "assignment_wrong_terms",
    ],
    "a window that runs over into the claim time": [
      (a) => Object.assign(a.terms, { claimTime: 0, window: 2 ** 24 * 100 + 10 }),
      "assignment_malformed",
    ],
    "a negative term": [(a) => (a.terms.window = -1), "assignment_malformed"],
    "an attempt that no word holds": [(a) => (a.attempt = 65_536), "assignment_malformed"],
    "a time that no word holds": [(a) => (a.claimBy = 2 ** 40), "assignment_malformed"],
    "a longer claim time": [(a) => (a.terms.claimTime = 1000), "assignment_wrong_terms"],
    "tasks of another step": [(a) => (a.terms.firstTask = 102), "assignment_malformed"],
    "several tasks of a final step": [(a) => (a.terms.isFinal = true), "assignment_malformed"],
    "a path that leads elsewhere": [
      (a) => (a.termsPath = [`0x${"00".repeat(32)}`]),
      "assignment_wrong_terms",
    ],
  };
  for (const [what, [forge, code]] of Object.entries(forgeries))
    it(`refuses ${what}`, async () => {
      const signed = await assignmentFixture();
      forge(signed);
      expect(codeOf(signed)).to.equal(code);
    });

  const circumstances: Record<string, [object, string]> = {
    "that the workflow's coordinator did not sign": [
      { signatureValid: false },
      "assignment_wrong_signature",
    ],
    "of a workflow that ended": [
      { workflow: { ...facts().workflow, status: 2 } },
      "assignment_workflow_closed",
    ],
    "whose time to claim is over": [{ now: 1030 }, "assignment_expired"],
    "of a workflow past its deadline": [{ now: 5000 }, "assignment_expired"],
    "of another coordinator's workflow": [
      { workflow: { ...facts().workflow, coordinator: `0x${"44".repeat(20)}` } },
      "assignment_wrong_terms",
    ],
    "that builds on a result that was struck": [
      { struckSources: [{ task: 7, attempt: 2 }] },
      "assignment_input_struck",
    ],
    "of a program that it does not allow": [
      { programs: new Set() },
      "assignment_program_not_allowed",
    ],
    "judged by a verifier that it does not trust": [
      { verifierAllowed: false },
      "assignment_verifier_not_allowed",
    ],
    "below its price": [{ pricing: { priceBps: 9010 } }, "assignment_price_too_low"],
    "that pays less than three quarters of what its own mean time costs": [
      { pricing: { ask: { task: 3_600_000, core: 0, memoryGb: 0, gpu: 0 } }, meanMs: 5_000_000 },
      "assignment_price_too_low",
    ],
    "whose results it could not reveal in time": [{ revealSeconds: 11 }, "assignment_window_short"],
    "whose bonds it can't cover": [{ freeStake: 149n }, "assignment_stake_too_low"],
    "that needs more memory than it offers": [
      { offer: { ...facts().offer, memoryMb: 511 } },
      "assignment_too_large",
    ],
    "that it can't finish in time": [{ meanMs: 30_000 }, "assignment_too_late"],
    "behind a long queue of a program it never ran": [
      { work: { running: [], waiting: [lot({ count: 6, expectedMs: 10_000 })] } },
      "assignment_too_late",
    ],
    "behind a run that takes all of the claim time": [
      {
        meanMs: 1_000,
        offer: { ...facts().offer, cores: 1 },
        concurrency: 8,
        work: { running: [{ need: lot().need, remainingMs: 78_000 }], waiting: [] },
      },
      "assignment_too_late",
    ],
    "that would pass a task which waits for more room, and make that late": [
      {
        meanMs: 10_000,
        concurrency: 8,
        work: {
          running: [{ need: lot().need, remainingMs: 5_000 }],
          waiting: [lot({ need: { ...lot().need, cores: 2 }, latestEndMs: 6_500 })],
        },
      },
      "assignment_too_late",
    ],
    "while more wait than a heartbeat can name": [
      { meanMs: 1, work: { running: [], waiting: [lot({ count: 1_022, expectedMs: 1 })] } },
      "assignment_queue_full",
    ],
  };
  for (const [what, [changes, code]] of Object.entries(circumstances))
    it(`refuses one ${what}`, async () => {
      expect(codeOf(await assignmentFixture(), changes)).to.equal(code);
    });

  it("takes one although a task that was accepted before will be late anyway", async () => {
    const overdue = lot({ need: { ...lot().need, cores: 2 }, latestEndMs: 500 });
    const work = { running: [{ need: lot().need, remainingMs: 5_000 }], waiting: [overdue] };
    expect(codeOf(await assignmentFixture(), { meanMs: 1_000, concurrency: 8, work })).to.equal(
      "accepted",
    );
  });

  it("says when the work would be done, and by when it must be", async () => {
    const signed = await assignmentFixture();
    expect(() => verifyAssignment(signed, facts({ meanMs: 30_000 })))
      .to.throw(FrobenError)
      .that.includes({ field: "tasks", limit: 80, value: 90 })
      .and.has.property("hint")
      .that.contains("claim time");
  });

  it("takes one that builds on an attempt after the one that was struck", async () => {
    const struckSources = [{ task: 7, attempt: 1 }];
    expect(codeOf(await assignmentFixture(), { struckSources })).to.equal("accepted");
  });

  it("takes more at once when it can work on more at once", async () => {
    const signed = await assignmentFixture();
    expect(codeOf(signed, { meanMs: 30_000, concurrency: 3 })).to.equal("accepted");
  });
});
