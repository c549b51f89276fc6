import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { toHex, type Hex } from "viem";
import { freshCourt, PHASE, SALT, sealedVote, TASK, VERDICT, WINDOW } from "../support/court";
import { told } from "../support/events";
import type { Account } from "../support/world";

/** A jury that sits. */
async function sittingCourt() {
  const court = await freshCourt();
  const key = await court.call(await court.batch(TASK.jury), TASK.jury);
  const jurors = await court.sitting(key);
  const until = (await time.latest()) + WINDOW;
  const [juror] = jurors as [Account];
  return { court, w: court.w, key, jurors, juror, until };
}

describe("Market.vote", () => {
  it("takes a juror's sealed vote, and another one in its place, up to the last second", async () => {
    const { w, key, jurors, juror, until } = await sittingCourt();
    const votes = [VERDICT.valid, VERDICT.invalid].map((v) => sealedVote(key, juror, v));
    const events = await w.send(juror, "vote", [key, votes[0]]);
    expect(events.map(told)).to.deep.equal([
      { name: "Voted", key, juror: juror.address, sealedVote: votes[0] },
    ]);
    await time.setNextBlockTimestamp(until);
    await w.send(juror, "vote", [key, votes[1]]);
    const { sealedVotes } = await w.market.juryOf(key);
    const place = jurors.indexOf(juror);
    expect(sealedVotes[place]).to.equal(votes[1]);
  });

  it("refuses a second after the window", async () => {
    const { w, key, juror, until } = await sittingCourt();
    await time.setNextBlockTimestamp(until + 1);
    await w.refuses(juror, "vote", [key, SALT], "DeadlinePassed", [until]);
  });

  it("refuses whoever was not drawn", async () => {
    const { w, key } = await sittingCourt();
    for (const account of [w.stranger, w.challenger, w.operators[0]!])
      await w.refuses(account, "vote", [key, SALT], "NotJuror", [key, account.address]);
  });

  it("refuses before the draw and after the votes begin to be opened", async () => {
    const court = await freshCourt();
    const { w } = court;
    const key = await court.call(await court.batch(0), 0);
    const [juror] = court.jurors;
    await w.refuses(juror!, "vote", [key, SALT], "DisputePhase", [key, PHASE.drawing]);
    await court.tried(key, [1, 1, 1]);
    await w.refuses(juror!, "vote", [key, SALT], "DisputePhase", [key, PHASE.opening]);
  });
});

describe("Market.openVote", () => {
  it("opens a sealed vote once voting is over; the first one begins the window for it", async () => {
    const { court, w, key, jurors, until } = await sittingCourt();
    await court.vote(key, jurors, [3, 4]);
    await time.setNextBlockTimestamp(until + 1);
    const events = await w.send(jurors[0]!, "openVote", [key, VERDICT.inputsWrong, SALT]);
    expect(events.map(told)).to.deep.equal([
      { name: "VoteOpened", key, juror: jurors[0]!.address, verdict: 3n },
    ]);
    const dispute = await w.market.disputeOf(key);
    expect([dispute.phase, dispute.until]).to.deep.equal([PHASE.opening, BigInt(until + WINDOW)]);
    await time.setNextBlockTimestamp(until + WINDOW);
    await w.send(jurors[1]!, "openVote", [key, VERDICT.unavailable, SALT]);
    expect([...(await w.market.juryOf(key)).votes]).to.deep.equal([3n, 4n, 0n, 0n, 0n]);
  });

  it("refuses while votes are still taken: nobody sees another's before its own is fixed", async () => {
    const { court, w, key, jurors, until } = await sittingCourt();
    await court.vote(key, jurors, [1]);
    await time.setNextBlockTimestamp(until);
    await w.refuses(jurors[0]!, "openVote", [key, 1, SALT], "DisputePhase", [key, PHASE.voting]);
  });

  it("refuses once the window is over, opened before by others or not", async () => {
    const { court, w, key, jurors, until } = await sittingCourt();
    await court.vote(key, jurors, [1, 1]);
    await time.setNextBlockTimestamp(until + WINDOW + 1);
    await w.refuses(jurors[0]!, "openVote", [key, 1, SALT], "DeadlinePassed", [until + WINDOW]);
  });

  it("refuses the second opener once the window is over", async () => {
    const { court, w, key, jurors, until } = await sittingCourt();
    await court.vote(key, jurors, [1, 1]);
    await time.setNextBlockTimestamp(until + 1);
    await w.send(jurors[0]!, "openVote", [key, 1, SALT]);
    await time.setNextBlockTimestamp(until + WINDOW + 1);
    await w.refuses(jurors[1]!, "openVote", [key, 1, SALT], "DeadlinePassed", [until + WINDOW]);
  });

  it("refuses another verdict, another salt, no verdict, and a vote that was never sealed", async () => {
    const { court, w, key, jurors, until } = await sittingCourt();
    await court.vote(key, jurors, [1]);
    await w.send(jurors[1]!, "vote", [key, sealedVote(key, jurors[1]!, VERDICT.none)]);
    await time.increaseTo(until + 1);
    const refused = (juror: Account, verdict: number, salt: Hex = SALT) =>
      w.refuses(juror, "openVote", [key, verdict, salt], "VoteMismatch", [key, juror.address]);
    await refused(jurors[0]!, 2);
    await refused(jurors[0]!, 1, toHex(8n, { size: 32 }));
    await refused(jurors[1]!, 0);
    await refused(jurors[2]!, 1);
  });

  it("refuses a copied seal: it names its juror", async () => {
    const { court, w, key, jurors, until } = await sittingCourt();
    await court.vote(key, jurors, [1]);
    await w.send(jurors[1]!, "vote", [key, sealedVote(key, jurors[0]!, 1)]);
    await time.increaseTo(until + 1);
    await w.refuses(jurors[1]!, "openVote", [key, 1, SALT], "VoteMismatch", [
      key,
      jurors[1]!.address,
    ]);
  });

  it("refuses whoever was not drawn, and verdicts that there are not", async () => {
    const { w, key, juror, until } = await sittingCourt();
    await time.increaseTo(until + 1);
    await w.refuses(w.stranger, "openVote", [key, 1, SALT], "NotJuror", [key, w.stranger.address]);
    const call = w.as(juror).getFunction("openVote").send(key, 5, SALT);
    expect(await call.catch((error: Error) => error)).to.be.instanceOf(Error);
  });

  it("refuses before the draw, and in a closed case", async () => {
    const court = await freshCourt();
    const { w } = court;
    const key = await court.call(await court.batch(0), 0);
    const [juror] = court.jurors;
    await w.refuses(juror!, "openVote", [key, 1, SALT], "DisputePhase", [key, PHASE.drawing]);
    await court.judged(key, [1, 1, 1, 1, 1]);
    await w.refuses(juror!, "openVote", [key, 1, SALT], "DisputePhase", [key, PHASE.closed]);
  });
});
