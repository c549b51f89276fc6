import { expect } from "chai";
import type { Address } from "viem";
import { claimable } from "../../../operator/chain/claimable";
import type { MarketChain } from "../../../operator/chain/clients";
import type { MarketFacts } from "../../../operator/chain/market-facts";
import { WORKFLOW_STATUS } from "../../../protocol/abi";
import type { SignedAssignment } from "../../../protocol/http";

const SOMEBODY: Address = `0x${"11".repeat(20)}`;
const LATE_CLAIMS = 900;
const [DEADLINE, ENDED] = [20_000, 10_000];
/** Nothing but a workflow's state decides here: its task was never claimed. */
const chain = { market: SOMEBODY, lateClaims: LATE_CLAIMS } as unknown as MarketChain;
const signed = { workflow: 1, word: 0, claimBy: 30_000, tasks: [] } as unknown as SignedAssignment;

const at = (status: number, now: number, endedAt = 0) => {
  const workflow = [SOMEBODY, SOMEBODY, status, 0, DEADLINE, 0n, 0n, 0n, endedAt] as const;
  const facts = {
    workflowOf: () => Promise.resolve(workflow),
    claimedOf: () => Promise.resolve(0n),
  } satisfies Pick<MarketFacts, "workflowOf" | "claimedOf">;
  return claimable(chain, facts, signed, 1n, now, SOMEBODY);
};

describe("whether an operator can claim", () => {
  const no = { claimable: false, reason: "the workflow takes no claims", final: true };
  const yes = { claimable: true, takeOvers: [] };

  it("is so until the deadline of an open workflow", async () => {
    expect(await at(WORKFLOW_STATUS.open, DEADLINE)).to.deep.equal(yes);
    expect(await at(WORKFLOW_STATUS.open, DEADLINE + 1)).to.deep.equal(no);
  });

  it("is so for a while after a workflow was completed, and at no time after it was cancelled", async () => {
    const { completed, cancelled } = WORKFLOW_STATUS;
    expect(await at(completed, ENDED + LATE_CLAIMS, ENDED)).to.deep.equal(yes);
    expect(await at(completed, ENDED + LATE_CLAIMS + 1, ENDED)).to.deep.equal(no);
    expect(await at(completed, DEADLINE + 1, DEADLINE)).to.deep.equal(no);
    expect(await at(cancelled, ENDED, ENDED)).to.deep.equal(no);
  });
});
