import { expect } from "chai";
import type { DecisionRecord } from "../../../offchain/matchmaker/decision";
import {
  replayDecision,
  type PublishedDecision,
  type Signatory,
} from "../../../offchain/simulate/replay/replay";
import { decisionViewSchema } from "../../../protocol/decision-view";
import { digestOf, sha256, type Digest } from "../../../protocol/digest";
import { marketDomain } from "../../../protocol/eip712";
import { parseSpec } from "../../../protocol/validate-spec";
import { eachWithMarket } from "./support/each-with-market";
import { CHAIN_ID, MARKET, type Market } from "./support/market";
import { PROGRAM, proofs, step } from "./support/specs";

const programs = [PROGRAM.prove];

describe("decisions, as they are published", () => {
  let market: Market;
  eachWithMarket((made) => (market = made));
  const signatory = (): Signatory => ({
    coordinator: market.account.address,
    domain: marketDomain(CHAIN_ID, MARKET),
  });

  /** All that was decided of workflow 1, as a client gets it. */
  function served(after?: Digest, limit?: number): PublishedDecision[] {
    const page = market.coordinator.views.decisions(1, after, limit);
    return page.map((view) => {
      const { digest, record, assignment } = decisionViewSchema.parse(
        JSON.parse(JSON.stringify(view)),
      );
      return { digest, record: record as unknown as DecisionRecord, assignment };
    });
  }

  async function decided(count: number): Promise<PublishedDecision[]> {
    for (let n = 0; n < 3; n++) await market.operator({ programs });
    await market.submit(1, proofs(count));
    await market.settle();
    return served();
  }

  it("come out the same from the record, under the digest in what the coordinator signed", async () => {
    const decisions = await decided(3);
    expect(decisions).to.have.length.at.least(2);
    for (const decision of decisions) {
      expect(decision.assignment).to.not.equal(null);
      expect(await replayDecision(decision, signatory())).to.deep.equal([]);
    }
  });

  it("rest on the reputations of operators that this coordinator does not know, which the records say", async () => {
    const [good, bad] = [await market.operator({ programs }), await market.operator({ programs })];
    const at = market.chain.head().timestamp;
    const none = { at, tasks: 30, program: null };
    market.chain.ended.set(good.address, [{ ...none, kind: "completed" }]);
    market.chain.ended.set(bad.address, [{ ...none, kind: "silent" }]);
    await market.loseDatabase(); // and reads the chain anew
    for (const operator of [good, bad]) market.register(operator, { programs });
    await Promise.all([good.sync(), bad.sync()]);
    await market.submit(1, proofs(1));
    const [decision] = served();
    const { choice, candidates } = decision!.record;
    expect(choice).to.equal(good.address);
    const reputations = new Map(candidates.map((one) => [one.operator, one.reputation]));
    expect(reputations.get(good.address)).to.be.above(900_000);
    expect(reputations.get(bad.address)).to.be.below(50_000);
    expect(await replayDecision(decision!, signatory())).to.deep.equal([]);
    expect(market.coordinator.views.operator(bad.address).reputation).to.be.below(50_000);
  });

  it("give tasks of a program to whom the chain knows to be good at that, not to whom it knows to be good at others", async () => {
    const { prove, split } = PROGRAM;
    const both = { programs: [prove, split] };
    const [prover, splitter] = [await market.operator(both), await market.operator(both)];
    const at = market.chain.head().timestamp;
    for (const [operator, good, bad] of [
      [prover, prove, split],
      [splitter, split, prove],
    ] as const)
      market.chain.ended.set(operator.address, [
        { at, tasks: 60, program: good, kind: "completed" },
        { at, tasks: 15, program: bad, kind: "silent" },
      ]);
    await market.loseDatabase(); // and reads the chain anew
    for (const operator of [prover, splitter]) market.register(operator, both);
    await Promise.all([prover.sync(), splitter.sync()]);
    const inputs = { start: { input: "start" } };
    const spec = parseSpec({
      ...{ version: 1, name: "two-programs" },
      inputs: { start: { kind: "file", digest: sha256("start") } },
      steps: [
        step({ id: "split", program: split, inputs }),
        step({ id: "prove", program: prove, inputs }),
      ],
      outputs: { proof: { step: "prove", output: "proof", index: 0 } },
    });
    await market.submit(1, spec);
    const decisions = served();
    expect(new Map(decisions.map(({ record }) => [record.step, record.choice]))).to.deep.equal(
      new Map([
        ["split", splitter.address],
        ["prove", prover.address],
      ]),
    );
    for (const decision of decisions) {
      const { candidates, choice } = decision.record;
      for (const { operator, reputation } of candidates)
        if (operator === choice) expect(reputation).to.be.above(900_000);
        else expect(reputation).to.be.below(200_000);
      expect(await replayDecision(decision, signatory())).to.deep.equal([]);
    }
    const { reputation } = market.coordinator.views.operator(prover.address);
    expect(reputation).to.be.within(450_000, 550_000);
  });

  it("are served a page at a time, each once", async () => {
    const all = await decided(3);
    const paged: PublishedDecision[] = [];
    for (let page = served(undefined, 1); page.length > 0; page = served(page[0]!.digest, 1)) {
      expect(page).to.have.length(1);
      paged.push(...page);
    }
    expect(paged).to.deep.equal(all);
    expect(() => served(sha256("no such decision")))
      .to.throw()
      .with.property("code", "decision_unknown");
  });

  it("are found out when anything in them is another than what was decided and signed", async () => {
    const decision = (await decided(3)).find(({ record }) => record.candidates.length > 1);
    const codes = async (change: (made: PublishedDecision) => void, whose = signatory()) => {
      const made = structuredClone(decision!);
      change(made);
      return (await replayDecision(made, whose)).map(({ code }) => code);
    };
    const other = decision!.record.candidates.find(
      ({ operator }) => operator !== decision!.record.choice,
    )!;
    expect(await codes((d) => (d.record.seed = "another"))).to.include("digest_differs");
    // Somebody who rewrites the record, and the digest with it, has it no longer under the signed root.
    const rewritten = (change: (record: DecisionRecord) => void) =>
      codes((d) => {
        change(d.record);
        d.digest = digestOf(d.record);
      });
    expect(await rewritten((record) => (record.choice = other.operator))).to.deep.equal([
      "choice_differs",
      "operator_differs",
      "root_differs",
    ]);
    expect(await rewritten((record) => (record.decidedAt += 1))).to.deep.equal(["root_differs"]);
    expect(await codes((d) => (d.record.candidates = undefined as never))).to.deep.equal([
      "digest_differs",
      "record_unreadable",
    ]);
    expect(await codes((d) => (d.assignment!.leaves[0]!.task += 1))).to.deep.equal([
      "tasks_differ",
      "root_differs",
    ]);
    expect(await codes((d) => (d.assignment!.price = "1"))).to.deep.equal(["signature_differs"]);
    const stranger = { ...signatory(), coordinator: MARKET };
    expect(await codes(() => {}, stranger)).to.deep.equal(["signature_differs"]);
    expect(await codes((d) => (d.assignment!.signature = "0x12"))).to.deep.equal([
      "signature_differs",
    ]);
  });
});
