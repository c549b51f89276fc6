import { time } from "@nomicfoundation/hardhat-network-helpers";
import type { ContractTransactionReceipt } from "ethers";
import { range, type Claim, type World } from "../../test/contracts/support/world";

const WORD = 192;

/** Sends a call of an operator. @returns what it used, and its events */
async function gasOf(world: World, name: string, account: World["requester"], args: unknown[]) {
  const tx = await world
    .as(account)
    .getFunction(name)
    .send(...args);
  const receipt = (await tx.wait()) as ContractTransactionReceipt;
  return { gas: Number(receipt.gasUsed), events: world.eventsOf(receipt) };
}

/** First tasks of successive batches: as many as fit a word of 192 tasks, then the next word. */
function firstTask(round: number, size: number): number {
  const perWord = Math.floor(WORD / size);
  return Math.floor(round / perWord) * WORD + (round % perWord) * size;
}

/**
 * Gas per task of claim + commit + settle, as an operator uses them: every transaction settles the batch before the last, commits
 * the last and claims the next. The mean over whole words of tasks, so that the fresh slot of every 192 tasks is in it.
 */
export async function pipelined(world: World, size: number): Promise<number> {
  const operator = world.operators[0]!;
  const rounds = Math.max(Math.floor(WORD / size), 6);
  const workflow = await world.open({
    steps: [{ ...world.steps()[0]!, maxTasks: 2_000 }],
    feeBps: 0,
  });
  const claims: Claim[] = [];
  const batches: Claim[] = [];
  let measured = 0;
  for (let round = 0; round < rounds + 2; round++) {
    const offer = await world.offer(workflow, operator, range(firstTask(round, size), size));
    const due = batches[round - 2];
    const live = claims[round - 1];
    const commit = live && (await world.commitCall(live));
    const { gas, events } = await gasOf(world, "advance", operator, [
      due ? [world.settleCall(due)] : [],
      commit ? [commit.call] : [],
      [world.claimCall(offer, round % 2)],
    ]);
    if (live) batches.push({ ...live, commitments: commit!.commitments, results: commit!.results });
    claims.push(world.claimFrom(offer, round % 2, events));
    if (round >= 2) measured += gas;
    await time.increase(301);
  }
  return Math.round(measured / (rounds * size));
}

/** What a part that is committed on its own adds to a transaction that commits the rest of the claim as well. */
export async function extraPartialCommit(world: World): Promise<number> {
  const operator = world.operators[0]!;
  const workflow = await world.open({ feeBps: 0 });
  const mask = (tasks: number[]) => tasks.reduce((bits, task) => bits | (1n << BigInt(task)), 0n);
  const measure = async (tasks: number[], parts: boolean): Promise<number> => {
    const claim = await world.claim(workflow, operator, tasks);
    const rest = tasks.slice(4);
    const left = { ...claim, ticket: { ...claim.ticket, tail: (300n << 192n) | mask(rest) } };
    const calls = parts
      ? [
          (await world.commitCall(claim, { tasks: tasks.slice(0, 4), partSlot: 1 })).call,
          (await world.commitCall(left)).call,
        ]
      : [(await world.commitCall(claim)).call];
    const { gas, events } = await gasOf(world, "advance", operator, [[], calls, []]);
    await time.increase(301);
    for (const event of events) {
      const { slot, ticket, commitments } = event.args;
      const done = {
        ...claim,
        slot: Number(slot),
        ticket: ticket.toObject(),
        commitments: commitments.toArray(),
      };
      await gasOf(world, "advance", operator, [[world.settleCall(done)], [], []]);
    }
    return gas;
  };
  await measure(range(0, 8), true); // fills both slots once: operators recycle theirs
  return (await measure(range(8, 8), true)) - (await measure(range(16, 8), false));
}
