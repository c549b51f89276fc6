import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { Hex } from "viem";
import { assignmentPath } from "../../../protocol/assignment";
import { deploy } from "../support/contract";
import {
  BOND,
  CHECK,
  courtSteps,
  freshCourt,
  PHASE,
  SHARE,
  TASK,
  VERDICT,
  WINDOW,
  type Court,
} from "../support/court";
import { told } from "../support/events";
import { MIN_STAKE, statementOf, ZERO32, type Claim } from "../support/world";

/** Brings a dispute about the first task of a batch into a phase. */
const PHASES: Record<string, (court: Court, batch: Claim) => Promise<Hex>> = {
  demanded: (court, batch) => court.demand(batch, 0),
  "demanded, its time over": async (court, batch) => {
    const key = await court.demand(batch, 0);
    await time.increase(WINDOW + 1);
    return key;
  },
  revealed: (court, batch) => court.revealed(batch, 0),
  drawing: (court, batch) => court.call(batch, 0),
  voting: async (court, batch) => {
    const key = await court.call(batch, 0);
    await court.sitting(key);
    return key;
  },
  opening: async (court, batch) => {
    const key = await court.call(batch, 0);
    await court.tried(key, [VERDICT.valid, VERDICT.valid, VERDICT.valid]);
    return key;
  },
};

