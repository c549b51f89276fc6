import { stepsRoot } from "../../../protocol/terms";
import { deploy } from "../support/contract";
import { freshWorld } from "../support/world";

describe("Attack: a coordinator with code", () => {
  it("is asked by a static call, so an account that is no signer signs nothing", async () => {
    const w = await freshWorld();
    const receiver = await deploy("HostileReceiver");
    const workflow = await w.open();
    await w.send(w.requester, "replaceCoordinator", [
      workflow.id,
      await receiver.getAddress(),
      stepsRoot(workflow.steps),
    ]);
    const offer = await w.offer(workflow, w.operators[0]!, [0]);
    await w.refusesOperations(
      w.operators[0]!,
      { claims: [w.claimCall(offer)] },
      "SignatureInvalid",
      [await receiver.getAddress()],
    );
  });
});
