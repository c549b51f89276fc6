import { expect } from "chai";
import type { Hex } from "viem";
import { deploy } from "../support/contract";
import { freshWorld, MIN_STAKE, operationsOf, UNIT, type World } from "../support/world";

const refusedSignature = (w: World): [string, unknown[]] => [
  "SignatureInvalid",
  [w.coordinator.address],
];

describe("Attack: claim sniping", () => {
  it("fails: an assignment to one operator is worth nothing to another", async () => {
    const w = await freshWorld();
    const offer = await w.offer(await w.open(), w.operators[0]!, [0]);
    const claims = [w.claimCall(offer)];
    await w.refusesOperations(w.operators[1]!, { claims }, ...refusedSignature(w));
  });

  it("fails with bytes copied out of the mempool, sent as they are or for their operator", async () => {
    const w = await freshWorld();
    const [victim, sniper] = w.operators;
    const offer = await w.offer(await w.open(), victim!, [0]);
    const bytes = operationsOf({ claims: [w.claimCall(offer)] });
    await w.refuses(sniper!, "advance", [bytes], ...refusedSignature(w));
    const who = [sniper!.address, victim!.address];
    await w.refuses(sniper!, "advanceFor", [victim!.address, bytes], "NotOperator", who);
    await w.send(victim!, "advance", [bytes]);
  });

  it("fails through a contract of the sniper's: who sends is who claims", async () => {
    const w = await freshWorld();
    const contract = await deploy("HostileReceiver");
    const address = (await contract.getAddress()) as Hex;
    const stake = [address, MIN_STAKE];
    await w.send(w.stranger, "deposit", stake, { value: MIN_STAKE * UNIT });
    const offer = await w.offer(await w.open(), w.operators[0]!, [0]);
    const bytes = operationsOf({ claims: [w.claimCall(offer)] });
    const data = w.market.interface.encodeFunctionData("advance", [bytes]);
    await expect(contract.getFunction("call").send(w.address, data))
      .to.be.revertedWithCustomError(w.market, "SignatureInvalid")
      .withArgs(w.coordinator.address);
  });
});
