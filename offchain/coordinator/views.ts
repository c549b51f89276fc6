import { asc, eq } from "drizzle-orm";
import type { Digest } from "../../protocol/digest";
import type { OperatorView, TaskView, WorkflowView } from "../../protocol/http";
import { workAttempts } from "../db/schema/work";
import { expectedMs } from "./attempts";
import { decisions } from "./decisions";
import type { AttemptView, CoordinatorViews } from "./facade";
import { isLive, type OperatorRun, type Run, type TaskRun } from "./model";
import { find } from "../workflow/outlook";
import type { Source } from "../workflow/plan";
import { checkReuse } from "./reuse";
import { snapshot } from "./snapshot";
import { whyTask } from "./why-task";
import { whyWorkflow } from "./why-workflow";
import type { World } from "./world";
import { fromBytes32 } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";

/** Why a ready task has no operator, e.g. "no operator can take it now: machine 2, program 4". */
function whyWaiting(world: World, task: TaskRun): string | null {
  const reasons = new Map<string, number>();
  for (const why of world.matcher.explain(task.lane.partOf(task), task, world.now()).values())
    if (why) reasons.set(why, (reasons.get(why) ?? 0) + 1);
  if (reasons.size === 0) return null;
  const list = [...reasons].sort(([a], [b]) => (a < b ? -1 : 1)).map(([why, n]) => `${why} ${n}`);
  return `no operator can take it now: ${list.join(", ")}`;
}

/** Says it for all tasks of a step at once, unless an operator failed this one. */
function waitingReasons(world: World): (task: TaskRun) => string | null {
  const known = new Map<TaskRun["lane"], string | null>();
  return (task) => {
    if (task.state !== "ready" || task.reason !== null || task.run.state !== "running")
      return task.reason;
    if (task.avoid.size > 0) return whyWaiting(world, task);
    const lane = task.lane.partOf(task);
    if (!known.has(lane)) known.set(lane, whyWaiting(world, task));
    return known.get(lane)!;
  };
}

const originView = ({ reused }: TaskRun): TaskView["reused"] =>
  reused && { workflow: reused.workflow, task: reused.task, attempt: reused.attempt };

function taskView(
  world: World,
  task: TaskRun,
  pay: TaskView["pay"],
  reason: string | null,
): TaskView {
  const attempt = task.current;
  const known = world.experience.typicalMs(task.step.program, task.sizeClass);
  return {
    task: task.index,
    step: task.step.id,
    index: task.position,
    state: task.state,
    pay,
    // A copy that runs beside it, or has lost, has a later number.
    attempt: isLive(attempt) || (attempt && task.state === "done") ? attempt.number : task.attempt,
    operator: attempt?.operator ?? null,
    progress: task.state === "done" ? 1 : isLive(attempt) ? attempt.progress : 0,
    note: isLive(attempt) ? attempt.note : null,
    startedAt: attempt?.startedAt ?? null,
    endedAt: task.endedAt,
    expectedMs:
      known === undefined ? null : Math.round(attempt ? expectedMs(world, attempt) : known),
    result: task.result,
    reused: originView(task),
    reason,
  };
}

/** Outputs that are there so far. */
function outputsOf(run: Run): WorkflowView["outputs"] {
  const { work } = run;
  if (!work) return {};
  /** Null: it will never be there. */
  const digestOf = (source: Source): Digest | null | undefined => {
    const found = find(source, work.tasks);
    if (found === "open") return undefined;
    if (typeof found === "string") return null;
    return "digest" in found ? found.digest : work.tasks.get(found.task)!.outputs![found.output];
  };
  const outputs: WorkflowView["outputs"] = {};
  for (const [name, ref] of Object.entries(work.spec.outputs)) {
    try {
      const found = work.plan.resolve(ref, (task, output) =>
        work.collections.get(`${task}/${output}`),
      );
      if (!found) continue;
      if (!Array.isArray(found)) {
        const digest = digestOf(found);
        if (digest) outputs[name] = digest;
        continue;
      }
      const digests = found.map(digestOf);
      if (!digests.includes(undefined)) outputs[name] = digests.flatMap((digest) => digest ?? []);
    } catch (error) {
      // An output that the run's data turned out not to have is left out; the workflow says why it failed.
      if (!(error instanceof FrobenError)) throw error;
    }
  }
  return outputs;
}

