import { time } from "@nomicfoundation/hardhat-network-helpers";
import { maskOf, withMask } from "../../protocol/ticket";
import {
  operationsOf,
  range,
  type Claim,
  type Parts,
  type World,
} from "../../test/contracts/support/world";

const WORD = 192;

/** @returns what a transaction of operations used */
async function gasOf(world: World, operator: World["requester"], parts: Parts): Promise<number> {
  const tx = await world.as(operator).getFunction("advance").send(operationsOf(parts));
  return Number((await tx.wait())!.gasUsed);
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
    const gas = await gasOf(world, operator, {
      settles: due ? [world.settleCall(due)] : [],
      commits: commit ? [commit.call] : [],
      claims: [world.claimCall(offer, round % 2)],
    });
    if (commit) batches.push(commit.batch);
    claims.push(world.claimFrom(offer, round % 2));
    if (round >= 2) measured += gas;
    await time.increase(301);
  }
  return Math.round(measured / (rounds * size));
}

/** What a part that is committed on its own adds to a transaction that commits the rest of the claim as well. */
export async function extraPartialCommit(world: World): Promise<number> {
  const operator = world.operators[0]!;
  const workflow = await world.open({ feeBps: 0 });
  const measure = async (tasks: number[], parts: boolean): Promise<number> => {
    const claim = await world.claim(workflow, operator, tasks);
    const rest = tasks.slice(4);
    const left = { ...claim, ticket: withMask(claim.ticket, maskOf(rest)) };
    const calls = parts
      ? [
          await world.commitCall(claim, { tasks: tasks.slice(0, 4), partSlot: 1 }),
          await world.commitCall(left),
        ]
      : [await world.commitCall(claim)];
    const gas = await gasOf(world, operator, { commits: calls.map(({ call }) => call) });
    await time.increase(301);
    await gasOf(world, operator, { settles: calls.map(({ batch }) => world.settleCall(batch)) });
    return gas;
  };
  await measure(range(0, 8), true); // fills both slots once: operators recycle theirs
  return (await measure(range(8, 8), true)) - (await measure(range(16, 8), false));
}
