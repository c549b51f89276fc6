import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { CHECK, courtSteps, FEE, freshCourt, TASK, WINDOW } from "../support/court";
import { MIN_STAKE, range } from "../support/world";

const task = TASK.jury;

describe("Jurors who stay silent", () => {
  it("are fined ten of the case's fees, taken out of the seats that they leave; those who voted are not", async () => {
    const court = await freshCourt();
    const { w } = court;
    const key = await court.call(await court.batch(task), task);
    const { jurors } = await court.judged(key, [2, 2, 2, 2, 0]);
    const [silent, honest] = [jurors[4]!, jurors[0]!];
    expect((await w.market.jurorOf(CHECK, honest.address)).fine).to.equal(0n);
    expect((await w.market.jurorOf(CHECK, silent.address)).fine).to.equal(10n * FEE);
    const seat = await court.seatNumber(silent);
    const [event] = await w.send(silent, "leaveSeat", [CHECK, seat]);
    expect(event!.args.burned).to.equal(10n * FEE);
    expect(await w.account(silent.address)).to.deep.equal({
      free: 2n * MIN_STAKE - 10n * FEE,
      locked: 0n,
      owed: 0n,
    });
    expect((await w.market.jurorOf(CHECK, silent.address)).fine).to.equal(0n);
  });

  it("who sealed a vote and do not open it are silent", async () => {
    const court = await freshCourt();
    const { w } = court;
    const key = await court.call(await court.batch(task), task);
    const jurors = await court.sitting(key);
    await court.vote(key, jurors, [1, 1, 1, 1, 1]);
    await time.increase(WINDOW);
    await court.openVotes(key, jurors, [1, 1, 1, 1]);
    await time.increase(2 * WINDOW);
    await w.send(w.stranger, "closeCase", [key]);
    expect((await w.market.jurorOf(CHECK, jurors[4]!.address)).fine).to.equal(10n * FEE);
  });

  it("are fined a tenth of a seat at most, seat after seat, and never more than their seats", async () => {
    const court = await freshCourt();
    const { w } = court;
    const [step] = courtSteps(w, { jurorFee: 20_000n });
    const steps = [{ ...step!, bond: 250_000n }];
    const workflow = await w.open({ steps });
    const tasks = range(0, 11);
    const batch = await w.commit(await w.claim(workflow, w.operators[0]!, tasks));
    for (const task of tasks) await court.call(batch, task);
    for (const task of tasks) await court.draw(court.key(batch, task));
    await time.increase(2 * WINDOW + 1);
    const [juror] = court.jurors;
    const fineOf = async () => (await w.market.jurorOf(CHECK, juror!.address)).fine;
    for (const [i, task] of tasks.entries()) {
      await w.send(w.stranger, "closeCase", [court.key(batch, task)]);
      expect(await fineOf()).to.equal((BigInt(i + 1) * MIN_STAKE) / 10n);
    }
    await w.send(juror!, "takeSeats", [CHECK, 1]);
    for (const burned of [MIN_STAKE, MIN_STAKE / 10n]) {
      const args = [CHECK, await court.seatNumber(juror!)];
      const [event] = await w.send(juror!, "leaveSeat", args);
      expect(event!.args.burned).to.equal(burned);
    }
    expect(await fineOf()).to.equal(0n);
  });
});
