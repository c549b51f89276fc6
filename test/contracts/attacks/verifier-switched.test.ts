import { expect } from "chai";
import { ethers } from "hardhat";
import type { Hex } from "viem";
import { deploy } from "../support/contract";
import { refusesToOpen } from "../support/opening";
import { freshWorld } from "../support/world";

const setCode = (address: string, code: string) =>
  ethers.provider.send("hardhat_setCode", [address, code]);

describe("Attack: the verifier is switched after the workflow was opened", () => {
  it("fails with an account that delegates to code (EIP-7702): it is refused at opening", async () => {
    const w = await freshWorld();
    const verifier = w.stranger.address as Hex;
    const steps = w.steps({}, { verifier });
    await refusesToOpen(w, steps, "VerifierWithoutCode", [verifier]); // it may delegate later
    await setCode(verifier, `0xef0100${w.echo.slice(2)}`);
    await refusesToOpen(w, steps, "VerifierWithoutCode", [verifier]);
  });

  it("fails with a verifier that is gone: it says neither yes nor no, so nothing is struck and nothing completed", async () => {
    const w = await freshWorld();
    const verifier = (await (await deploy("EchoVerifier")).getAddress()) as Hex;
    const steps = w.steps({}, { verifier });
    const workflow = await w.open({ steps });
    const operator = w.operators[0]!;
    const batch = await w.commit(await w.claim(workflow, operator, [0]), { wrong: [0] });
    const final = await w.claim(workflow, operator, [492], { step: 2, slot: 1 });
    const code = await ethers.provider.getCode(verifier);
    await setCode(verifier, "0x");
    const why: [string, unknown[]] = ["VerifierWithoutCode", [verifier]];
    await w.refuses(w.challenger, "challenge", w.challengeArgs(batch, 0), ...why);
    await w.refuses(operator, "submitFinal", w.finalArgs(final), ...why);
    await setCode(verifier, code);
    await w.send(w.challenger, "challenge", w.challengeArgs(batch, 0));
    await w.send(operator, "submitFinal", w.finalArgs(final));
  });

  it("fails in the evidence: another verifier, or another gas limit, is not what the ticket binds", async () => {
    const w = await freshWorld();
    const workflow = await w.open();
    const batch = await w.commit(await w.claim(workflow, w.operators[0]!, [0]));
    const hostile = (await (await deploy("HostileVerifier")).getAddress()) as Hex;
    const { judge } = workflow.steps[0]!;
    for (const change of [{ verifier: hostile }, { verifierGas: 1 }])
      await w.refuses(
        w.challenger,
        "challenge",
        w.challengeArgs(batch, 0, { judge: { ...judge, ...change } }),
        "StepsMismatch",
        [workflow.id, 0],
      );
    expect((await w.market.slotOf(w.operators[0]!.address, 0)).removed).to.equal(0n);
  });
});
