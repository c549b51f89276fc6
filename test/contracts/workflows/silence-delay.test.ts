import { openSteps, refusesToOpen, term } from "../support/opening";
import { freshWorld } from "../support/world";

const YEAR = 365 * 86_400;

describe("Market.openWorkflow: silenceDelay", () => {
  it("is refused below ten minutes and above a year", async () => {
    const w = await freshWorld();
    for (const silenceDelay of [1, 599, YEAR + 1]) {
      const args = [term("silenceDelay"), silenceDelay, 600, YEAR];
      await refusesToOpen(w, w.steps(), "TermOutOfRange", args, { silenceDelay });
    }
  });

  it("is taken at both limits, and as zero: a coordinator that can't be declared silent", async () => {
    const w = await freshWorld();
    for (const silenceDelay of [600, YEAR, 0]) await openSteps(w, w.steps(), { silenceDelay });
    await w.refuses(w.operators[0]!, "declareSilent", [3], "NotSilent", [3, 0]);
  });
});
