import { expect } from "chai";
import { systemClock as clock } from "../../../operator/clock";
import { createHoldings, type Holdings } from "../../../operator/holdings/holdings";
import { openJournal, type Journal } from "../../../operator/journal/journal";
import { createFailureQueue } from "../../../operator/tasks/failure-queue";
import { FrobenError } from "../../../protocol/errors";
import { RULE } from "../../../protocol/terms";
import { assignmentFixture } from "./assignment-fixture";

describe("a failed run", () => {
  let journal: Journal;
  let holdings: Holdings;
  let told: number[];
  let claiming: boolean;
  beforeEach(() => {
    journal = openJournal(":memory:", clock);
    holdings = createHoldings(journal, clock);
    told = [];
    claiming = false;
  });
  afterEach(() => journal.close());
  const error = new FrobenError("run_failed", "no luck");
  const queue = () =>
    createFailureQueue(
      (_, task) => void told.push(task.task),
      () => claiming,
    );

  it("is told once no claim is on its way that would stand without a signature to give it back", async () => {
    const holding = holdings.add(await assignmentFixture());
    const failures = queue();
    failures.add(holding, holding.tasks[0]!, error);
    claiming = true;
    failures.flush(10);
    expect(told, "the claim is on its way").to.deep.equal([]);
    claiming = false;
    failures.flush(11);
    expect(told, "it was never sent").to.deep.equal([101]);
  });

  it("is told a block after its claim, so that the coordinator sees the claim", async () => {
    const holding = holdings.add(await assignmentFixture());
    const failures = queue();
    failures.add(holding, holding.tasks[0]!, error);
    holdings.setClaim(holding, "claimed");
    failures.flush(10);
    failures.flush(10);
    expect(told).to.deep.equal([]);
    failures.flush(11);
    failures.flush(12);
    expect(told).to.deep.equal([101]);
  });

  it("is told at once where the operator can concede by itself, and at the operator's end", async () => {
    const signed = await assignmentFixture();
    const holding = holdings.add(signed);
    const failures = queue();
    failures.add(holding, holding.tasks[0]!, error);
    failures.end();
    expect(told).to.deep.equal([101]);
    signed.terms.rule = RULE.accepted;
    failures.add(holding, holding.tasks[1]!, error);
    expect(told).to.deep.equal([101, 102]);
  });
});