function workflowView(world: World, run: Run): WorkflowView {
  const chain = world.deps.chain.workflow(run.id);
  if (!chain)
    throw new FrobenError("workflow_unknown", `workflow ${run.id} is no longer on-chain`, {
      status: 404,
      field: "workflow",
      value: run.id,
    });
  return {
    workflow: run.id,
    name: run.name,
    requester: chain.requester,
    spec: fromBytes32(chain.specHash),
    state: run.state,
    reason: run.reason,
    version: run.version,
    openedAt: chain.openedAt * 1000,
    endedAt: run.endedAt,
    settled: run.settled,
    paused: run.paused && run.state === "running",
    escrow: chain.escrow.toString(),
    spent: chain.spent.toString(),
    refunded: chain.refunded.toString(),
    feePaid: chain.feePaid.toString(),
    counts: run.counts,
    attempts: run.attempts,
    reused: run.reused,
    outputs: outputsOf(run),
    completionTx: chain.completionTx,
  };
}

/** Views for the API. What is current comes from memory, what is past from the database. */
export function createViews(world: World): CoordinatorViews {
  const { db, chain } = world.deps;
  const onChain = (run: Run) => chain.workflow(run.id) !== undefined;
  return {
    workflow: (id) => workflowView(world, world.run(id)),
    workflows: () =>
      [...world.runs.values()].filter(onChain).map((run) => workflowView(world, run)),
    tasks(id) {
      const run = world.run(id);
      const pays = new Map(chain.tasks(id).map((claim) => [claim.task, claim.pay]));
      const reasonOf = waitingReasons(world);
      return [...(run.work?.tasks.values() ?? [])]
        .map((task) => taskView(world, task, pays.get(task.index) ?? "none", reasonOf(task)))
        .sort((a, b) => a.task - b.task);
    },
    attempts(id): AttemptView[] {
      world.run(id);
      world.commit();
      return db
        .select()
        .from(workAttempts)
        .where(eq(workAttempts.workflow, id))
        .orderBy(asc(workAttempts.task), asc(workAttempts.attempt))
        .all()
        .map(
          ({ task, attempt, operator, outcome, state, standby, reason, startedAt, endedAt }) => ({
            task,
            attempt,
            operator,
            outcome: outcome ?? state,
            standby: standby !== null,
            reason,
            startedAt,
            endedAt,
          }),
        );
    },
    decisions: (id, after, limit) => decisions(world, world.run(id), after, limit),
    whyTask: (id, task, operators) => whyTask(world, world.run(id), task, operators),
    why: (id, operators) => whyWorkflow(world, world.run(id), operators),
    operators: () => [...world.operators.values()].map((operator) => operatorView(world, operator)),
    operator: (address) => operatorView(world, knownOperator(world, address)),
    checkReuse: (spec, requester) => checkReuse(world, spec, requester),
    programsHeld: () => world.fleet.programs(),
    snapshot: (programs) => snapshot(world, programs),
    async waitForChange(id, after, ms) {
      const run = world.run(id);
      if (run.version <= after && ms > 0 && !world.stopping.signal.aborted)
        await new Promise<void>((resolve) => {
          const done = () => {
            cancel();
            run.waiters.delete(done);
            world.stopping.signal.removeEventListener("abort", done);
            resolve();
          };
          const cancel = world.deps.clock.after(ms, done);
          run.waiters.add(done);
          world.stopping.signal.addEventListener("abort", done, { once: true });
        });
      return workflowView(world, run);
    },
    counts() {
      const tasks: Record<string, number> = {};
      for (const run of world.runs.values())
        for (const [state, count] of Object.entries(run.counts))
          tasks[state] = (tasks[state] ?? 0) + count;
      const online = [...world.operators.values()].filter(({ fleet }) => fleet.online);
      return { workflows: world.runs.size, tasks, operatorsOnline: online.length };
    },
  };
}

function operatorView({ deps, reputations }: World, operator: OperatorRun): OperatorView {
  const { fleet, address, lastSeen, done, failed, struck, canaries } = operator;
  const { free, locked, owed } = deps.chain.account(address);
  return {
    address,
    name: fleet.registration.name,
    machine: fleet.registration.machine.id,
    offer: fleet.registration.offer,
    programs: fleet.registration.programs,
    online: fleet.online,
    lastSeen,
    running: fleet.computing.size,
    free: free.toString(),
    locked: locked.toString(),
    owed: owed.toString(),
    done,
    failed,
    struck,
    canaries,
    reputationBlock: deps.chain.head().block,
    ...reputations.of(address),
  };
}

/** @throws FrobenError 404 `operator_unknown` */
function knownOperator(world: World, address: string): OperatorRun {
  const operator = world.operators.get(address.toLowerCase());
  if (!operator)
    throw new FrobenError("operator_unknown", "no such operator is registered here", {
      status: 404,
      field: "address",
      value: address,
      hint: "GET /v1/operators lists those that are",
    });
  return operator;
}
