import { getAddress } from "viem";
import { tasksOf } from "../../../protocol/ticket";
import type { EventOf } from "../chain/market-event";
import { addSpent } from "./claims";
import { knownWorkflow, RULES, type Replay } from "./context";
import { attemptKey } from "./ledger";
import { strikeShares } from "./shares";

/** One committed result was proven wrong: its whole bond is split, its pay returns to the escrow, the task is open again. */
export function struck(replay: Replay, event: EventOf<"Struck">, where: string): void {
  const { args, time } = event;
  const check = replay.recorder.check(RULES.strikes);
  const workflow = knownWorkflow(replay, RULES.strikes, args.workflow, where);
  const account = replay.ledger.account(args.operator);
  const due = strikeShares(args.bond);
  check.expect(
    args.toChallenger === due.toChallenger &&
      args.toRequester === due.toRequester &&
      args.burned === due.burned,
    "strike_split",
    where,
    () =>
      `bond ${args.bond} split into ${args.toChallenger}, ${args.toRequester} and ${args.burned} units, due are ${due.toChallenger}, ${due.toRequester} and ${due.burned}`,
  );
  account.locked -= args.bond;
  account.slashed += args.bond;
  account.struckTasks++;
  replay.ledger.account(args.challenger).owed += args.toChallenger;
  replay.ledger.burned += args.burned;
  if (workflow) {
    replay.ledger.account(workflow.requester).owed += args.toRequester;
    workflow.compensated += args.toRequester;
  }

  const batch = replay.ledger.batch(args.operator, args.slot);
  const holds =
    batch?.state === "committed" &&
    batch.claim.attempt === args.attempt &&
    tasksOf(batch.claim.word, batch.claim.mask).includes(args.task);
  if (
    !check.expect(
      holds,
      "strike_without_commitment",
      where,
      () => `slot ${args.slot} of ${args.operator} holds no commitment for task ${args.task}`,
    )
  )
    return;
  const { claim } = batch!;
  check.expect(
    !batch!.struck.has(args.task),
    "struck_twice",
    where,
    `task ${args.task} was struck before`,
  );
  check.expect(
    time < batch!.time,
    "strike_after_window",
    where,
    () => `at ${time}, matured at ${batch!.time}`,
  );
  check.expect(
    args.bond === claim.bond,
    "bond_amount",
    where,
    () => `takes ${args.bond} units, the bond is ${claim.bond}`,
  );
  batch!.struck.add(args.task);
  if (workflow) addSpent(workflow, claim.word, -claim.price);
  const task = workflow?.tasks.get(args.task);
  if (task && task.attempt === args.attempt && task.operator === getAddress(args.operator)) {
    task.state = "struck";
    task.endedAttempt = Math.max(task.endedAttempt, args.attempt);
  }
  const record = replay.ledger.committed.get(attemptKey(args.workflow, args.task, args.attempt));
  if (record) record.outcome = "struck";
}
