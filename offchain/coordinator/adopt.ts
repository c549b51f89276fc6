import type { Hex } from "viem";
import { commitmentHash } from "../../protocol/commitment";
import { fromBytes32, toBytes32, type Digest } from "../../protocol/digest";
import type { TakenResult } from "../db/schema/work";
import { originOf } from "./attempts";
import type { ChainTask } from "./facade";
import { newAttempt, type AttemptRun, type TaskRun } from "./model";
import { name, nameResult } from "./names";
import { validateSoon } from "./validate";
import type { World } from "./world";

// The chain knows attempts that this coordinator does not: its database was lost. What they are worth is still there: an operator that
// holds a claim reports its result again, and a committed result lies among the artifacts.

/** Takes an attempt on as if it had been assigned here. */
export function adopt(world: World, task: TaskRun, claim: ChainTask): void {
  const now = world.now();
  const { attempt: number, operator, root } = claim;
  const attempt: AttemptRun = {
    ...newAttempt(task, { number, operator, root, assignedAt: now }),
    // Whether it still computes is its operator's business: it holds no machine here.
    state: "computed",
    claimed: true,
    startedAt: now,
  };
  Object.assign(task, { attempt: claim.attempt, current: attempt, state: "running", reason: null });
  task.lane.remove(task);
  world.parked.clear(task);
  world.journal.task(task);
  world.journal.attempt(attempt);
  world.touch(task.run);
  world.deps.log.warn(
    { workflow: task.run.id, task: task.index, attempt: claim.attempt, pay: claim.pay },
    "the chain knows an attempt that is not known here",
  );
  if (claim.pay === "claimed") {
    const { limits, claimSeconds } = task.step;
    world.leases.open(attempt, { ...limits, runSeconds: claimSeconds }, now);
    world.deadlines.set(attempt, claim.deadline * 1000);
  } else if (claim.commitment) findResult(world, attempt, claim.commitment);
  else {
    // The contract verified the final step's proof, and says which it was.
    const { resultDigest } = world.deps.chain.workflow(task.run.id)!;
    if (!resultDigest) return;
    attempt.report = found(fromBytes32(resultDigest));
    name(world, task.run, [attempt.report.result]);
  }
}

/** What would have been reported of a result that was found. */
const found = (result: Digest): TakenResult => ({
  result,
  usage: { wallMs: 0, cpuMs: 0, maxRssMb: 0 },
  receipts: null,
});

/** What a commitment binds, beside chain and contract. */
type Binds = Omit<Parameters<typeof commitmentHash>[0], "chainId" | "market" | "resultDigest">;

/**
 * Looks for the artifact that a commitment is to.
 * @param goOn whether it is still looked for
 */
export async function committedResult(
  world: World,
  binds: Binds,
  commitment: Hex,
  goOn: () => boolean,
): Promise<Digest | undefined> {
  const { store, calls } = world.deps;
  const fields = { ...binds, chainId: calls.chainId, market: calls.market };
  for await (const result of store.all()) {
    if (!goOn()) return undefined;
    if (commitmentHash({ ...fields, resultDigest: toBytes32(result) }) === commitment)
      return result;
  }
  return undefined;
}

/** Looks for the result of an attempt that was never reported to this life. */
export function findResult(world: World, attempt: AttemptRun, commitment: Hex): void {
  const { task, operator, root } = attempt;
  const binds = { ...originOf(attempt), operator, root };
  const isOpen = () => attempt.state === "computed"; // its operator may report it meanwhile
  world.later("finding a committed result", { attempt: attempt.key }, async () => {
    const result = await committedResult(world, binds, commitment, isOpen);
    if (result && isOpen()) await nameResult(world, task, result);
    if (!isOpen()) return;
    if (!result) {
      task.reason = "the result that was committed to is not among the artifacts";
      world.touch(task.run);
      return;
    }
    attempt.report = found(result);
    attempt.state = "reported";
    validateSoon(world, attempt);
  });
}
