import { expect } from "chai";
import { assignmentRoot } from "../../../protocol/assignment";
import { maskOf, tasksOf } from "../../../protocol/ticket";
import { openArgs, silence } from "../support/silence";
import { freshWorld, range, ZERO32 } from "../support/world";

describe("Attack: an index out of the step", () => {
  it("fails for a dear task by a cheap step's terms, although the coordinator signed it by mistake", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    // The final task, 492, under the terms of the accepted step, which lock less and need no proof.
    const offer = await w.offer(workflow, operator!, [491, 492], { step: 1 });
    const { word, mask } = offer.assignment;
    await w.refusesOperations(operator!, { claims: [w.claimCall(offer)] }, "TaskOutOfStep", [
      word,
      mask,
      300,
      192,
    ]);
    const claims = [w.claimCall(offer, 0, { claimMask: maskOf([491]) })];
    await w.advance(operator!, { claims });
  });

  it("fails with terms stretched over the neighbour: they are under no root", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const call = w.claimCall(await w.offer(workflow, operator!, [300]));
    const { terms, path } = call.opening;
    const opening = { path, terms: { ...terms, maxTasks: 400 } };
    await w.refusesOperations(operator!, { claims: [{ ...call, opening }] }, "StepsMismatch", [
      workflow.id,
      0,
    ]);
  });

  it("fails beyond the workflow's last task, in the last word and in the farthest", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    for (const task of [493, 575, 65_535 * 192]) {
      const offer = await w.offer(workflow, operator!, [task], { step: 2 });
      const { word, mask } = offer.assignment;
      await w.refusesOperations(operator!, { claims: [w.claimCall(offer)] }, "TaskOutOfStep", [
        word,
        mask,
        492,
        1,
      ]);
    }
  });

  it("fails for an open leaf that the requester fixed for another step's task", async () => {
    const w = await freshWorld();
    const [verified, accepted, final] = w.steps();
    const leaf = { task: 491, attempt: 0, inputsDigest: ZERO32, statementDigest: ZERO32 };
    const leaves = [{ ...leaf, decisionDigest: ZERO32 }];
    const judge = { ...final!.judge, openRoot: assignmentRoot(leaves) };
    const steps = [verified!, accepted!, { ...final!, judge }];
    const workflow = await w.open({ steps, silenceDelay: 600 });
    await silence(w, workflow);
    const opening = [{ leaf: leaves[0], path: [] }];
    const args = openArgs(workflow, w.operators[0]!, [], { step: 2, leaves: opening });
    const where = [Math.floor(491 / 192), maskOf([491]), 492, 1];
    await w.refuses(w.operators[0]!, "claimOpen", args, "TaskOutOfStep", where);
  });

  it("takes every task of a step whose bounds lie inside words, and each of them once", async () => {
    const w = await freshWorld();
    const [first] = w.steps();
    const size = { ceiling: 1n, bond: 1n };
    const steps = [
      { ...first!, ...size, firstTask: 0, maxTasks: 190 },
      { ...first!, ...size, firstTask: 190, maxTasks: 5 },
    ];
    const workflow = await w.open({ steps });
    const [operator] = w.operators;
    const parts = [
      [190, 191],
      [192, 193, 194],
    ];
    for (const [slot, tasks] of parts.entries()) {
      const claim = await w.claim(workflow, operator!, tasks, { step: 1, slot });
      expect(tasksOf(claim.offer.assignment.word, claim.offer.assignment.mask)).to.deep.equal(
        tasks,
      );
    }
    await w.claim(workflow, operator!, range(70, 120), { step: 0, slot: 2 });
    const again = await w.offer(workflow, operator!, [192], { step: 1 });
    await w.refusesOperations(
      operator!,
      { claims: [w.claimCall(again, 3)] },
      "TaskTaken",
      [192, 1],
    );
  });
});
