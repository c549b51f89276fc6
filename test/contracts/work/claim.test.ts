import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { judgeHash, stepsRoot, termsOpening } from "../../../protocol/terms";
import { maskOf, ticketHash, unpackTicket } from "../../../protocol/ticket";
import { deploy } from "../support/contract";
import { freshWorld, MIN_STAKE, range, UNIT } from "../support/world";

describe("Market.advance: claim", () => {
  it("locks the bonds, reserves the price, fixes the ticket and logs it", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const claim = await w.claim(
      workflow,
      operator!,
      [191, 5, 0].sort((a, b) => a - b),
      { price: 900n, slot: 4 },
    );
    const deadline = (await time.latest()) + 600;
    expect(unpackTicket(claim.ticket)).to.deep.equal({
      workflow: workflow.id,
      step: 0,
      attempt: 1,
      word: 0,
      price: 900n,
      bond: 501n,
      rule: 0,
      window: 300,
      mask: maskOf([0, 5, 191]),
      root: claim.offer.assignment.root,
      judgeHash: judgeHash(workflow.steps[0]!.judge),
      open: false,
    });
    const slot = await w.market.slotOf(operator!.address, 4);
    expect([slot.state, slot.time, slot.removed]).to.deep.equal([1n, BigInt(deadline), 0n]);
    expect(slot.digest).to.equal(BigInt(ticketHash(claim.ticket)) & ((1n << 200n) - 1n));
    expect(await w.market.taskWordOf(workflow.id, 0)).to.deep.equal([maskOf([0, 5, 191]), 2_700n]);
    expect(await w.account(operator!.address)).to.deep.equal({
      free: 10_000_000n - 1_503n,
      locked: 1_503n,
      owed: 0n,
    });
  });

  it("takes a part of an assignment, and the rest later, by the same signature", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const offer = await w.offer(workflow, operator!, [7, 8, 9]);
    await w.advance(operator!, { claims: [w.claimCall(offer, 0, { claimMask: maskOf([9]) })] });
    await w.advance(operator!, { claims: [w.claimCall(offer, 1, { claimMask: maskOf([7, 8]) })] });
    await w.refusesOperations(operator!, { claims: [w.claimCall(offer, 2)] }, "TaskTaken", [7, 1]);
  });

  it("takes tasks of several steps and workflows in one transaction", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const [one, two] = [await w.open(), await w.open()];
    const offers = [
      await w.offer(one, operator!, [0]),
      await w.offer(two, operator!, [300, 301], { step: 1 }),
    ];
    await w.advance(operator!, { claims: offers.map((offer, slot) => w.claimCall(offer, slot)) });
    expect((await w.account(operator!.address)).locked).to.equal(501n + 600n);
  });

  it("takes 128 tasks at once and refuses 129", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    await w.claim(workflow, w.operators[0]!, range(0, 128));
    const offer = await w.offer(workflow, w.operators[1]!, range(0, 129));
    await w.refusesOperations(w.operators[1]!, { claims: [w.claimCall(offer)] }, "MaskInvalid", [
      offer.assignment.mask,
      offer.assignment.mask,
    ]);
  });

  it("refuses an empty mask, and tasks that the assignment does not offer", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const offer = await w.offer(workflow, operator!, [1]);
    await w.refusesOperations(
      operator!,
      { claims: [w.claimCall(offer, 0, { claimMask: 3n })] },
      "MaskInvalid",
      [3n, 2n],
    );
    const assignment = { ...offer.assignment, mask: 0n };
    const message = { ...assignment, operator: operator!.address };
    const empty = { ...offer, assignment, signature: await w.sign("Assignment", message) };
    await w.refusesOperations(operator!, { claims: [w.claimCall(empty)] }, "MaskInvalid", [0n, 0n]);
  });

  it("refuses tasks outside the step, on either side, and far words", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const cases: [number[], number][] = [
      [[299, 300], 0],
      [[299, 300], 1],
      [[491, 492], 1],
      [[700], 0],
      [[5], 1],
    ];
    for (const [tasks, step] of cases) {
      const offer = await w.offer(workflow, operator!, tasks, { step });
      const { firstTask, maxTasks } = workflow.steps[step]!;
      await w.refusesOperations(operator!, { claims: [w.claimCall(offer)] }, "TaskOutOfStep", [
        offer.assignment.word,
        offer.assignment.mask,
        firstTask,
        maxTasks,
      ]);
    }
  });

  it("refuses a slot in use, and uses a credited one again", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const batch = await w.commit(await w.claim(workflow, operator!, [0]));
    const next = await w.offer(workflow, operator!, [1]);
    await w.refusesOperations(operator!, { claims: [w.claimCall(next)] }, "SlotBusy", [0]);
    await time.increase(300);
    await w.settle(batch);
    const again = await w.offer(workflow, operator!, [1]);
    await w.advance(operator!, { claims: [w.claimCall(again)] });
  });

  it("refuses a task that another operator holds, and one that was settled", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [one, two] = w.operators;
    const batch = await w.commit(await w.claim(workflow, one!, [0]));
    const held = await w.offer(workflow, two!, [0, 1], { attempt: 2 });
    await w.refusesOperations(two!, { claims: [w.claimCall(held)] }, "TaskTaken", [0, 2]);
    await time.increase(300);
    await w.settle(batch);
    const settled = await w.offer(workflow, two!, [0], { attempt: 3 });
    await w.refusesOperations(two!, { claims: [w.claimCall(settled)] }, "TaskTaken", [0, 3]);
  });

  it("refuses terms that are not the step's", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const call = w.claimCall(await w.offer(workflow, operator!, [0]));
    const spoiled = { ...call.opening, terms: { ...call.opening.terms, bond: 1n } };
    await w.refusesOperations(
      operator!,
      { claims: [{ ...call, opening: spoiled }] },
      "StepsMismatch",
      [workflow.id, 0],
    );
    const other = termsOpening(workflow.steps, 1);
    await w.refusesOperations(
      operator!,
      { claims: [{ ...call, opening: other }] },
      "TaskOutOfStep",
      [0, 1, 300, 192],
    );
  });

  it("refuses a price above the ceiling", async () => {
    const w = await freshWorld();
    const offer = await w.offer(await w.open(), w.operators[0]!, [0], { price: 1_001n });
    await w.refusesOperations(
      w.operators[0]!,
      { claims: [w.claimCall(offer)] },
      "PriceAboveCeiling",
      [1_001n, 1_000n],
    );
  });

  it("refuses an assignment whose claimBy has passed or lies more than a claim time ahead", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const now = await time.latest();
    const late = await w.offer(workflow, operator!, [0], { claimBy: now + 10 });
    await time.setNextBlockTimestamp(now + 11);
    await w.refusesOperations(operator!, { claims: [w.claimCall(late)] }, "ClaimByInvalid", [
      now + 10,
      now + 611,
    ]);
    const early = await w.offer(workflow, operator!, [0], { claimBy: now + 621 });
    await time.setNextBlockTimestamp(now + 20);
    await w.refusesOperations(operator!, { claims: [w.claimCall(early)] }, "ClaimByInvalid", [
      now + 621,
      now + 620,
    ]);
    const exact = await w.offer(workflow, operator!, [0], { claimBy: now + 640 });
    await time.setNextBlockTimestamp(now + 640);
    await w.advance(operator!, { claims: [w.claimCall(exact)] });
  });

  it("refuses closed, expired and unknown workflows", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const unknown = await w.offer({ ...workflow, id: 9 }, operator!, [0]);
    await w.refusesOperations(operator!, { claims: [w.claimCall(unknown)] }, "WorkflowClosed", [9]);
    await time.increaseTo(workflow.deadline);
    const late = await w.offer(workflow, operator!, [0]);
    await w.refusesOperations(operator!, { claims: [w.claimCall(late)] }, "WorkflowClosed", [
      workflow.id,
    ]);
  });

  it("refuses bonds above the free stake, and any claim below the minimum stake", async () => {
    const w = await freshWorld();
    const steps = w.steps({ bond: 5_000_001n });
    const workflow = await w.open({ steps });
    const [operator] = w.operators;
    const two = await w.offer(workflow, operator!, [0, 1]);
    await w.refusesOperations(operator!, { claims: [w.claimCall(two)] }, "StakeInsufficient", [
      10_000_000n,
      10_000_002n,
    ]);
    await w.send(operator!, "startUnbonding", [10_000_000n - MIN_STAKE + 1n]);
    const small = await w.offer(await w.open(), operator!, [0]);
    await w.refusesOperations(operator!, { claims: [w.claimCall(small)] }, "StakeBelowMinimum", [
      MIN_STAKE - 1n,
      MIN_STAKE,
    ]);
  });

  it("takes a contract's signature for a coordinator that is a contract", async () => {
    const w = await freshWorld();
    const signer = await deploy("ContractSigner", [w.coordinator.address]);
    const workflow = await w.open();
    const root = stepsRoot(workflow.steps);
    await w.send(w.requester, "replaceCoordinator", [workflow.id, await signer.getAddress(), root]);
    await w.claim(workflow, w.operators[0]!, [0]);
    const wrong = await w.offer(workflow, w.operators[1]!, [1], { signer: w.stranger });
    await w.refusesOperations(
      w.operators[1]!,
      { claims: [w.claimCall(wrong)] },
      "SignatureInvalid",
      [await signer.getAddress()],
    );
  });

  it("accepts no money", async () => {
    const w = await freshWorld();
    const paid = w.as(w.stranger).getFunction("advance").send("0x0003000000", { value: UNIT });
    expect(await paid.catch((error: Error) => error)).to.be.instanceOf(Error);
    await w.advance(w.stranger, {});
  });
});
