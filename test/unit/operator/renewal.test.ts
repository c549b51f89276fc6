import { expect } from "chai";
import type { Hex, LocalAccount } from "viem";
import { takeRenewal } from "../../../operator/assignments/renewal";
import { systemClock as clock } from "../../../operator/clock";
import { createHoldings, type Holdings } from "../../../operator/holdings/holdings";
import { openJournal, type Journal } from "../../../operator/journal/journal";
import { marketDomain, TYPES } from "../../../protocol/eip712";
import { FrobenError } from "../../../protocol/errors";
import type { Renewal, SignedAssignment } from "../../../protocol/http";
import { maskOf } from "../../../protocol/ticket";
import { assignmentFixture, CHAIN_ID, coordinator, MARKET, operator } from "./assignment-fixture";

describe("a ticket that takes the place of a holding's", () => {
  let journal: Journal;
  let holdings: Holdings;
  let signed: SignedAssignment;
  beforeEach(async () => {
    journal = openJournal(":memory:", clock);
    holdings = createHoldings(journal, clock);
    signed = await assignmentFixture();
  });
  afterEach(() => journal.close());

  async function renewalOf(
    tasks: number[],
    {
      claimBy = 2_000,
      by = coordinator as LocalAccount,
      ...changes
    }: Partial<Renewal> & {
      by?: LocalAccount;
    } = {},
  ): Promise<Renewal> {
    const { workflow, step, attempt, word, root } = signed;
    const numbers = { mask: maskOf(tasks), price: BigInt(signed.price) };
    const message = { workflow, step, attempt, word, claimBy, ...numbers, root: root as Hex };
    const signature = await by.signTypedData({
      domain: marketDomain(CHAIN_ID, MARKET),
      types: TYPES,
      primaryType: "Assignment",
      message: { ...message, operator: operator.address },
    });
    const mask = `0x${numbers.mask.toString(16).padStart(48, "0")}`;
    return { workflow, root, mask, claimBy, signature, ...changes };
  }

  const take = (renewal: Renewal) =>
    takeRenewal(
      {
        chain: {
          chainId: CHAIN_ID,
          market: MARKET,
          client: { getCode: () => Promise.resolve("0x") },
        } as never,
        operator: operator.address,
        holdings,
        facts: { workflowOf: () => Promise.resolve([0, coordinator.address, 1]) } as never,
      },
      renewal,
    );
  const codeOf = (taking: Promise<void>) =>
    taking.then(
      () => "none",
      (error: unknown) => (error instanceof FrobenError ? error.code : String(error)),
    );
  const held = () => holdings.find(signed.workflow, signed.root)?.signed;

  it("is taken, changes nothing but the ticket, and is there after a restart", async () => {
    holdings.add(signed);
    const renewal = await renewalOf([101, 103]);
    await take(renewal);
    const { mask, claimBy, signature } = renewal;
    const expected = { ...signed, mask, claimBy, signature, renewed: true };
    expect(held()).to.deep.equal(expected);
    expect(journal.openAssignments()[0]!.signed).to.deep.equal(
      JSON.parse(JSON.stringify(expected)),
    );
  });

  it("is no other than the coordinator's, for these tasks, of this assignment", async () => {
    holdings.add(signed);
    const later = await renewalOf([101]);
    for (const [renewal, code] of [
      [await renewalOf([101], { by: operator }), "assignment_wrong_signature"],
      [{ ...later, claimBy: 2_001 }, "assignment_wrong_signature"],
      [await renewalOf([101, 104]), "assignment_malformed"],
      [await renewalOf([]), "assignment_malformed"],
      [{ ...later, claimBy: 2 ** 40 }, "assignment_malformed"],
      [{ ...later, root: `0x${"99".repeat(32)}` }, "assignment_unknown"],
    ] as const) {
      expect(await codeOf(take(renewal))).to.equal(code);
      expect(held()).to.equal(signed);
    }
  });

  it("is the latest: an earlier one that comes again changes nothing", async () => {
    holdings.add(signed);
    await take(await renewalOf([101], { claimBy: 3_000 }));
    await take(await renewalOf([101, 102], { claimBy: 2_000 }));
    expect(held()).to.include({ claimBy: 3_000 });
  });

  it("opens a holding again that was over, unless nothing of it is alive", async () => {
    const holding = holdings.add(signed);
    holdings.setClaim(holding, "claimed");
    for (const task of holding.tasks) holdings.move(task, "valid", { verdict: "valid" });
    holdings.close(holding);
    await take(await renewalOf([101]));
    const opened = holdings.find(signed.workflow, signed.root)!;
    expect(opened).to.include({ claim: "claimed" });
    expect(opened.tasks.map(({ phase }) => phase)).to.deep.equal(["valid", "valid", "valid"]);
    expect(journal.openAssignments()).to.have.length(1);
    for (const task of opened.tasks) holdings.move(task, "cancelled");
    holdings.close(opened);
    const again = await renewalOf([101], { claimBy: 4_000 });
    expect(await codeOf(take(again))).to.equal("assignment_unknown");
    expect(holdings.all()).to.deep.equal([]);
  });
});
