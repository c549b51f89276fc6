import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import { sha256, toHex } from "viem";
import { withMask } from "../../../protocol/ticket";
import {
  BOND,
  CALL_BOND,
  CHECK,
  courtSteps,
  FEE,
  freshCourt,
  PHASE,
  PRICE,
  SHARE,
  SMALL,
  TASK,
  WINDOW,
} from "../support/court";
import { told } from "../support/events";
import { statementOf, ZERO32, type Claim } from "../support/world";

const STAKE = 10_000_000n;
const task = TASK.accepted;

/** A live claim of accepted tasks. */
async function claimed(count = 1) {
  const court = await freshCourt();
  const [operator] = court.w.operators;
  const tasks = Array.from({ length: count }, (_, i) => task + i);
  const claim = await court.w.claim(court.workflow, operator!, tasks, { step: 1, slot: 6 });
  return { court, w: court.w, operator: operator!, claim };
}

/** An appeal of one task, judged. */
async function appealed(verdicts: number[]) {
  const { court, w, operator, claim } = await claimed();
  await w.send(operator, "appeal", court.appealArgs(claim, task));
  const key = court.key(claim, task);
  const { jurors, events } = await court.judged(key, verdicts);
  return { court, w, operator, jurors, events: events.map(told), key };
}

describe("Market.appeal", () => {
  it("takes a task out of a live claim and calls a jury on the result that was not accepted", async () => {
    const { court, w, operator, claim } = await claimed(3);
    const key = court.key(claim, task + 1);
    const events = await w.send(operator, "appeal", court.appealArgs(claim, task + 1));
    const common = { operator: operator.address, workflow: BigInt(court.workflow.id), key };
    expect(events.map(told)).to.deep.equal([
      {
        name: "Appealed",
        ...common,
        slot: 6n,
        resultDigest: sha256(statementOf(court.workflow.id, task + 1)),
      },
      {
        name: "JuryCalled",
        ...common,
        caller: operator.address,
        slot: 6n,
        bond: CALL_BOND,
        checkProgram: CHECK,
        drawBlock: BigInt((await ethers.provider.getBlockNumber()) + 2),
      },
    ]);
    expect(await w.account(operator.address)).to.deep.equal({
      free: STAKE - 3n * BOND - CALL_BOND,
      locked: 3n * BOND + CALL_BOND,
      owed: 0n,
    });
    const dispute = await w.market.disputeOf(key);
    expect([dispute.phase, dispute.isAppeal, dispute.slot]).to.deep.equal([
      PHASE.drawing,
      true,
      6n,
    ]);
    // The rest of the claim goes on: committed, accepted and paid.
    const rest: Claim = { ...claim, ticket: withMask(claim.ticket, 5n) };
    const batch = await w.commit(rest);
    await time.increase(WINDOW);
    await w.settle(batch);
    expect((await w.account(operator.address)).owed).to.equal(2n * PRICE);
  });

  it("frees the slot when it was the claim's last task", async () => {
    const { court, w, operator, claim } = await claimed();
    await w.send(operator, "appeal", court.appealArgs(claim, task));
    expect((await w.market.slotOf(operator.address, 6)).state).to.equal(3n);
  });

  it("valid: the operator is paid as if it had been accepted, less the jury's fees", async () => {
    const { w, operator, events } = await appealed([1, 1, 1, 1, 1]);
    expect(events.map(({ name }) => name)).to.deep.equal([
      "CaseClosed",
      "CallEnded",
      "DisputePaid",
    ]);
    expect(await w.account(operator.address)).to.deep.equal({
      free: STAKE - 5n * FEE,
      locked: 0n,
      owed: PRICE,
    });
  });

  for (const verdict of [2, 4])
    it(`${verdict === 2 ? "invalid" : "unavailable"}: the bond is struck, for the requester alone`, async () => {
      const { court, w, operator, events } = await appealed([verdict, verdict, verdict, 1, 1]);
      expect([events[2]!.name, events[2]!.challenger]).to.deep.equal([
        "Struck",
        w.requester.address,
      ]);
      expect((await w.account(w.requester.address)).owed).to.equal(
        SHARE.challenger + SHARE.requester,
      );
      expect(await w.account(operator.address)).to.deep.equal({
        free: STAKE - BOND - 3n * FEE,
        locked: 0n,
        owed: 0n,
      });
      expect(await w.market.retryOf(court.workflow.id, task)).to.deep.equal([1n, true]);
    });

  for (const [name, votes, fees] of [
    ["inputs wrong", [3, 3, 3, 3, 3], 5n],
    ["no majority", [1, 1, 2, 2, 3], 5n],
    ["nobody votes", [0, 0, 0, 0, 0], 0n],
  ] as const)
    it(`${name}: nobody accepted it, so it ends unpaid and unpenalised`, async () => {
      const { court, w, operator, events, key } = await appealed([...votes]);
      expect(events[2]).to.deep.equal({
        name: "DisputeVoided",
        operator: operator.address,
        workflow: BigInt(court.workflow.id),
        key,
        bond: BOND,
      });
      expect(await w.account(operator.address)).to.deep.equal({
        free: STAKE - fees * FEE,
        locked: 0n,
        owed: 0n,
      });
      expect((await w.market.taskWordOf(court.workflow.id, 1)).spent).to.equal(0n);
      expect(await w.market.retryOf(court.workflow.id, task)).to.deep.equal([1n, true]);
    });

  it("dismissed for want of jurors: unpaid and unpenalised, and open to a later attempt", async () => {
    const court = await freshCourt();
    const { w } = court;
    const [operator] = w.operators;
    await court.seat(operator!, 5, SMALL);
    const workflow = await w.open({ steps: courtSteps(w, { checkProgram: SMALL }) });
    const claim = await w.claim(workflow, operator!, [task], { step: 1 });
    await w.send(operator!, "appeal", court.appealArgs(claim, task));
    const events = await court.draw(court.key(claim, task));
    expect(events.map(({ name }) => name)).to.deep.equal([
      "CallEnded",
      "CaseDismissed",
      "DisputeVoided",
    ]);
    expect((await w.account(operator!.address)).owed).to.equal(0n);
    expect(await court.phase(court.key(claim, task))).to.equal(PHASE.closed);
    await w.claim(workflow, w.operators[1]!, [task], { step: 1, attempt: 2 });
  });

  it("ends that attempt: it can't be committed, conceded or appealed again", async () => {
    const { court, w, operator, claim } = await claimed(2);
    await w.send(operator, "appeal", court.appealArgs(claim, task));
    const rest: Claim = { ...claim, ticket: withMask(claim.ticket, 2n) };
    await w.refuses(operator, "appeal", court.appealArgs(claim, task), "DigestMismatch", [6]);
    await w.refuses(operator, "appeal", court.appealArgs(rest, task), "MaskInvalid", [0, 2]);
  });

  it("is the operator's alone, whose stake pays: not its delegate's, not another's", async () => {
    const { court, w, operator, claim } = await claimed();
    await w.send(operator, "setDelegate", [w.stranger.address]);
    for (const by of [w.stranger, w.coordinator])
      await w.refuses(by, "appeal", court.appealArgs(claim, task), "NotOperator", [
        by.address,
        operator.address,
      ]);
  });

  it("refuses after the claim's deadline, and other tickets, terms and roots", async () => {
    const { court, w, operator, claim } = await claimed();
    const deadline = (await time.latest()) + 600;
    const refused = (change: Record<string, unknown>, error: string, args?: unknown[]) =>
      w.refuses(operator, "appeal", court.appealArgs(claim, task, change), error, args);
    await refused({ slot: 7 }, "SlotState", [7, 0, 1]);
    await refused({ judge: { ...court.judgeOf(claim), jurorFee: 0n } }, "StepsMismatch");
    await refused({ root: toHex("root", { size: 32 }) }, "StepsMismatch");
    await refused({ task: task + 1 }, "MaskInvalid", [0, 1]);
    await time.setNextBlockTimestamp(deadline + 1);
    await refused({}, "DeadlinePassed", [deadline]);
  });

  it("refuses steps under other rules", async () => {
    const { court, w, operator } = await claimed();
    const verified = await w.claim(court.workflow, operator, [0], { slot: 1 });
    const jury = await w.claim(court.workflow, operator, [TASK.jury], { slot: 2, step: 2 });
    await w.refuses(operator, "appeal", court.appealArgs(verified, 0), "RuleMismatch", [0, 1]);
    const args = court.appealArgs(jury, TASK.jury);
    await w.refuses(operator, "appeal", args, "RuleMismatch", [2, 1]);
  });

  it("refuses steps without a check program, and operators without the bond", async () => {
    const { court, w, operator, claim } = await claimed();
    const workflow = await w.open();
    const without = await w.claim(workflow, operator, [300], { step: 1 });
    const args = court.appealArgs(without, 300);
    await w.refuses(operator, "appeal", args, "JuryMissing", [ZERO32, 0, 5]);
    const { free } = await w.account(operator.address);
    await w.send(operator, "startUnbonding", [free - CALL_BOND + 1n]);
    await w.refuses(operator, "appeal", court.appealArgs(claim, task), "StakeInsufficient", [
      CALL_BOND - 1n,
      CALL_BOND,
    ]);
  });
});
