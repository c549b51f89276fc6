import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { encodeBytes32String, ethers, ZeroAddress } from "ethers";
import { minimumEscrow, stepsRoot, type StepTerms } from "../../../protocol/terms";
import { freshWorld, UNIT, type World } from "../support/world";

const term = encodeBytes32String;

describe("Market.openWorkflow", () => {
  const terms = async (w: World, change: Record<string, unknown> = {}) => ({
    specHash: ethers.id("spec"),
    key: ethers.id("key"),
    coordinator: w.coordinator.address,
    feeBps: 250,
    deadline: (await time.latest()) + 1_000,
    ...change,
  });
  const escrow = (steps: StepTerms[]) => ({ value: minimumEscrow(steps, 250) * UNIT });

  it("records the terms, keeps only the root of the steps, and logs everything", async () => {
    const w = await freshWorld();
    const steps = w.steps();
    const given = await terms(w);
    const [event] = await w.send(w.requester, "openWorkflow", [given, steps], escrow(steps));
    expect(event!.name).to.equal("WorkflowOpened");
    expect(event!.args.workflow).to.equal(1n);
    expect(event!.args.requester).to.equal(w.requester.address);
    expect(event!.args.coordinator).to.equal(w.coordinator.address);
    expect(event!.args.terms.toArray()).to.deep.equal([
      given.specHash,
      given.key,
      given.coordinator,
      250n,
      BigInt(given.deadline),
    ]);
    expect(event!.args.steps.length).to.equal(3);
    const stored = await w.market.workflowOf(1);
    expect(stored.requester).to.equal(w.requester.address);
    expect(stored.coordinator).to.equal(w.coordinator.address);
    expect(stored.status).to.equal(1n);
    expect(stored.feeBps).to.equal(250n);
    expect(stored.deadline).to.equal(BigInt(given.deadline));
    expect(stored.escrow).to.equal(minimumEscrow(steps, 250));
    expect(stored.specHash).to.equal(given.specHash);
    expect(stored.stepsRoot).to.equal(stepsRoot(steps));
  });

  it("numbers workflows from one, and opens any number at once", async () => {
    const w = await freshWorld();
    expect((await w.open()).id).to.equal(1);
    expect((await w.open({ requester: w.stranger })).id).to.equal(2);
  });

  it("opens 64 steps", async () => {
    const w = await freshWorld();
    const [first] = w.steps();
    const steps = Array.from({ length: 64 }, (_, i) => ({ ...first!, firstTask: i, maxTasks: 1 }));
    expect((await w.open({ steps })).id).to.equal(1);
    expect((await w.market.workflowOf(1)).stepsRoot).to.equal(stepsRoot(steps));
  });

  it("refuses an escrow below every task at its ceiling plus the fee on it", async () => {
    const w = await freshWorld();
    const steps = w.steps();
    const least = minimumEscrow(steps, 250);
    await w.refuses(
      w.requester,
      "openWorkflow",
      [await terms(w), steps],
      "TermOutOfRange",
      [term("escrow"), least - 1n, least, (1n << 64n) - 1n],
      { value: (least - 1n) * UNIT },
    );
    await w.refuses(
      w.requester,
      "openWorkflow",
      [await terms(w), steps],
      "AmountInvalid",
      [least * UNIT + 1n],
      { value: least * UNIT + 1n },
    );
  });

  it("refuses nobody as coordinator, a fee above a fifth, and deadlines past or too far", async () => {
    const w = await freshWorld();
    const steps = w.steps();
    await w.refuses(
      w.requester,
      "openWorkflow",
      [await terms(w, { coordinator: ZeroAddress }), steps],
      "ZeroAddress",
      [],
      escrow(steps),
    );
    await w.refuses(
      w.requester,
      "openWorkflow",
      [await terms(w, { feeBps: 2_001 }), steps],
      "TermOutOfRange",
      [term("feeBps"), 2_001, 0, 2_000],
      escrow(steps),
    );
    for (const deadline of [(await time.latest()) + 1, (await time.latest()) + 366 * 86_400])
      await w.refuses(
        w.requester,
        "openWorkflow",
        [await terms(w, { deadline }), steps],
        "TermOutOfRange",
        undefined,
        escrow(steps),
      );
  });

  it("refuses no steps, more than 64, and more than 100,000 tasks", async () => {
    const w = await freshWorld();
    const [first] = w.steps();
    const value = { value: 10n ** 18n };
    await w.refuses(
      w.requester,
      "openWorkflow",
      [await terms(w), []],
      "TermOutOfRange",
      [term("steps"), 0, 1, 64],
      value,
    );
    const many = Array.from({ length: 65 }, (_, i) => ({ ...first!, firstTask: i, maxTasks: 1 }));
    await w.refuses(
      w.requester,
      "openWorkflow",
      [await terms(w), many],
      "TermOutOfRange",
      [term("steps"), 65, 1, 64],
      value,
    );
    const large = [
      { ...first!, maxTasks: 100_000 },
      { ...first!, firstTask: 100_000, maxTasks: 1 },
    ];
    await w.refuses(
      w.requester,
      "openWorkflow",
      [await terms(w), large],
      "TermOutOfRange",
      [term("tasks"), 100_001, 1, 100_000],
      value,
    );
  });

  const outOfRange: [keyof StepTerms, number | bigint, number | bigint, number | bigint][] = [
    ["firstTask", 1, 0, 0],
    ["maxTasks", 0, 1, 100_000],
    ["maxTasks", 100_001, 1, 100_000],
    ["ceiling", 0n, 1, 2n ** 53n - 1n],
    ["ceiling", 2n ** 53n, 1, 2n ** 53n - 1n],
    ["bond", 0n, 1, 2n ** 53n - 1n],
    ["bond", 2n ** 53n, 1, 2n ** 53n - 1n],
    ["claimTime", 0, 1, 604_800],
    ["claimTime", 604_801, 1, 604_800],
    ["window", 0, 1, 604_800],
    ["window", 604_801, 1, 604_800],
    ["verifierGas", 0, 1, 10_000_000],
    ["verifierGas", 10_000_001, 1, 10_000_000],
  ];
  for (const [name, value, least, most] of outOfRange)
    it(`refuses a step whose ${name} is ${value}, and names step, term and limits`, async () => {
      const w = await freshWorld();
      const steps = w.steps({ [name]: value });
      await w.refuses(
        w.requester,
        "openWorkflow",
        [await terms(w), steps],
        "StepTermOutOfRange",
        [0, term(name), value, least, most],
        { value: 10n ** 15n },
      );
    });

  it("refuses steps that do not follow each other", async () => {
    const w = await freshWorld();
    const steps = w.steps({ maxTasks: 299 });
    await w.refuses(
      w.requester,
      "openWorkflow",
      [await terms(w), steps],
      "StepTermOutOfRange",
      [1, term("firstTask"), 300, 299, 299],
      escrow(steps),
    );
  });

  it("refuses a verifier without code, and a verifier or its gas where the rule has none", async () => {
    const w = await freshWorld();
    const bare = w.steps({ verifier: w.stranger.address as `0x${string}` });
    await w.refuses(
      w.requester,
      "openWorkflow",
      [await terms(w), bare],
      "VerifierWithoutCode",
      [w.stranger.address],
      escrow(bare),
    );
    const gas = w.steps({ rule: 1 });
    await w.refuses(
      w.requester,
      "openWorkflow",
      [await terms(w), gas],
      "StepTermOutOfRange",
      [0, term("verifierGas"), 100_000, 0, 0],
      escrow(gas),
    );
    const verifier = w.steps({ rule: 1, verifierGas: 0 });
    await w.refuses(
      w.requester,
      "openWorkflow",
      [await terms(w), verifier],
      "StepTermOutOfRange",
      [0, term("verifier"), w.echo, 0, 0],
      escrow(verifier),
    );
  });

  it("refuses the jury rule, for which this deployment has no jurors, and a final step without a verifier", async () => {
    const w = await freshWorld();
    const jury = w.steps({ rule: 2 });
    await w.refuses(
      w.requester,
      "openWorkflow",
      [await terms(w), jury],
      "RuleRefused",
      [0, 2],
      escrow(jury),
    );
    const final = w.steps();
    final[2] = { ...final[2]!, rule: 1 };
    await w.refuses(
      w.requester,
      "openWorkflow",
      [await terms(w), final],
      "RuleRefused",
      [2, 1],
      escrow(final),
    );
  });

  it("refuses a second final step, and a final step of two tasks", async () => {
    const w = await freshWorld();
    const two = w.steps();
    two.push({ ...two[2]!, firstTask: 493 });
    await w.refuses(
      w.requester,
      "openWorkflow",
      [await terms(w), two],
      "StepTermOutOfRange",
      [3, term("isFinal"), 1, 0, 0],
      escrow(two),
    );
    const wide = w.steps();
    wide[2] = { ...wide[2]!, maxTasks: 2 };
    await w.refuses(
      w.requester,
      "openWorkflow",
      [await terms(w), wide],
      "StepTermOutOfRange",
      [2, term("maxTasks"), 2, 1, 1],
      escrow(wide),
    );
  });
});
