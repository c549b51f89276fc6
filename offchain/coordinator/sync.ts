import type { Address, Hex } from "viem";
import type { SyncRequest, SyncResponse } from "../../protocol/http";
import { UNSIGNED } from "./assign";
import { heard } from "./attempts";
import { canaryFor, heardOfCanary } from "./canaries";
import { attemptKey, isLive, type OperatorRun } from "./model";
import { awaitForgotten, race } from "./standby";
import { mayBeFound } from "./named-attempt";
import { withdraw } from "./outcomes";
import { renewalsFor } from "./taken-back";
import type { World } from "./world";

/** Verdicts in one answer; the rest comes with the next. */
const MAX_VERDICTS = 1_000;

type VerdictReport = SyncResponse["verdicts"][number];

/** Takes an operator's heartbeat in and answers with what is new for it, or when its patience ends. */
export async function sync(
  world: World,
  address: Address,
  body: SyncRequest,
): Promise<SyncResponse> {
  const operator = world.operator(address);
  seen(world, operator);
  operator.fleet.set({ draining: body.draining });
  for (const { workflow, task, attempt } of body.seenVerdicts) {
    const key = attemptKey(workflow, task, attempt);
    const told = operator.verdicts.get(key);
    if (!told) continue;
    operator.verdicts.delete(key);
    told.verdictSeen = true;
    world.journal.verdictSeen(told);
  }
  const strangers = named(world, operator, body);
  heardOfCanary(world, operator, body.canary);
  if (body.draining) giveUpCopies(world, operator);
  world.kick();
  await world.committed();
  const known = new Set(body.known.map((root) => root.toLowerCase()));
  const renewed = new Map(body.renewed?.map(({ root, claimBy }) => [root.toLowerCase(), claimBy]));
  const news = () => {
    world.commit(); // what has come in the same moment must be written too, before it leaves
    const canary = canaryFor(world, operator, body.canary);
    return { ...newsFor(operator, known, renewed, strangers), ...(canary && { canary }) };
  };
  let answer = news();
  if (empty(answer) && body.waitMs > 0) {
    operator.polls++;
    await waitForNews(world, operator, body.waitMs);
    operator.polls--;
    answer = news();
  }
  seen(world, operator);
  await world.disk.synced();
  return answer;
}

/** Notes that an operator is there. */
function seen(world: World, operator: OperatorRun): void {
  operator.lastSeen = world.now();
  if (operator.fleet.online) return;
  operator.fleet.set({ online: true });
  world.journal.operator(operator);
  world.kick();
}

/** Hears about each attempt that the operator holds. @returns verdicts on those that it should not hold */
function named(world: World, operator: OperatorRun, body: SyncRequest): VerdictReport[] {
  const strangers: VerdictReport[] = [];
  for (const report of body.running) {
    const run = world.runs.get(report.workflow);
    // What this coordinator has not loaded (yet), it can't judge.
    if (run && !run.work && run.state === "running") continue;
    // After a lost database its claim may stand, and only not be read yet: who is told to drop it would be late, and lose a share of its bond.
    if (mayBeFound(world, report)) {
      awaitForgotten(world, report);
      continue;
    }
    const attempt = run?.task(report.task)?.numbered(report.attempt);
    const its = attempt?.operator === operator.address;
    if (its && isLive(attempt)) {
      heard(world, attempt, report.progress, report.note);
      race(world, attempt);
    }
    // It has not heard the last word: it was not known yet when that was said.
    else if (its && attempt.verdict !== null) operator.verdicts.set(attempt.key, attempt);
    else if (
      !its &&
      !operator.verdicts.has(attemptKey(report.workflow, report.task, report.attempt))
    )
      strangers.push({
        workflow: report.workflow,
        task: report.task,
        attempt: report.attempt,
        verdict: "cancelled",
        reason: "another attempt has taken its place",
      });
  }
  return strangers;
}

/** A copy need not be waited for. */
function giveUpCopies(world: World, operator: OperatorRun): void {
  for (const { attempts } of operator.assignments.values())
    for (const attempt of attempts)
      if (attempt === attempt.task.standby) withdraw(world, attempt, "its operator is draining");
}

function newsFor(
  operator: OperatorRun,
  known: Set<string>,
  renewed: ReadonlyMap<string, number>,
  strangers: VerdictReport[],
): SyncResponse {
  const assignments = [...operator.assignments.values()]
    .filter(({ live, body }) => live && body.signature !== UNSIGNED && !known.has(body.root))
    .filter(({ attempts }) => attempts.some(isLive))
    .map(({ body }) => body);
  const verdicts = [...operator.verdicts.values()].slice(0, MAX_VERDICTS).map((attempt) => ({
    workflow: attempt.task.run.id,
    task: attempt.task.index,
    attempt: attempt.number,
    verdict: attempt.verdict!,
    reason: attempt.verdictReason ?? undefined,
    release: (attempt.release ?? undefined) as Hex | undefined,
  }));
  const renewals = renewalsFor(operator.assignments.values(), renewed);
  const news = { assignments, verdicts: [...strangers, ...verdicts] };
  return renewals.length > 0 ? { ...news, renewals } : news;
}

const empty = (answer: SyncResponse) =>
  answer.assignments.length + answer.verdicts.length === 0 && !answer.renewals && !answer.canary;

function waitForNews(world: World, operator: OperatorRun, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      operator.wake.delete(done);
      world.stopping.signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = world.deps.clock.after(ms, done);
    operator.wake.add(done);
    if (world.stopping.signal.aborted) done();
    else world.stopping.signal.addEventListener("abort", done, { once: true });
  });
}
