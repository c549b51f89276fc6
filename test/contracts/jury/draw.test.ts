import { mine, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { CALL_BOND, CHECK, freshCourt, PHASE, SMALL, WINDOW } from "../support/court";
import { told } from "../support/events";
import { MIN_STAKE } from "../support/world";

describe("Market.draw", () => {
  it("draws five different jurors with the hash of the named block, and gives them a window", async () => {
    const court = await freshCourt();
    const { w } = court;
    await w.send(court.jurors[0]!, "deposit", [court.jurors[0]!.address, 2n * MIN_STAKE], {
      value: 2n * MIN_STAKE * 10n ** 9n,
    });
    // One more than others have: with many more, 64 tries often find nobody else.
    await w.send(court.jurors[0]!, "takeSeats", [CHECK, 1]);
    const key = await court.call(await court.batch(0), 0);
    const events = await court.draw(key);
    const drawn = events[0]!.args.jurors as string[];
    expect(told(events[0]!)).to.deep.equal({
      name: "JuryDrawn",
      key,
      jurors: drawn,
      until: BigInt((await time.latest()) + WINDOW),
    });
    expect([...drawn].sort()).to.deep.equal(court.jurors.map(({ address }) => address).sort());
    for (const address of drawn)
      expect((await w.market.jurorOf(CHECK, address)).engaged).to.equal(1n);
    expect(await w.market.poolOf(CHECK)).to.deep.equal([6n, 0n]);
    expect([await court.phase(key), (await w.market.juryOf(key)).drawn]).to.deep.equal([
      PHASE.voting,
      5n,
    ]);
  });

  it("refuses until the named block has a hash", async () => {
    const court = await freshCourt();
    const { w } = court;
    const key = await court.call(await court.batch(0), 0);
    const drawBlock = BigInt((await ethers.provider.getBlockNumber()) + 2);
    const refused = () => w.refuses(w.stranger, "draw", [key], "DrawTooEarly", [key, drawBlock]);
    await refused(); // each refusal is a block
    await refused();
    await w.send(w.stranger, "draw", [key]);
  });

  it("names another block when the hash is no longer known, and draws with that one", async () => {
    const court = await freshCourt();
    const { w } = court;
    const key = await court.call(await court.batch(0), 0);
    await mine(258);
    const events = await w.send(w.stranger, "draw", [key]);
    const drawBlock = BigInt((await ethers.provider.getBlockNumber()) + 2);
    expect(events.map(told)).to.deep.equal([{ name: "DrawPostponed", key, drawBlock }]);
    expect(await w.market.poolOf(CHECK)).to.deep.equal([5n, 1n]);
    await w.refuses(w.stranger, "draw", [key], "DrawTooEarly", [key, drawBlock]);
    await court.sitting(key);
    expect(await court.phase(key)).to.equal(PHASE.voting);
  });

  it("still knows the hash 256 blocks later", async () => {
    const court = await freshCourt();
    const key = await court.call(await court.batch(0), 0);
    await mine(257);
    const [event] = await court.w.send(court.w.stranger, "draw", [key]);
    expect(event!.name).to.equal("JuryDrawn");
  });

  it("refuses what waits for no draw", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0);
    const key = court.key(batch, 0);
    const refused = (phase: bigint) =>
      w.refuses(w.stranger, "draw", [key], "DisputePhase", [key, phase]);
    await refused(PHASE.none);
    await court.call(batch, 0);
    await court.draw(key);
    await refused(PHASE.voting);
  });

  for (const role of ["operator", "caller", "requester", "coordinator"] as const)
    it(`passes over the ${role}, and dismisses the case if that leaves too few`, async () => {
      const court = await freshCourt();
      const { w } = court;
      const party = {
        operator: w.operators[0]!,
        caller: w.challenger,
        requester: w.requester,
        coordinator: w.coordinator,
      }[role];
      const batch = await court.smallPool([...court.jurors.slice(0, 4), party]);
      const key = await court.call(batch, 0);
      const until = BigInt((await time.latest()) + WINDOW);
      const events = await court.draw(key);
      expect(events.map(told)).to.deep.equal([
        { name: "CallEnded", caller: w.challenger.address, key, back: CALL_BOND, spent: 0n },
        {
          name: "CaseDismissed",
          operator: w.operators[0]!.address,
          workflow: BigInt(batch.offer.workflow.id),
          key,
          until,
        },
      ]);
      expect([await court.phase(key), await w.market.poolOf(SMALL)]).to.deep.equal([
        PHASE.revealed,
        [5n, 0n],
      ]);
      for (const juror of court.jurors.slice(0, 4))
        expect((await w.market.jurorOf(SMALL, juror.address)).engaged).to.equal(0n);
      await w.send(party, "leaveSeat", [SMALL, 4]);
    });
});
