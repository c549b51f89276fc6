import { time } from "@nomicfoundation/hardhat-network-helpers";
import { ethers } from "hardhat";
import type { Hex } from "viem";
import { minimumEscrow } from "../../protocol/terms";
import { deploy } from "../../test/contracts/support/contract";
import { operationsOf, range, UNIT, type World } from "../../test/contracts/support/world";
import fixture from "../../test/fixtures/semaphore-proof.json";

async function gasOf(
  world: World,
  account: World["requester"],
  name: string,
  args: unknown[],
  value = 0n,
): Promise<number> {
  const tx = await world
    .as(account)
    .getFunction(name)
    .send(...args, { value });
  return Number((await tx.wait())!.gasUsed);
}

/** Opening a workflow of eight steps; not the first of the market. */
export async function opening(world: World): Promise<number> {
  await world.open();
  const [step] = world.steps();
  const steps = Array.from({ length: 8 }, (_, i) => ({
    ...step!,
    firstTask: i * 100,
    maxTasks: 100,
  }));
  const terms = await world.terms({ feeBps: 250, silenceDelay: 3_600 });
  const escrow = minimumEscrow(steps, 250);
  return gasOf(world, world.requester, "openWorkflow", [terms, steps, escrow], escrow * UNIT);
}

/**
 * A challenge by Semaphore's verifier, out of a batch of `size`: whole transaction less what the verifier itself uses.
 * Requester and challenger were paid before, so that crediting them is an update.
 */
export async function challengeAboveVerifier(world: World, size: number): Promise<number> {
  const semaphore = await deploy("SemaphoreVerifier");
  const adapter = await deploy("SemaphoreAdapter", [await semaphore.getAddress()]);
  const verifier = (await adapter.getAddress()) as Hex;
  const statement = fixture.statement as Hex;
  const wrong = `${fixture.result.slice(0, -2)}00` as Hex;
  const workflow = await world.open({ steps: world.steps({}, { verifier, verifierGas: 600_000 }) });
  const operator = world.operators[0]!;
  const tasks = range(0, size);
  const claim = await world.claim(workflow, operator, tasks, {
    statements: tasks.map(() => statement),
  });
  const commitments = tasks.map((task) => world.commitmentFor(claim, task, wrong));
  const call = { slot: 0, ticket: claim.ticket, subMask: 0n, partSlot: 0, commitments };
  await world.advance(operator, { commits: [{ ...call, acceptance: "0x" }] });
  const batch = { ...claim, commitments, results: tasks.map(() => wrong) };
  await world.send(world.challenger, "challenge", world.challengeArgs(batch, 0, { statement }));
  const gas = await gasOf(
    world,
    world.challenger,
    "challenge",
    world.challengeArgs(batch, size - 1, { statement }),
  );
  return gas - (await verifierGas(verifier, statement, wrong));
}

/** What the adapter's answer costs inside a transaction: an estimate of a call, less the transaction's own part. */
async function verifierGas(adapter: string, statement: Hex, result: Hex): Promise<number> {
  const { interface: abi } = await ethers.getContractAt("IVerifier", adapter);
  const data = abi.encodeFunctionData("verify", [statement, result]);
  const trace = (await ethers.provider.send("debug_traceCall", [
    { to: adapter, data, gas: "0xf42400" },
    "latest",
    { disableStorage: true, disableMemory: true, disableStack: true },
  ])) as { gas: number };
  const bytes = Buffer.from(data.slice(2), "hex");
  const zeros = bytes.filter((byte) => byte === 0).length;
  return Number(trace.gas) - 21_000 - zeros * 4 - (bytes.length - zeros) * 16;
}

/** Taking over one expired task of eight, whole transaction. */
export async function takeOverOne(world: World): Promise<number> {
  const [late, next] = world.operators;
  const workflow = await world.open({ feeBps: 0 });
  // Both operators have worked before: their slots and accounts are not fresh.
  for (const [i, operator] of [late!, next!].entries())
    await world.settle(await world.matured(workflow, operator, [100 + i]));
  const claim = await world.claim(workflow, late!, range(0, 8));
  await time.increase(601);
  const offer = await world.offer(workflow, next!, [3], { attempt: 2 });
  const takeOvers = [{ holder: late!.address as Hex, slot: claim.slot, ticket: claim.ticket }];
  const claims = [world.claimCall(offer, 0, { takeOvers })];
  return gasOf(world, next!, "advance", [operationsOf({ claims })]);
}
