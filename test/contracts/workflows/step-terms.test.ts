import { ethers } from "hardhat";
import type { Hex } from "viem";
import type { JudgeTerms, StepTerms } from "../../../protocol/terms";
import { openSteps, refusesToOpen, term } from "../support/opening";
import { freshWorld } from "../support/world";

const MOST_AMOUNT = 2n ** 53n - 1n;
const WEEK = 604_800;
const CHECK = ethers.id("check") as Hex;

describe("Market.openWorkflow, step by step", () => {
  it("refuses no steps, more than 64, and more than 100,000 tasks", async () => {
    const w = await freshWorld();
    const [first] = w.steps();
    await refusesToOpen(w, [], "TermOutOfRange", [term("steps"), 0, 1, 64], {}, 1n);
    const many = Array.from({ length: 65 }, (_, i) => ({ ...first!, firstTask: i, maxTasks: 1 }));
    await refusesToOpen(w, many, "TermOutOfRange", [term("steps"), 65, 1, 64]);
    const all = { ...first!, ceiling: 1n, maxTasks: 100_000 };
    const one = { ...first!, firstTask: 100_000, maxTasks: 1 };
    await refusesToOpen(w, [all, one], "TermOutOfRange", [term("tasks"), 100_001, 1, 100_000]);
    await openSteps(w, [all]);
  });

  type Value = number | bigint;
  const ofStep: [keyof StepTerms, Value, Value, Value][] = [
    ["firstTask", 1, 0, 0],
    ["maxTasks", 0, 1, 100_000],
    ["maxTasks", 100_001, 1, 100_000],
    ["ceiling", 0n, 1, MOST_AMOUNT],
    ["ceiling", MOST_AMOUNT + 1n, 1, MOST_AMOUNT],
    ["bond", 0n, 1, MOST_AMOUNT],
    ["bond", MOST_AMOUNT + 1n, 1, MOST_AMOUNT],
    ["claimTime", 0, 1, WEEK],
    ["claimTime", WEEK + 1, 1, WEEK],
    ["window", 0, 1, WEEK],
    ["window", WEEK + 1, 1, WEEK],
  ];
  const ofJudge: [keyof JudgeTerms, Value, Value, Value][] = [
    ["verifierGas", 0, 1, 10_000_000],
    ["verifierGas", 10_000_001, 1, 10_000_000],
    ["maxReveal", 98_305, 0, 98_304],
    ["jurorFee", 1n, 0, 0],
  ];
  const cases = [
    ...ofStep.map((row) => [...row, "step"] as const),
    ...ofJudge.map((row) => [...row, "judge"] as const),
  ];
  for (const [name, value, least, most, where] of cases)
    it(`refuses a step whose ${name} is ${value}, and names step, term and limits`, async () => {
      const w = await freshWorld();
      const change = { [name]: value };
      const steps = where === "step" ? w.steps(change) : w.steps({}, change);
      const args = [0, term(name), value, least, most];
      await refusesToOpen(w, steps, "StepTermOutOfRange", args, {}, 10n ** 6n);
    });

  it("takes every term at its limits", async () => {
    const w = await freshWorld();
    const [first] = w.steps();
    const small = { ceiling: 1n, bond: 1n, claimTime: 1, window: 1, maxTasks: 1 };
    const large = { ceiling: MOST_AMOUNT, bond: MOST_AMOUNT, claimTime: WEEK, window: WEEK };
    const judge = { verifierGas: 10_000_000, maxReveal: 98_304 };
    await openSteps(w, [{ ...first!, ...small, judge: { ...first!.judge, verifierGas: 1 } }]);
    await ethers.provider.send("hardhat_setBalance", [
      w.requester.address,
      ethers.toQuantity(2n ** 100n),
    ]);
    await openSteps(w, [
      { ...first!, ...large, maxTasks: 1, judge: { ...first!.judge, ...judge } },
    ]);
  });

  it("refuses steps that do not follow each other", async () => {
    const w = await freshWorld();
    const args = [1, term("firstTask"), 300, 299, 299];
    await refusesToOpen(w, w.steps({ maxTasks: 299 }), "StepTermOutOfRange", args);
  });

  it("refuses a verifier without code", async () => {
    const w = await freshWorld();
    const steps = w.steps({}, { verifier: w.stranger.address as Hex });
    await refusesToOpen(w, steps, "VerifierWithoutCode", [w.stranger.address]);
  });

  it("refuses verifier code that its account can exchange (an EIP-7702 delegation), and no other of that length", async () => {
    const w = await freshWorld();
    const verifier = w.stranger.address as Hex;
    const setCode = (code: string) =>
      ethers.provider.send("hardhat_setCode", [verifier, code]) as Promise<unknown>;
    const target = w.echo.slice(2);
    await setCode(`0xef0100${target}`);
    await refusesToOpen(w, w.steps({}, { verifier }), "VerifierWithoutCode", [verifier]);
    await setCode(`0x600100${target}`); // 23 bytes, but code
    await openSteps(w, w.steps({}, { verifier }));
  });

  it("refuses a verifier, its gas, or open leaves where the rule has no verifier", async () => {
    const w = await freshWorld();
    const refused = (judge: Partial<JudgeTerms>, name: string, value: unknown) =>
      refusesToOpen(w, w.steps({ rule: 1 }, judge), "StepTermOutOfRange", [
        0,
        term(name),
        value,
        0,
        0,
      ]);
    await refused({}, "verifierGas", 100_000);
    await refused({ verifierGas: 0 }, "verifier", w.echo);
    const none = { verifierGas: 0, verifier: ethers.ZeroAddress as Hex };
    await refused({ ...none, openRoot: CHECK }, "openRoot", BigInt(CHECK));
  });

  it("refuses the jury rule without a check program", async () => {
    const w = await freshWorld();
    await refusesToOpen(w, w.steps({ rule: 2 }), "RuleRefused", [0, 2]);
  });

  it("refuses a final step that no verifier judges", async () => {
    const w = await freshWorld();
    const steps = w.steps();
    const judge = { ...steps[2]!.judge, checkProgram: CHECK };
    for (const rule of [1, 2]) {
      steps[2] = { ...steps[2]!, rule, window: 600, judge };
      await refusesToOpen(w, steps, "RuleRefused", [2, rule]);
    }
  });

  it("refuses a second final step, and a final step of two tasks", async () => {
    const w = await freshWorld();
    const two = w.steps();
    two.push({ ...two[2]!, firstTask: 493 });
    await refusesToOpen(w, two, "StepTermOutOfRange", [3, term("isFinal"), 1, 0, 0]);
    const wide = w.steps();
    wide[2] = { ...wide[2]!, maxTasks: 2 };
    await refusesToOpen(w, wide, "StepTermOutOfRange", [2, term("maxTasks"), 2, 1, 1]);
  });

  it("refuses a window too short for a jury to vote in", async () => {
    const w = await freshWorld();
    const steps = w.steps({ window: 599 }, { checkProgram: CHECK });
    await refusesToOpen(w, steps, "StepTermOutOfRange", [0, term("window"), 599, 600, WEEK]);
  });

  it("refuses juror fees that a challenger who is right could not pay out of its share", async () => {
    const w = await freshWorld();
    const steps = w.steps({ window: 600 }, { checkProgram: CHECK, jurorFee: 41n });
    const args = [0, term("jurorFee"), 41, 0, 40]; // 501 * 0.4 / 5
    await refusesToOpen(w, steps, "StepTermOutOfRange", args);
    const [fair] = w.steps({ window: 600 }, { checkProgram: CHECK, jurorFee: 40n });
    await openSteps(w, [fair!]);
  });
});
