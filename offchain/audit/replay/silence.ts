import { getAddress, zeroAddress } from "viem";
import { tasksOf, unpackTicket } from "../../../protocol/ticket";
import type { EventOf } from "../chain/market-event";
import { claimed } from "./claims";
import { knownWorkflow, RULES, type Replay } from "./context";
import type { Workflow } from "./ledger";
import { MAX_OPEN_CLAIM } from "./shares";
import { isOpen } from "./workflows";

/** Somebody says that the coordinator is silent, with a bond for its answer. */
export function silenceDeclared(
  replay: Replay,
  { args, time }: EventOf<"SilenceDeclared">,
  where: string,
): void {
  const workflow = knownWorkflow(replay, RULES.silence, args.workflow, where);
  const account = replay.ledger.account(args.by);
  account.free -= args.bond;
  account.locked += args.bond;
  const check = replay.recorder.check(RULES.silence);
  const { lateGasRefund } = replay.parameters;
  check.expect(
    args.bond === lateGasRefund,
    "silence_bond",
    where,
    () => `${args.bond} units, the bond is ${lateGasRefund}`,
  );
  if (!workflow) return;
  check.expect(
    isOpen(workflow, time) && workflow.silenceDelay > 0 && workflow.silentAt === undefined,
    "silence_not_declarable",
    where,
    "the workflow is over, does not know silence, or its coordinator was declared silent before",
  );
  workflow.silentAt = time;
  workflow.silentBy = getAddress(args.by);
}

/** Whose bond an event moves must be who declared; without one, nobody's. */
function checkDeclarer(
  replay: Replay,
  workflow: Workflow,
  { by, bond }: EventOf<"SilenceAnswered" | "SilenceEnded">["args"],
  where: string,
): void {
  const due = workflow.silentBy ? replay.parameters.lateGasRefund : 0n;
  replay.recorder
    .check(RULES.silence)
    .expect(
      getAddress(by) === (workflow.silentBy ?? zeroAddress) && bond === due,
      "silence_bond",
      where,
      () => `moves ${bond} units of ${by}, ${due} are locked by ${workflow.silentBy ?? "nobody"}`,
    );
}

/** The coordinator answered: the declarer's bond is its. */
export function silenceAnswered(
  replay: Replay,
  { args }: EventOf<"SilenceAnswered">,
  where: string,
): void {
  const workflow = knownWorkflow(replay, RULES.silence, args.workflow, where);
  replay.ledger.account(args.by).locked -= args.bond;
  if (!workflow) return;
  replay.ledger.account(workflow.coordinator).owed += args.bond;
  replay.recorder
    .check(RULES.silence)
    .expect(
      workflow.silentAt !== undefined,
      "silence_unknown",
      where,
      "the coordinator had not been declared silent",
    );
  checkDeclarer(replay, workflow, args, where);
  workflow.silentAt = undefined;
  workflow.silentBy = undefined;
}

/** The coordinator did not answer in time, or the workflow is over: the declarer has its bond back. */
export function silenceEnded(
  replay: Replay,
  { args, time }: EventOf<"SilenceEnded">,
  where: string,
): void {
  const account = replay.ledger.account(args.by);
  account.locked -= args.bond;
  account.free += args.bond;
  const workflow = knownWorkflow(replay, RULES.silence, args.workflow, where);
  if (!workflow) return;
  const check = replay.recorder.check(RULES.silence);
  check.expect(
    workflow.silentBy !== undefined && (!isOpen(workflow, time) || isSilent(workflow, time)),
    "silence_not_over",
    where,
    "nobody's bond is locked, or the coordinator still had time to answer",
  );
  checkDeclarer(replay, workflow, args, where);
  workflow.silentBy = undefined;
}

/** Whether a coordinator has let its time to answer pass. */
const isSilent = ({ silentAt, silenceDelay }: Workflow, time: number): boolean =>
  silentAt !== undefined && time > silentAt + silenceDelay;

/** A claim without a coordinator: at the step's ceiling, of tasks that the requester fixed, the next attempt. */
export function openClaimed(replay: Replay, event: EventOf<"OpenClaimed">, where: string): void {
  const { args, time } = event;
  replay.ledger.account(args.operator).heardBlock = event.block;
  const ticket = { ...args.ticket, root: args.root, judgeHash: args.judgeHash };
  const claim = unpackTicket(ticket);
  const workflow = replay.ledger.workflows.get(args.workflow);
  const step = workflow?.steps[claim.step];
  const tasks = tasksOf(claim.word, claim.mask);
  const ended = tasks.map((task) => workflow?.tasks.get(task)?.endedAttempt ?? 0);
  const check = replay.recorder.check(RULES.claims);
  check.expect(
    claim.open &&
      step !== undefined &&
      claim.price === step.ceiling &&
      args.root === step.judge.openRoot &&
      tasks.length <= MAX_OPEN_CLAIM,
    "open_claim_terms",
    where,
    "an open claim is at the ceiling, under the root that the requester fixed",
  );
  check.expect(
    claim.attempt === Math.max(0, ...ended) + 1,
    "open_claim_attempt",
    where,
    () => `attempt ${claim.attempt}, the last that ended is ${Math.max(0, ...ended)}`,
  );
  check.expect(
    workflow !== undefined && isSilent(workflow, time),
    "open_claim_unopened",
    where,
    "the coordinator was not silent",
  );
  const { operator, slot, deadline } = args;
  const as: EventOf<"Claimed"> = {
    ...event,
    name: "Claimed",
    args: { operator, workflow: args.workflow, slot, ticket, deadline, assignment: undefined },
  };
  replay.told.push(as);
  claimed(replay, as, where);
}
