import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { Hex } from "viem";
import { BOND, freshCourt, SHARE, WINDOW } from "../support/court";
import { freshWorld, operationsOf } from "../support/world";

describe("Attack: copied commitment", () => {
  it("binds its operator: the same bytes for the same task by another operator are another commitment", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [honest, thief] = w.operators;
    const original = await w.commit(await w.claim(workflow, honest!, [0]));
    const asThief = { ...original, offer: { ...original.offer, operator: thief! } };
    expect(w.commitmentFor(asThief, 0, original.results[0]!)).not.to.equal(original.commitments[0]);
  });

  it("front-run, with the transaction's own bytes, is refused: nobody but the holder has that claim", async () => {
    const w = await freshWorld();
    const [honest, thief] = w.operators;
    const claim = await w.claim(await w.open(), honest!, [0]);
    const { call } = await w.commitCall(claim);
    const bytes = operationsOf({ commits: [call] });
    await w.refuses(thief!, "advance", [bytes], "SlotState", [0, 0, 1]);
    const who = [thief!.address, honest!.address];
    await w.refuses(thief!, "advanceFor", [honest!.address, bytes], "NotOperator", who);
    await w.send(honest!, "advance", [bytes]);
  });

  it("taken along into a later attempt costs the thief its bond: it opens to no result, so a demand strikes it", async () => {
    const court = await freshCourt();
    const { w, workflow } = court;
    const [honest, thief] = w.operators;
    const claim = await w.claim(workflow, honest!, [0]);
    const { call } = await w.commitCall(claim); // seen in the mempool, too late for its deadline
    await time.increase(601);
    const offer = await w.offer(workflow, thief!, [0], { attempt: 2 });
    const takeOvers = [{ holder: honest!.address as Hex, slot: 0, ticket: claim.ticket }];
    await w.advance(thief!, { claims: [w.claimCall(offer, 0, { takeOvers })] });
    const stolen = w.claimFrom(offer, 0);
    await w.advance(thief!, { commits: [{ ...call, ticket: stolen.ticket }] });
    const batch = {
      ...stolen,
      commitments: call.commitments,
      results: [(await w.commitCall(claim)).results[0]!],
    };
    const key = await court.demand(batch, 0);
    const answer = court.revealArgs(batch, 0);
    await w.refuses(thief!, "reveal", answer, "CommitmentMismatch");
    await time.increase(WINDOW + 1);
    await w.send(w.stranger, "closeDemand", [key]);
    const { free, locked, owed } = await w.account(thief!.address);
    // What is owed to it is the gas refund of its take-over.
    expect([free + locked, owed]).to.deep.equal([10_000_000n - BOND, 101n]);
    expect((await w.account(w.challenger.address)).owed).to.equal(SHARE.challenger);
  });
});
