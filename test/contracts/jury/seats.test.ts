import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { toHex } from "viem";
import { bystanders, CHECK, freshCourt, stake, WINDOW } from "../support/court";
import { told } from "../support/events";
import { freshWorld, MIN_STAKE } from "../support/world";

const OTHER = toHex("another check program", { size: 32 });

describe("Market.takeSeats", () => {
  it("locks a bond for each seat", async () => {
    const w = await freshWorld();
    const [juror] = await bystanders();
    await stake(w, juror!, 4n * MIN_STAKE);
    const events = await w.send(juror!, "takeSeats", [OTHER, 3]);
    expect(events.map(told)).to.deep.equal([
      { name: "SeatsTaken", juror: juror!.address, checkProgram: OTHER, count: 3n },
    ]);
    expect(await w.account(juror!.address)).to.deep.equal({
      free: MIN_STAKE,
      locked: 3n * MIN_STAKE,
      owed: 0n,
    });
    expect(await w.market.poolOf(OTHER)).to.deep.equal([3n, 0n]);
    expect(await w.market.seatOf(OTHER, 2)).to.equal(juror!.address);
    expect(await w.market.jurorOf(OTHER, juror!.address)).to.deep.equal([3n, 0n, 0n]);
    expect(await w.market.poolOf(CHECK)).to.deep.equal([0n, 0n]);
  });

  it("takes at most 32 at a time, and at least one", async () => {
    const w = await freshWorld();
    const [juror] = await bystanders();
    await stake(w, juror!, 40n * MIN_STAKE);
    for (const count of [0, 33])
      await w.refuses(juror!, "takeSeats", [OTHER, count], "TermOutOfRange", [
        ethers.encodeBytes32String("seats"),
        count,
        1,
        32,
      ]);
    await w.send(juror!, "takeSeats", [OTHER, 32]);
  });

  it("refuses more than the free stake covers", async () => {
    const w = await freshWorld();
    const [juror] = await bystanders();
    await stake(w, juror!, 2n * MIN_STAKE - 1n);
    await w.refuses(juror!, "takeSeats", [OTHER, 2], "StakeInsufficient", [
      2n * MIN_STAKE - 1n,
      2n * MIN_STAKE,
    ]);
  });

  it("refuses while a draw is pending: who knew the seed would choose the jury", async () => {
    const court = await freshCourt();
    const { w } = court;
    const [newcomer] = (await bystanders()).slice(5);
    await stake(w, newcomer!, 2n * MIN_STAKE);
    const key = await court.call(await court.batch(0), 0);
    await w.refuses(newcomer!, "takeSeats", [CHECK, 1], "PoolDrawing", [CHECK]);
    await w.send(newcomer!, "takeSeats", [OTHER, 1]);
    await court.draw(key);
    await w.send(newcomer!, "takeSeats", [CHECK, 1]);
  });
});

describe("Market.leaveSeat", () => {
  it("frees the seat's bond; the last seat takes its number", async () => {
    const court = await freshCourt();
    const { w, jurors } = court;
    const events = await w.send(jurors[1]!, "leaveSeat", [CHECK, 1]);
    expect(events.map(told)).to.deep.equal([
      { name: "SeatLeft", juror: jurors[1]!.address, checkProgram: CHECK, seat: 1n, burned: 0n },
    ]);
    expect(await w.account(jurors[1]!.address)).to.deep.equal({
      free: 2n * MIN_STAKE,
      locked: 0n,
      owed: 0n,
    });
    expect(await w.market.seatOf(CHECK, 1)).to.equal(jurors[4]!.address);
    expect(await w.market.poolOf(CHECK)).to.deep.equal([4n, 0n]);
    await w.send(jurors[4]!, "leaveSeat", [CHECK, 1]);
    expect(await w.market.jurorOf(CHECK, jurors[4]!.address)).to.deep.equal([0n, 0n, 0n]);
  });

  it("refuses others' seats, numbers that no seat has, and an empty pool", async () => {
    const { w, jurors } = await freshCourt();
    for (const [juror, program, seat] of [
      [jurors[0]!, CHECK, 1],
      [jurors[0]!, CHECK, 5],
      [jurors[0]!, OTHER, 0],
      [w.stranger, CHECK, 0],
    ] as const)
      await w.refuses(juror, "leaveSeat", [program, seat], "NotYourSeat", [program, seat]);
  });

  it("refuses while a draw is pending", async () => {
    const court = await freshCourt();
    const { w, jurors } = court;
    await court.call(await court.batch(0), 0);
    await w.refuses(jurors[0]!, "leaveSeat", [CHECK, 0], "PoolDrawing", [CHECK]);
  });

  it("keeps as many seats as the juror sits on juries, until their cases are closed", async () => {
    const court = await freshCourt();
    const { w, jurors } = court;
    const key = await court.call(await court.batch(0), 0);
    await court.sitting(key);
    const [juror] = jurors;
    const seat = async () => [CHECK, await court.seatNumber(juror!)];
    const refused = async () =>
      w.refuses(juror!, "leaveSeat", await seat(), "SeatEngaged", [CHECK, juror!.address]);
    await refused();
    await w.send(juror!, "takeSeats", [CHECK, 1]);
    await w.send(juror!, "leaveSeat", await seat());
    await refused();
    await time.increase(2 * WINDOW + 1);
    await w.send(w.stranger, "closeCase", [key]);
    await w.send(juror!, "leaveSeat", await seat());
  });
});
