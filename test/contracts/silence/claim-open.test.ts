import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ethers } from "hardhat";
import type { Hex } from "viem";
import { assignmentPath } from "../../../protocol/assignment";
import { judgeHash, termsOpening, type StepTerms } from "../../../protocol/terms";
import { ticketStruct } from "../../../protocol/ticket";
import { told } from "../support/events";
import {
  claimOpen,
  DELAY,
  OPEN_LEAVES,
  openArgs,
  openClaim,
  openSteps,
  openWorkflow,
  silence,
} from "../support/silence";
import { freshWorld, MIN_STAKE, range, ZERO32 } from "../support/world";

/** A workflow whose coordinator has been silent for too long. */
async function silent() {
  const w = await freshWorld();
  const workflow = await openWorkflow(w);
  await silence(w, workflow);
  const [operator] = w.operators;
  const refused = (
    tasks: number[],
    change: Record<string, unknown>,
    error: string,
    args?: unknown[],
  ) => w.refuses(operator!, "claimOpen", openArgs(workflow, operator!, tasks, change), error, args);
  return { w, workflow, operator: operator!, refused };
}

const leaf = (task: number) => {
  const index = OPEN_LEAVES.findIndex((one) => one.task === task);
  return { leaf: OPEN_LEAVES[index]!, path: assignmentPath(OPEN_LEAVES, index) };
};

