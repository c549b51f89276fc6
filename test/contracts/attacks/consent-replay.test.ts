import { expect } from "chai";
import { stepsRoot } from "../../../protocol/terms";
import { withMask } from "../../../protocol/ticket";
import { freshWorld, type Claim, type World } from "../support/world";

// An acceptance and a release name the operator and the ticket's hash: workflow, step, attempt, tasks, price and root.

const ACCEPTED = { step: 1 };

/** Claims of one accepted task that differ in one thing: whose, of which workflow, task or price. */
async function likeClaims(w: World): Promise<Record<string, [Claim, Claim]>> {
  const [workflow, other] = [await w.open(), await w.open()];
  const [one, two] = w.operators;
  const claim = (slot: number, task: number, of = workflow, by = one!, price = 700n) =>
    w.claim(of, by, [task], { ...ACCEPTED, slot, price });
  return {
    operator: [await claim(0, 300), await claim(0, 301, workflow, two!)],
    workflow: [await claim(1, 302), await claim(1, 302, other, two!)],
    task: [await claim(2, 303), await claim(3, 304)],
    price: [await claim(4, 305), await claim(5, 306, workflow, one!, 699n)],
  };
}

describe("Attack: replay of a coordinator's consent", () => {
  it("an acceptance for one operator, workflow, task or price is none for another", async () => {
    const w = await freshWorld();
    for (const [what, [from, to]] of Object.entries(await likeClaims(w))) {
      const { acceptance } = (await w.commitCall(from)).call;
      const { call } = await w.commitCall(to);
      const { operator } = to.offer;
      const commits = [{ ...call, acceptance }];
      expect(acceptance, what).not.to.equal(call.acceptance);
      await w.refusesOperations(operator, { commits }, "SignatureInvalid", [w.coordinator.address]);
      await w.advance(operator, { commits: [call] });
    }
  });

  it("a release for one operator, workflow, task or price is none for another", async () => {
    const w = await freshWorld();
    for (const [from, to] of Object.values(await likeClaims(w))) {
      const mask = from.offer.assignment.mask;
      const args = w.releaseArgs(to, await w.releaseSignature(from, mask));
      const refused = [w.coordinator.address];
      await w.refuses(to.offer.operator, "release", args, "SignatureInvalid", refused);
    }
  });

  it("an acceptance of all tasks is none of some, and of these results is none of others", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [300, 301], ACCEPTED);
    const { acceptance } = (await w.commitCall(claim)).call;
    const part = await w.commitCall(claim, { tasks: [300], partSlot: 1 });
    const wrong = await w.commitCall(claim, { wrong: [301] });
    for (const { call } of [part, wrong]) {
      const commits = [{ ...call, acceptance }];
      const refused = [w.coordinator.address];
      await w.refusesOperations(operator!, { commits }, "SignatureInvalid", refused);
    }
  });

  it("a release is worth nothing once its part has been committed, and frees no batch", async () => {
    const w = await freshWorld();
    const [operator] = w.operators;
    const claim = await w.claim(await w.open(), operator!, [0, 1]);
    const signature = await w.releaseSignature(claim, 1n);
    await w.commit(claim, { tasks: [0], partSlot: 1 });
    const rest = { ...claim, ticket: withMask(claim.ticket, 2n) };
    const outside = w.releaseArgs(rest, signature, 1n);
    await w.refuses(operator!, "release", outside, "MaskInvalid", [1n, 2n]);
    const batch = w.releaseArgs({ ...claim, slot: 1 }, signature, 1n);
    await w.refuses(operator!, "release", batch, "SlotState", [1, 2, 1]);
  });

  it("the former coordinator's consent ends when the requester replaces it; the new one's counts", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const [operator] = w.operators;
    const claim = await w.claim(workflow, operator!, [300], ACCEPTED);
    const { call } = await w.commitCall(claim);
    const old = await w.releaseSignature(claim, claim.offer.assignment.mask);
    const replaced = [workflow.id, w.stranger.address, stepsRoot(workflow.steps)];
    await w.send(w.requester, "replaceCoordinator", replaced);
    const why: [string, unknown[]] = ["SignatureInvalid", [w.stranger.address]];
    await w.refusesOperations(operator!, { commits: [call] }, ...why);
    await w.refuses(operator!, "release", w.releaseArgs(claim, old), ...why);
    const fresh = await w.releaseSignature(claim, claim.offer.assignment.mask, w.stranger);
    await w.send(operator!, "release", w.releaseArgs(claim, fresh));
  });
});