describe("Market.challengeDisputed", () => {
  for (const [phase, bring] of Object.entries(PHASES))
    it(`strikes a ${phase} result with the verifier's no, and gives the caller its bond back`, async () => {
      const court = await freshCourt();
      const { w } = court;
      const batch = await court.batch(0, { count: 2, wrong: [0], slot: 5 });
      const key = await bring(court, batch);
      const { caller, callerBond } = await w.market.disputeOf(key);
      const args = court.disputedArgs(batch, 0);
      const events = await w.send(w.stranger, "challengeDisputed", args);
      const { challenger, requester, pot } = SHARE;
      const ended = { name: "CallEnded", caller, key, back: callerBond, spent: 0n };
      expect(events.map(told)).to.deep.equal([
        ...(phase === "revealed" ? [] : [ended]),
        {
          name: "Struck",
          operator: w.operators[0]!.address,
          workflow: BigInt(court.workflow.id),
          task: 0n,
          attempt: 1n,
          challenger: w.stranger.address,
          slot: 5n,
          bond: BOND,
          toChallenger: challenger,
          toRequester: requester,
          pot,
        },
      ]);
      expect(await court.phase(key)).to.equal(PHASE.closed);
      expect(await court.fate(0)).to.deep.equal([false, true, true, pot]);
      expect((await w.account(w.challenger.address)).locked).to.equal(0n);
      expect((await w.account(w.stranger.address)).owed).to.equal(challenger);
      expect(await w.market.retryOf(court.workflow.id, 0)).to.deep.equal([1n, true]);
    });

  for (const phase of ["drawing", "voting", "opening"])
    it(`frees pool and jurors of a ${phase} case, without fee or fine`, async () => {
      const court = await freshCourt();
      const { w } = court;
      const batch = await court.batch(0, { wrong: [0] });
      await PHASES[phase]!(court, batch);
      await w.send(w.stranger, "challengeDisputed", court.disputedArgs(batch, 0));
      expect((await w.market.poolOf(CHECK)).drawing).to.equal(0n);
      for (const juror of court.jurors) {
        const { engaged, fine } = await w.market.jurorOf(CHECK, juror.address);
        expect([engaged, fine]).to.deep.equal([0n, 0n]);
        await w.send(juror, "leaveSeat", [CHECK, await court.seatNumber(juror)]);
        expect(await w.account(juror.address)).to.deep.equal({
          free: 2n * MIN_STAKE,
          locked: 0n,
          owed: 0n,
        });
      }
    });

  it("may come out of the caller's own hand", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0, { wrong: [0] });
    await court.demand(batch, 0);
    await w.send(w.challenger, "challengeDisputed", court.disputedArgs(batch, 0));
    expect(await w.account(w.challenger.address)).to.deep.equal({
      free: 2n * MIN_STAKE,
      locked: 0n,
      owed: SHARE.challenger,
    });
  });

  it("refuses right results", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0);
    const key = await court.demand(batch, 0);
    await w.refuses(w.stranger, "challengeDisputed", court.disputedArgs(batch, 0), "ResultValid", [
      w.echo,
    ]);
    expect(await court.phase(key)).to.equal(PHASE.demanded);
  });

  it("refuses evidence that is not the dispute's", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0, { count: 2, wrong: [0] });
    await court.demand(batch, 0);
    const { leaves } = batch.offer;
    const spoiled: [Record<string, unknown>, string][] = [
      [{ result: statementOf(court.workflow.id, 0) }, "CommitmentMismatch"],
      [{ root: ZERO32 }, "CommitmentMismatch"],
      [{ judge: { ...court.judgeOf(batch), verifier: w.stranger.address } }, "StepsMismatch"],
      [{ leaf: w.leafOpening(batch, 1) }, "LeafMismatch"],
      [{ leaf: { leaf: leaves[0], path: [] } }, "LeafMismatch"],
      [
        { leaf: { leaf: { ...leaves[0]!, attempt: 0 }, path: assignmentPath(leaves, 0) } },
        "LeafMismatch",
      ],
      [
        { leaf: { leaf: { ...leaves[0]!, task: 192 }, path: assignmentPath(leaves, 0) } },
        "LeafMismatch",
      ],
      [{ statement: statementOf(court.workflow.id, 1) }, "StatementMismatch"],
    ];
    for (const [change, error] of spoiled)
      await w.refuses(w.stranger, "challengeDisputed", court.disputedArgs(batch, 0, change), error);
  });

  it("refuses steps that no verifier judges", async () => {
    const court = await freshCourt();
    const { w } = court;
    for (const [task, rule] of [
      [TASK.accepted, 1],
      [TASK.jury, 2],
    ] as const) {
      const batch = await court.batch(task, { slot: task });
      await court.demand(batch, task);
      await w.refuses(
        w.stranger,
        "challengeDisputed",
        court.disputedArgs(batch, task),
        "RuleMismatch",
        [rule, 0],
      );
    }
  });

  it("refuses what was never disputed, and what is closed", async () => {
    const court = await freshCourt();
    const { w } = court;
    const batch = await court.batch(0, { wrong: [0] });
    const key = court.key(batch, 0);
    const refused = (phase: bigint) =>
      w.refuses(w.stranger, "challengeDisputed", court.disputedArgs(batch, 0), "DisputePhase", [
        key,
        phase,
      ]);
    await refused(PHASE.none);
    await court.demand(batch, 0);
    await w.send(w.stranger, "challengeDisputed", court.disputedArgs(batch, 0));
    await refused(PHASE.closed);
  });

  it("needs the gas that the terms promise the verifier", async () => {
    const court = await freshCourt();
    const { w } = court;
    const verifier = await deploy("HostileVerifier");
    await verifier.set(6, w.echo, "0x", 90_000); // says yes to whoever gives it 90,000 gas
    const address = (await verifier.getAddress()) as Hex;
    const steps = courtSteps(w);
    steps[0]!.judge.verifier = address;
    const workflow = await w.open({ steps });
    const batch = await w.commit(await w.claim(workflow, w.operators[0]!, [0]));
    await court.demand(batch, 0);
    const args = court.disputedArgs(batch, 0);
    const starved = w
      .as(w.stranger)
      .getFunction("challengeDisputed")
      .send(...args, {
        gasLimit: 320_000,
      });
    await expect(starved).to.be.revertedWithCustomError(w.market, "VerifierGasShort");
    await w.refuses(w.stranger, "challengeDisputed", args, "ResultValid", [address]);
  });
});