describe("Market.claimOpen", () => {
  it("claims tasks that the requester fixed, at the step's ceiling, for anyone with stake", async () => {
    const { w, workflow, operator } = await silent();
    const args = openArgs(workflow, operator, [3, 5, 7], { slot: 65_535 });
    const events = await w.send(operator, "claimOpen", args);
    const deadline = BigInt((await time.latest()) + 600);
    const { ticket } = openClaim(workflow, operator, [3, 5, 7]);
    const { money, scope, bound } = ticketStruct(ticket);
    const { judge, bond, ceiling } = workflow.steps[0]!;
    expect(events.map(told)).to.deep.equal([
      {
        name: "OpenClaimed",
        operator: operator.address,
        workflow: BigInt(workflow.id),
        slot: 65_535n,
        ticket: { money, scope, bound },
        root: judge.openRoot,
        judgeHash: judgeHash(judge),
        deadline,
      },
    ]);
    expect((await w.account(operator.address)).locked).to.equal(3n * bond);
    expect(await w.market.taskWordOf(workflow.id, 0)).to.deep.equal([0xa8n, 3n * ceiling]);
    const { state, time: until } = await w.market.slotOf(operator.address, 65_535);
    expect([state, until]).to.deep.equal([1n, deadline]);
  });

  it("takes 32 tasks at most, and at least one", async () => {
    const { workflow, w, operator, refused } = await silent();
    const term = ethers.encodeBytes32String("leaves");
    await refused([], {}, "TermOutOfRange", [term, 0, 1, 32]);
    await refused(range(0, 33), {}, "TermOutOfRange", [term, 33, 1, 32]);
    await w.send(operator, "claimOpen", openArgs(workflow, operator, range(0, 32)));
  });

  it("refuses before the coordinator's time is over, and once it has answered", async () => {
    const w = await freshWorld();
    const workflow = await openWorkflow(w);
    const [operator] = w.operators;
    const args = openArgs(workflow, operator!, [3]);
    const refused = (until: number) =>
      w.refuses(operator!, "claimOpen", args, "NotSilent", [workflow.id, until]);
    await refused(DELAY);
    await w.send(operator!, "declareSilent", [workflow.id]);
    const until = (await time.latest()) + DELAY;
    await time.setNextBlockTimestamp(until);
    await refused(until);
    await w.send(operator!, "claimOpen", args);
    await w.send(w.coordinator, "answerSilence", [workflow.id]);
    await w.refuses(
      operator!,
      "claimOpen",
      openArgs(workflow, operator!, [4], { slot: 1 }),
      "NotSilent",
      [workflow.id, DELAY],
    );
  });

  it("refuses indices and statements that the requester did not fix", async () => {
    const { refused } = await silent();
    const [known] = OPEN_LEAVES;
    const path = assignmentPath(OPEN_LEAVES, 0);
    for (const change of [{ task: 60 }, { statementDigest: ZERO32 }, { inputsDigest: ZERO32 }])
      await refused([], { leaves: [{ leaf: { ...known!, ...change }, path }] }, "LeafMismatch");
    const assigned = { leaf: { ...known!, attempt: 1 }, path };
    await refused([], { leaves: [assigned] }, "LeafMismatch", [0, 1]);
  });

  it("refuses steps that the requester left closed", async () => {
    const { workflow, refused } = await silent();
    const { terms, path } = termsOpening(workflow.steps, 1);
    const change = { step: 1, terms, path, leaves: [leaf(0)] };
    await refused([], change, "LeafMismatch", [0, 0]);
  });

  it("refuses terms that are not the step's, and terms that don't fit their place", async () => {
    const { workflow, refused } = await silent();
    const { terms } = termsOpening(workflow.steps, 0);
    const changes = [
      { ...terms, ceiling: 2_000n },
      { ...terms, bond: 1n },
      { ...terms, judge: { ...terms.judge, verifierGas: 1 } },
      { ...terms, maxTasks: terms.maxTasks + 2 ** 24 },
      { ...terms, ceiling: terms.ceiling + 2n ** 56n },
    ];
    for (const spoiled of changes)
      await refused([3], { terms: spoiled }, "StepsMismatch", [workflow.id, 0]);
    await refused([3], { path: [] }, "StepsMismatch", [workflow.id, 0]);
    await refused([3], { step: 1, terms }, "StepsMismatch", [workflow.id, 1]);
  });

  it("refuses terms that make the step's word all the same: one field too large in place of its neighbour's last bit", async () => {
    const w = await freshWorld();
    const [verified, accepted, final] = openSteps(w);
    const odd = { ceiling: 1_001n, bond: 503n, claimTime: 601, firstTask: 401, maxTasks: 301 };
    const steps = [
      { ...verified!, maxTasks: 401 },
      { ...accepted!, ...odd },
      { ...final!, firstTask: 702 },
    ];
    const workflow = await w.open({ steps, silenceDelay: DELAY });
    await silence(w, workflow);
    const { terms, path } = termsOpening(steps, 1);
    const refused = (change: Partial<StepTerms>, error: string) => {
      const args = { step: 1, terms: { ...terms, ...change }, path, leaves: [leaf(0)] };
      const [operator] = w.operators;
      return w.refuses(operator!, "claimOpen", openArgs(workflow, operator!, [], args), error);
    };
    await refused({}, "LeafMismatch"); // the terms are right, the step is closed
    const forged = [
      { ceiling: terms.ceiling + 2n ** 56n },
      { ceiling: terms.ceiling - 1n, bond: terms.bond + 2n ** 56n },
      { bond: terms.bond - 1n, firstTask: terms.firstTask + 2 ** 24 },
      { firstTask: terms.firstTask - 1, maxTasks: terms.maxTasks + 2 ** 24 },
      { maxTasks: terms.maxTasks - 1, claimTime: terms.claimTime + 2 ** 24 },
      { claimTime: terms.claimTime - 1, window: terms.window + 2 ** 24 },
    ];
    for (const change of forged) await refused(change, "StepsMismatch");
  });

  it("refuses indices that don't rise, or lie in two words", async () => {
    const { workflow, refused } = await silent();
    const { firstTask, maxTasks } = workflow.steps[0]!;
    const bit = (task: number) => 1n << BigInt(task % 192);
    for (const [tasks, word, at] of [
      [[5, 3], 0, 3],
      [[3, 3], 0, 3],
      [[3, 192], 0, 192],
      [[192, 3], 1, 3],
    ] as const)
      await refused([...tasks], {}, "TaskOutOfStep", [word, bit(at), firstTask, maxTasks]);
  });

  it("refuses indices outside the step", async () => {
    const w = await freshWorld();
    const steps = (await openWorkflow(w)).steps.map((step, i) =>
      i === 1 ? { ...step, firstTask: 100 } : { ...step, firstTask: i === 0 ? 0 : 292 },
    );
    steps[0] = { ...steps[0]!, maxTasks: 100 };
    // The second workflow's statements don't matter here: its first step ends before task 192.
    const workflow = await w.open({ steps, silenceDelay: DELAY });
    await silence(w, workflow);
    const [operator] = w.operators;
    await w.refuses(
      operator!,
      "claimOpen",
      openArgs(workflow, operator!, [192]),
      "TaskOutOfStep",
      [1, 1, 0, 100],
    );
  });

  it("refuses indices of an earlier step, whose leaves are under this one's root too", async () => {
    const w = await freshWorld();
    const [open, , final] = (await openWorkflow(w)).steps;
    const { openRoot } = open!.judge;
    const closed = { ...open!, maxTasks: 10, judge: { ...open!.judge, openRoot: ZERO32 as Hex } };
    const later = { ...open!, firstTask: 10, maxTasks: 482, judge: { ...open!.judge, openRoot } };
    const workflow = await w.open({ steps: [closed, later, final!], silenceDelay: DELAY });
    await silence(w, workflow);
    const [operator] = w.operators;
    const args = openArgs(workflow, operator!, [3], {
      ...termsOpening(workflow.steps, 1),
      step: 1,
    });
    await w.refuses(operator!, "claimOpen", args, "TaskOutOfStep", [0, 8, 10, 482]);
  });

  it("refuses tasks that are held, and takes open ones at exactly the next attempt", async () => {
    const { w, workflow, operator, refused } = await silent();
    const [, other] = w.operators;
    await claimOpen(w, workflow, other!, [3, 4]);
    await refused([3], { attempt: 2 }, "TaskTaken", [3, 2]);
    await time.increase(601);
    await refused([3], { attempt: 2 }, "TaskTaken", [3, 2]);
    const { ticket } = openClaim(workflow, other!, [3, 4]);
    await w.send(operator, "expire", [other!.address, 0, ticketStruct(ticket)]);
    for (const attempt of [0, 1, 3, 65_535])
      await refused([3, 5], { attempt }, "AttemptInvalid", [attempt]);
    await w.send(operator, "claimOpen", openArgs(workflow, operator, [3, 5], { attempt: 2 }));
    expect(await w.market.retryOf(workflow.id, 3)).to.deep.equal([1n, false]);
  });

  it("refuses attempt numbers but 1 for tasks that nobody has claimed: no number can be used up", async () => {
    const { refused } = await silent();
    for (const attempt of [0, 2, 65_535])
      await refused([3], { attempt }, "AttemptInvalid", [attempt]);
  });

  it("refuses busy slots, operators without stake, and those left with too little", async () => {
    const { w, workflow, operator, refused } = await silent();
    await claimOpen(w, workflow, operator, [0]);
    await refused([1], {}, "SlotBusy", [0]);
    const poor = openArgs(workflow, w.stranger, [1]);
    await w.refuses(w.stranger, "claimOpen", poor, "StakeInsufficient", [0, 501]);
    await w.send(operator, "startUnbonding", [10_000_001n - MIN_STAKE]);
    await refused([1], { slot: 1 }, "StakeBelowMinimum", [MIN_STAKE - 1n, MIN_STAKE]);
  });

  it("is the operator's and its delegate's", async () => {
    const { w, workflow, operator } = await silent();
    const args = openArgs(workflow, operator, [1]);
    await w.refuses(w.stranger, "claimOpen", args, "NotOperator", [
      w.stranger.address,
      operator.address,
    ]);
    await w.send(operator, "setDelegate", [w.stranger.address]);
    await w.send(w.stranger, "claimOpen", args);
    expect((await w.account(operator.address)).locked).to.equal(501n);
  });

  it("refuses workflows that are unknown, over, or past their deadline", async () => {
    const { w, workflow, refused } = await silent();
    await refused([3], { workflow: 99 }, "WorkflowUnknown", [99]);
    await w.send(w.requester, "cancel", [workflow.id]);
    await refused([3], {}, "WorkflowClosed", [workflow.id]);
  });

  it("refuses past the deadline", async () => {
    const { workflow, refused } = await silent();
    await time.increaseTo(workflow.deadline + 1);
    await refused([3], {}, "WorkflowClosed", [workflow.id]);
  });
});
