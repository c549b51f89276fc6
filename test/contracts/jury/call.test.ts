import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { toHex, type Hex } from "viem";
import {
  BOND,
  CALL_BOND,
  CHECK,
  courtSteps,
  FEE,
  freshCourt,
  PHASE,
  TASK,
  WINDOW,
} from "../support/court";
import { told } from "../support/events";
import { MIN_STAKE, ZERO32 } from "../support/world";

describe("Market.callJury", () => {
  it("moves the task out of its batch, locks the bond and names the block that draws", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(TASK.jury, { count: 2, slot: 9 });
    const key = court.key(batch, TASK.jury + 1);
    const events = await w.send(w.challenger, "callJury", court.openArgs(batch, TASK.jury + 1));
    const drawBlock = BigInt((await ethers.provider.getBlockNumber()) + 2);
    expect(events.map(told)).to.deep.equal([
      {
        name: "JuryCalled",
        operator: w.operators[0]!.address,
        workflow: BigInt(court.workflow.id),
        key,
        caller: w.challenger.address,
        slot: 9n,
        bond: CALL_BOND,
        checkProgram: CHECK,
        drawBlock,
      },
    ]);
    expect(await w.account(w.challenger.address)).to.deep.equal({
      free: 2n * MIN_STAKE - CALL_BOND,
      locked: CALL_BOND,
      owed: 0n,
    });
    expect(await w.market.poolOf(CHECK)).to.deep.equal([5n, 1n]);
    const jury = await w.market.juryOf(key);
    expect([jury.checkProgram, jury.jurorFee, jury.drawBlock, jury.drawn]).to.deep.equal([
      CHECK,
      FEE,
      drawBlock,
      0n,
    ]);
    const dispute = await w.market.disputeOf(key);
    expect([dispute.phase, dispute.until, dispute.isAppeal]).to.deep.equal([
      PHASE.drawing,
      BigInt((await time.latest()) + WINDOW),
      false,
    ]);
    expect(await court.fate(TASK.jury + 1)).to.deep.equal([false, true, false, 0n]);
    await time.increase(WINDOW);
    await w.settle(batch);
    expect((await w.account(w.operators[0]!.address)).locked).to.equal(BOND);
  });

  it("works under every rule, and two at a time freeze the pool until both are drawn", async () => {
    const court = await freshCourt();
    const { w } = court;
    const keys: Hex[] = [];
    for (const task of Object.values(TASK))
      keys.push(await court.call(await court.batch(task, { slot: task }), task));
    expect(await w.market.poolOf(CHECK)).to.deep.equal([5n, 3n]);
    for (const key of keys) {
      await w.refuses(court.jurors[0]!, "leaveSeat", [CHECK, 0], "PoolDrawing", [CHECK]);
      await court.draw(key);
    }
    expect(await w.market.poolOf(CHECK)).to.deep.equal([5n, 0n]);
    expect((await w.market.jurorOf(CHECK, court.jurors[0]!.address)).engaged).to.equal(3n);
  });

  it("refuses steps without a check program", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await w.commit(await w.claim(await w.open(), w.operators[0]!, [0]));
    await w.refuses(w.challenger, "callJury", court.openArgs(batch, 0), "JuryMissing", [
      ZERO32,
      0,
      5,
    ]);
  });

  it("refuses pools of fewer than five seats", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0);
    await w.send(court.jurors[4]!, "leaveSeat", [CHECK, 4]);
    await w.refuses(w.challenger, "callJury", court.openArgs(batch, 0), "JuryMissing", [
      CHECK,
      4,
      5,
    ]);
  });

  it("refuses callers without the free stake", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0);
    await w.refuses(w.stranger, "callJury", court.openArgs(batch, 0), "StakeInsufficient", [
      0,
      CALL_BOND,
    ]);
  });

  it("refuses what is no unmatured batch, other terms, and tasks that have left", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0, { count: 2 });
    const maturesAt = (await time.latest()) + WINDOW;
    const refused = (error: string, args: unknown[], change = {}) =>
      w.refuses(w.challenger, "callJury", court.openArgs(batch, 0, change), error, args);
    const judge = { ...court.judgeOf(batch), jurorFee: 0n };
    await refused("StepsMismatch", [court.workflow.id, 0], { judge });
    await court.call(batch, 0);
    await refused("AlreadyStruck", [0, 1]);
    await time.setNextBlockTimestamp(maturesAt);
    await refused("Matured", [maturesAt]);
  });
});

describe("Market.callJuryDisputed", () => {
  it("calls a jury on a revealed result", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(TASK.jury, { slot: 2 });
    const key = await court.revealed(batch, TASK.jury);
    await time.setNextBlockTimestamp((await time.latest()) + WINDOW);
    const events = await w.send(
      w.challenger,
      "callJuryDisputed",
      court.againArgs(batch, TASK.jury),
    );
    expect(events.map(told)).to.deep.equal([
      {
        name: "JuryCalled",
        operator: w.operators[0]!.address,
        workflow: BigInt(court.workflow.id),
        key,
        caller: w.challenger.address,
        slot: 2n,
        bond: CALL_BOND,
        checkProgram: CHECK,
        drawBlock: BigInt((await ethers.provider.getBlockNumber()) + 2),
      },
    ]);
    expect(await court.phase(key)).to.equal(PHASE.drawing);
  });

  it("refuses once the window of the revealed result is over", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0);
    await court.revealed(batch, 0);
    const until = (await time.latest()) + WINDOW;
    await time.setNextBlockTimestamp(until + 1);
    await w.refuses(w.challenger, "callJuryDisputed", court.againArgs(batch, 0), "DeadlinePassed", [
      until,
    ]);
  });

  it("refuses every other phase", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0);
    const key = court.key(batch, 0);
    const refused = (phase: bigint) =>
      w.refuses(w.challenger, "callJuryDisputed", court.againArgs(batch, 0), "DisputePhase", [
        key,
        phase,
      ]);
    await refused(PHASE.none);
    await court.revealed(batch, 0);
    await w.send(w.challenger, "callJuryDisputed", court.againArgs(batch, 0));
    await refused(PHASE.drawing);
    await court.sitting(key);
    await refused(PHASE.voting);
    await time.increase(2 * WINDOW + 1);
    await w.send(w.stranger, "closeCase", [key]);
    await refused(PHASE.closed);
  });

  it("refuses other terms, and a root that is not the assignment's", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0);
    const key = await court.revealed(batch, 0);
    const judge = court.judgeOf(batch);
    for (const args of [
      [key, batch.ticket.root, { ...judge, jurorFee: 0n }],
      [key, toHex("root", { size: 32 }), judge],
    ])
      await w.refuses(w.challenger, "callJuryDisputed", args, "StepsMismatch", [
        court.workflow.id,
        0,
      ]);
  });

  it("refuses steps without a check program", async () => {
    const court = await freshCourt();
    const { w } = court;
    const steps = courtSteps(w, { checkProgram: ZERO32, jurorFee: 0n }).slice(0, 1);
    const workflow = await w.open({ steps });
    const batch = await w.commit(await w.claim(workflow, w.operators[0]!, [0]));
    await court.revealed(batch, 0);
    await w.refuses(w.challenger, "callJuryDisputed", court.againArgs(batch, 0), "JuryMissing", [
      ZERO32,
      0,
      5,
    ]);
  });
});
