import { marketAbi, WORKFLOW_STATUS } from "../../protocol/abi";
import { ticketHash, ticketStruct } from "../../protocol/ticket";
import type { ChainBatch, ChainDispute, ChainWorkflow } from "./facade";
import { allDone, type Run } from "./model";
import { send } from "./send";
import type { World } from "./world";

/** How long after its time a claim or dispute that nobody else ends is ended by the coordinator, seconds. */
const CLOSE_AFTER_SECONDS = 10;
const LOOK_AGAIN_MS = 5_000;

/** Purpose of the transactions that declare workflows finished: claims are taken for a short time only after it, so it waits for those taken back. */
const FINISH = "finish/";

/** Whether a transaction, by its purpose, is one that is sent again only when `closeRun` asks for it. */
export const isFinish = (purpose: string): boolean => purpose.startsWith(FINISH);

/**
 * Does on-chain what a workflow needs to come to rest: declares that no task is left, ends claims that nobody will deliver and
 * disputes whose time is over, and notes when nothing can be paid any more.
 */
export function closeRun(world: World, run: Run): void {
  const ended = run.state !== "running";
  if (!ended && !allDone(run)) return;
  const chain = world.deps.chain.workflow(run.id);
  if (!chain) return;
  const live = world.deps.chain.liveBatches(run.id);
  const claimed = live.filter((batch) => batch.state === "claimed");
  const disputes = world.deps.chain.openDisputes(run.id);
  const isAwaited = run.takenBack.size > 0;
  const isOpen = chain.status === WORKFLOW_STATUS.open;
  const claimable = isAwaited || (isOpen && !world.passed(run.claimableUntil));
  const settled = ended && live.length === 0 && disputes.length === 0 && !claimable;
  if (settled && run.settled) return;
  const hasFinal = run.work?.spec.steps.some((step) => step.final) ?? true;
  // Claims that stand can still be delivered and paid after that; those that were taken back come first.
  const ours = chain.coordinator.toLowerCase() === world.deps.account.address.toLowerCase();
  if (!hasFinal && ours && isOpen && !isAwaited)
    if (run.state !== "cancelled" && run.state !== "refused")
      send(world, `${FINISH}${run.id}`, {
        abi: marketAbi,
        functionName: "finish",
        args: [run.id],
      });
  for (const batch of claimed) expireIfLapsed(world, batch);
  for (const dispute of disputes) moveDisputeOn(world, run, dispute);
  // First, so that a crash between the two does it again.
  if (settled) world.deps.retention.settled(run.id);
  // A reorganisation may take payments back: then it is not settled any more.
  if (settled !== run.settled) {
    run.settled = settled;
    world.touch(run);
  }
  if (settled) world.chores.clear(`close/${run.id}`);
  else if (claimed.length > 0 || disputes.length > 0 || claimable)
    world.chores.set(`close/${run.id}`, world.now() + LOOK_AGAIN_MS);
}

function expireIfLapsed(world: World, batch: ChainBatch): void {
  if (!world.passed(batch.deadline + CLOSE_AFTER_SECONDS)) return;
  const { operator, slot, ticket } = batch;
  send(world, `expire/${operator}/${slot}/${ticketHash(ticket)}/${batch.deadline}`, {
    abi: marketAbi,
    functionName: "expire",
    args: [operator, slot, ticketStruct(ticket)],
  });
}

/** Draws a jury, or ends a dispute whose time is over: anyone may, and who won has a reason to, but nobody must. */
function moveDisputeOn(world: World, run: Run, dispute: ChainDispute): void {
  const { key, task, attempt, phase, closesAt, drawBlock } = dispute;
  const due =
    phase === "drawing"
      ? world.deps.chain.head().block > drawBlock!
      : world.passed(closesAt! + CLOSE_AFTER_SECONDS);
  if (!due) return;
  const functionName =
    phase === "drawing" ? "draw" : phase === "voting" ? "closeCase" : "closeDemand";
  const when = phase === "drawing" ? drawBlock : closesAt;
  send(world, `${functionName}/${run.id}/${task}/${attempt}/${when}`, {
    abi: marketAbi,
    functionName,
    args: [key],
  });
}

/** Answers whoever declared this coordinator silent: until it does, others may claim the tasks that the requester has opened. */
export function answerSilence(world: World, run: Run, chain: ChainWorkflow): void {
  if (chain.silentAt === null || run.state !== "running") return;
  const call = { abi: marketAbi, functionName: "answerSilence", args: [run.id] } as const;
  send(world, `answerSilence/${run.id}/${chain.silentAt}`, call, (sent) => {
    if (!sent) world.chores.set(`look/${run.id}`, world.now() + LOOK_AGAIN_MS);
  });
}
