import { expect } from "chai";
import { canonicalJson, sha256 } from "../../../protocol/digest";
import { FrobenError } from "../../../protocol/errors";
import { ALL_ACCOUNTED } from "../../../offchain/audit/summaries";
import { AuditedMarket, errorCodes } from "./support/audited-market";
import {
  VALIDATION_MANIFEST,
  WINDOW_SECONDS,
  type SampleRun,
  type Served,
} from "./support/sample-workflow";
import { serveCoordinator } from "./support/test-coordinator";

describe("the audit of what a coordinator serves", function () {
  this.timeout(120_000);
  let world: AuditedMarket;
  let run: SampleRun;
  let coordinator: { url: string; stop(): Promise<void> };
  let original: Served;

  before(async () => {
    world = await AuditedMarket.enter();
    run = await world.start();
    await run.happy(world.market.operator(0), world.market.operator(1));
    original = run.served;
    coordinator = await serveCoordinator(world.env, new Map([[run.opened.id, run.served]]));
  });
  after(async () => {
    await coordinator.stop();
    await world.env.leave();
  });
  // Each test tampers with a copy.
  let pristine: Served;
  beforeEach(() => {
    pristine = {
      artifacts: new Map(original.artifacts),
      tasks: structuredClone(original.tasks),
      decisions: structuredClone(original.decisions),
    };
  });
  afterEach(() => Object.assign(run.served, pristine));

  const audit = (programs: string[] = []) =>
    world.audit({ coordinatorUrl: coordinator.url, programs });

  const checkOf = (report: Awaited<ReturnType<typeof audit>>, start: string) =>
    report.checks.find(({ name }) => name.startsWith(start))!;

  it("checks every spec, artifact, commitment, assignment root and proof of an honest run", async () => {
    const report = await audit([VALIDATION_MANIFEST]);
    expect(report.findings).to.deep.equal([]);
    expect(report.verdict).to.equal(ALL_ACCOUNTED);
    expect(report.workflows[0]!.name).to.equal("sample");
    expect(checkOf(report, "Every artifact").checked).to.equal(original.artifacts.size);
    expect(checkOf(report, "Every commitment binds").checked).to.equal(12);
    expect(checkOf(report, "Every assignment's root").checked).to.equal(6);
    expect(checkOf(report, "Every decision record").checked).to.equal(12);
    expect(checkOf(report, "Every verifier accepts").checked).to.equal(5);
    expect(checkOf(report, "Every validation program").checked).to.equal(7);
    expect(report.checks.every(({ skipped }) => skipped === 0)).to.equal(true);
  });

  it("says what it did not check when the validation program is not here", async () => {
    const report = await audit();
    const check = checkOf(report, "Every validation program");
    expect(check.checked).to.equal(0);
    expect(check.skipped).to.equal(7);
    expect(check.notes).to.deep.equal([
      { text: "not checked: the step's validation program is not on this machine", count: 7 },
    ]);
    expect(report.ok).to.equal(true);
  });

  it("finds an artifact with one bit flipped", async () => {
    const digest = sha256(run.resultOf(9));
    const bytes = Uint8Array.from(original.artifacts.get(digest)!);
    bytes[1]! ^= 1;
    run.served.artifacts = new Map(run.served.artifacts).set(digest, bytes);
    const report = await audit();
    expect(errorCodes(report)).to.deep.equal(["artifact_digest_mismatch"]);
    expect(report.findings[0]!.where).to.equal(`artifact ${digest}`);
  });

  it("finds a served result that is not the committed one", async () => {
    const other = Uint8Array.of(1, 77);
    run.served.artifacts = new Map(run.served.artifacts).set(sha256(other), other);
    run.served.tasks = run.served.tasks.map((task) =>
      task.task === 10 ? { ...task, result: sha256(other) } : task,
    );
    const report = await audit();
    expect(errorCodes(report)).to.include("commitment_mismatch");
    // The final task was signed for the true result of task 10.
    expect(errorCodes(report)).to.include("assignment_root_differs");
  });

  it("finds inputs that are said to be of another attempt than was signed", async () => {
    run.served.tasks = run.served.tasks.map((task) =>
      task.task === 3 ? { ...task, attempt: 2 } : task,
    );
    const report = await audit();
    expect(errorCodes(report)).to.deep.equal(["assignment_root_differs"]);
    // The checks of all proofs, and the join that has the fourth one.
    expect(report.findings.filter(({ severity }) => severity === "error")).to.have.length(2);
  });

  it("finds a task that is said to be left out although the spec wants it, and that its result is paid", async () => {
    run.served.tasks = run.served.tasks.map((task) =>
      task.task === 7 ? { ...task, state: "left_out" } : task,
    );
    const report = await audit();
    expect(errorCodes(report)).to.deep.equal(["left_out_differs"]);
    expect(report.findings.map(({ code }) => code)).to.include("left_out_result");
  });

  it("finds a decision record that was changed afterwards", async () => {
    const [first, ...rest] = run.served.decisions;
    run.served.decisions = [{ ...first!, record: { choice: "a friend" } }, ...rest];
    expect(errorCodes(await audit())).to.have.members([
      "decision_digest_mismatch",
      "assignment_root_differs",
    ]);
  });

  it("warns of artifacts that are withheld, and says what could not be checked for it", async () => {
    run.served.artifacts = new Map(run.served.artifacts);
    run.served.artifacts.delete(sha256(run.resultOf(0)));
    const report = await audit();
    expect(report.ok).to.equal(true);
    expect(report.findings.map(({ severity, code }) => [severity, code])).to.deep.equal([
      ["warning", "artifact_missing"],
    ]);
    expect(checkOf(report, "Every verifier accepts").skipped).to.equal(1);
  });

  it("finds a paid result that the verifier does not accept, and one that the program does not", async () => {
    const { market } = world;
    const cheat = await world.start();
    await world.market.deposit(market.operator(3), 1_000_000_000n);
    const zero = Uint8Array.of(0);
    const proves = await cheat.claim(market.operator(3), [0]);
    const first = await market.commit(proves, [cheat.deliver(0, 1, zero)]);
    await cheat.work(market.operator(3), [1]);
    const joins = await cheat.claim(market.operator(3), [8]);
    const second = await market.commit(joins, [cheat.deliver(8, 1, zero)]);
    const served = await serveCoordinator(world.env, new Map([[cheat.opened.id, cheat.served]]));
    try {
      const options = { coordinatorUrl: served.url, programs: [VALIDATION_MANIFEST] };
      const before = await world.audit(options);
      expect(before.ok).to.equal(true);
      expect(before.findings.map(({ code }) => code)).to.include("invalid_result_committed");
      await market.pass(WINDOW_SECONDS + 1);
      for (const batch of [first, second]) await market.settle(batch);
      const report = await world.audit(options);
      expect(errorCodes(report)).to.deep.equal(["invalid_result_paid"]);
      expect(report.findings.filter(({ severity }) => severity === "error")).to.have.length(2);
    } finally {
      await served.stop();
    }
  });

  /** Audits a workflow of its own, whose spec digest names other bytes than the spec that made its steps. */
  async function auditOpenedWith(bytes: Uint8Array) {
    const spec = structuredClone(world.spec);
    spec.steps[0]!.reward++;
    const digest = sha256(bytes);
    const opened = await world.market.open(spec, { specHash: digest });
    const served: Served = { artifacts: new Map([[digest, bytes]]), tasks: [], decisions: [] };
    const other = await serveCoordinator(world.env, new Map([[opened.id, served]]));
    try {
      return await world.audit({ coordinatorUrl: other.url });
    } finally {
      await other.stop();
    }
  }

  it("finds steps on the chain that are not the spec's", async () => {
    const report = await auditOpenedWith(Buffer.from(canonicalJson(world.spec)));
    expect(errorCodes(report)).to.deep.equal(["spec_terms_differ"]);
  });

  it("warns of a spec that nobody can run", async () => {
    const report = await auditOpenedWith(Buffer.from('{"version":1}'));
    expect(report.ok).to.equal(true);
    expect(report.findings.map(({ code }) => code)).to.include("spec_invalid");
  });

  it("refuses a coordinator of another market", async () => {
    const env = { ...world.env, market: world.env.verifier };
    const other = await serveCoordinator(env, new Map());
    try {
      const error = await world.audit({ coordinatorUrl: other.url }).catch((e: unknown) => e);
      expect((error as FrobenError).code).to.equal("audit_coordinator_market");
    } finally {
      await other.stop();
    }
  });
});
