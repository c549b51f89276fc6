/**
 * Who calls it: operator.ts runs it for the operator's whole life. One signed request is heartbeat and long poll in one:
 * it says what is held and how far it is, and brings assignments and verdicts.
 */
import type { Hex } from "viem";
import type { CanaryOffer } from "../../protocol/canary";
import { FrobenError } from "../../protocol/errors";
import type { Renewal, SignedAssignment, SyncRequest, SyncResponse } from "../../protocol/http";
import { LIMITS } from "../../protocol/limits";
import { RULE } from "../../protocol/terms";
import type { Clock } from "../clock";
import type { Holdings } from "../holdings/holdings";
import { isUndecided, type HeldTask } from "../holdings/phase";
import type { Log } from "../log";
import type { CoordinatorClient } from "./client";
import { ProgressReports } from "./progress-reports";
import { retryDelay, PATIENT } from "./retry";

/** Why a poll ends early; made once, since an error costs a stack each time. */
const NUDGED = new Error("there is something to tell");

type Verdict = SyncResponse["verdicts"][number];

export interface SyncLoopDeps {
  coordinator: Pick<CoordinatorClient, "sync" | "register">;
  holdings: Holdings;
  clock: Clock;
  log: Log;
  isDraining(): boolean;
  /** Registers again: a coordinator that lost its database knows nobody. */
  register(): Promise<void>;
  /** @throws FrobenError when the assignment is refused */
  takeIn(signed: SignedAssignment): Promise<void>;
  refuse(signed: SignedAssignment, error: FrobenError): void;
  /** @throws FrobenError when the renewal is refused */
  renew(renewal: Renewal): Promise<void>;
  /** The canary that is held, if one is. */
  canary(): string | undefined;
  takeCanary(offer: CanaryOffer): void;
  /** A task died by a verdict. */
  onDead(task: HeldTask): void;
  /** Something arrived. */
  onNews(): void;
}

/** Progress is shown to people: with work at hand nobody waits longer for it than this, milliseconds. */
const BUSY_WAIT_MS = 2_000;
const IDLE_WAIT_MS = 10_000;
/** Most time for the last word, milliseconds. */
const FAREWELL_MS = 1_000;
/** Refused assignments that are remembered, so that they are not sent again and again. */
const REFUSED_KEPT = 256;
/** Renewals that are named: as many as a request takes. */
const RENEWED_KEPT = 1_024;

/** Attempts that the coordinator has not said its last word about. */
function heldTasks(holdings: Holdings): HeldTask[] {
  return holdings
    .undecided()
    .flatMap((holding) => holding.tasks)
    .filter(isUndecided);
}

/**
 * Whoever does not know this operator does not know its results either: those that still count are reported again. So they are at its start,
 * as it can't tell whether the coordinator has lost its database meanwhile; who still has them takes note and no more.
 */
export function reportAgain(holdings: Holdings): void {
  for (const { tasks } of holdings.all())
    for (const task of tasks)
      if (task.phase === "reported" || task.phase === "valid")
        holdings.move(task, "computed", { verdict: null });
}

/** Says what went badly one by one, and what went well in a line. */
function logVerdicts(log: Log, verdicts: Verdict[]): void {
  const [good, bad] = [true, false].map((valid) =>
    verdicts.filter(({ verdict }) => (verdict === "valid") === valid),
  ) as [Verdict[], Verdict[]];
  for (const word of bad) log.info({ ...word, release: undefined }, "verdict");
  if (good.length === 0) return;
  const names = good.map(({ workflow, task, attempt }) => `${workflow}/${task}/${attempt}`);
  log.info({ tasks: names }, "found valid");
}

/**
 * Applies the coordinator's last word about an attempt.
 * Under rule verifier an "invalid" changes nothing: the adapter was asked before the receipt was signed, and it decides.
 * @returns whether the attempt died of it
 */
export function applyVerdict(holdings: Holdings, word: Verdict): HeldTask | undefined {
  const task = holdings.task(word.workflow, word.task, word.attempt);
  if (!task) return undefined;
  const { verdict } = word;
  const reason = word.reason ?? verdict;
  const release = (word.release as Hex | undefined) ?? task.release;
  const told = { verdict, release };
  if (verdict === "valid") {
    if (task.phase === "computed" || task.phase === "reported") holdings.move(task, "valid", told);
    else holdings.update(task, told);
    return undefined;
  }
  holdings.update(task, told);
  const { rule } = holdings.find(task.workflow, task.root)!.signed.terms;
  if (verdict === "invalid" && rule === RULE.verifier) return undefined;
  return holdings.move(task, verdict, { reason }) ? task : undefined;
}

export function createSyncLoop(deps: SyncLoopDeps) {
  const { coordinator, holdings, clock, log } = deps;
  const refused: string[] = [];
  /** Renewals that were taken or refused since the start, the latest last: their `claimBy` by root. */
  const answered = new Map<string, number>();
  const reports = new ProgressReports();
  let seen: Verdict[] = [];
  let poll = new AbortController();
  let nudged = false;

  function renewed(): SyncRequest["renewed"] {
    const held = holdings.all().filter(({ signed }) => signed.renewed);
    const all = new Map(held.map(({ signed }) => [signed.root, signed.claimBy]));
    for (const [root, claimBy] of answered) all.set(root, claimBy);
    return [...all].slice(-RENEWED_KEPT).map(([root, claimBy]) => ({ root, claimBy }));
  }

  function request(): { body: SyncRequest; tasks: HeldTask[] } {
    const held = heldTasks(holdings);
    const silences = holdings.undecided().map(({ signed }) => signed.limits.silenceSeconds * 1000);
    const busyWait = Math.floor(Math.min(BUSY_WAIT_MS, ...silences.map((ms) => ms / 3)));
    const { tasks, more } = reports.due(held, clock.now(), busyWait / 2);
    const canary = deps.canary();
    const tickets = renewed()!;
    const body = {
      running: tasks.map(({ workflow, task, attempt, progress, note }) => ({
        workflow,
        task,
        attempt,
        progress,
        ...(note === undefined ? {} : { note }),
      })),
      draining: deps.isDraining(),
      known: [...holdings.all().map(({ signed }) => signed.root), ...refused].slice(-1024),
      ...(tickets.length > 0 ? { renewed: tickets } : {}),
      seenVerdicts: seen
        .slice(0, 1024)
        .map(({ workflow, task, attempt }) => ({ workflow, task, attempt })),
      ...(canary === undefined ? {} : { canary }),
      waitMs: more ? 0 : held.length > 0 ? busyWait : IDLE_WAIT_MS,
    };
    return { body, tasks };
  }

  async function take(signed: SignedAssignment): Promise<void> {
    if (refused.includes(signed.root)) return;
    try {
      await deps.takeIn(signed);
      log.info(
        { workflow: signed.workflow, step: signed.stepId, tasks: signed.tasks.length },
        "assignment accepted",
      );
    } catch (error) {
      // Only a verdict about the assignment itself refuses it; after a fault of the chain it is sent again.
      if (!(error instanceof FrobenError) || !error.code.startsWith("assignment_")) throw error;
      log.warn(
        { workflow: signed.workflow, step: signed.stepId, err: error },
        "assignment refused",
      );
      refused.push(signed.root);
      if (refused.length > REFUSED_KEPT) refused.shift();
      deps.refuse(signed, error);
    }
  }

  async function renew(renewal: Renewal): Promise<void> {
    const { workflow, root, claimBy } = renewal;
    try {
      await deps.renew(renewal);
      log.info({ workflow, root, claimBy }, "a claim can be made again");
    } catch (error) {
      if (!(error instanceof FrobenError) || !error.code.startsWith("assignment_")) throw error;
      log.warn({ workflow, root, err: error }, "renewal refused");
    }
    answered.delete(root);
    answered.set(root, claimBy);
    if (answered.size > RENEWED_KEPT) answered.delete(answered.keys().next().value!);
  }

  async function once(signal: AbortSignal): Promise<void> {
    nudged = false;
    poll = new AbortController();
    const { body: sent, tasks } = request();
    const answer = await coordinator.sync(sent, AbortSignal.any([signal, poll.signal]));
    reports.heard(tasks, sent.running, clock.now());
    seen = seen.slice(sent.seenVerdicts.length);
    const died = holdings.together(() =>
      answer.verdicts.flatMap((word) => applyVerdict(holdings, word) ?? []),
    );
    seen.push(...answer.verdicts);
    logVerdicts(log, answer.verdicts);
    for (const task of died) deps.onDead(task);
    for (const signed of answer.assignments)
      if (!deps.isDraining() && signed.tasks.length <= LIMITS.maxBatch) await take(signed);
    const renewals = answer.renewals ?? [];
    for (const renewal of renewals) await renew(renewal);
    if (answer.canary) deps.takeCanary(answer.canary);
    const news = [answer.verdicts, answer.assignments, renewals];
    if (news.some(({ length }) => length > 0)) deps.onNews();
  }

  return {
    /** Has the coordinator hear at once how far the tasks are, instead of after the poll that is under way. */
    nudge(): void {
      if (nudged) return; // as each of many tasks that end together does
      nudged = true;
      poll.abort(NUDGED);
    },
    /** A last word before this process ends: give me nothing new; what I hold I may come back for. */
    async farewell(): Promise<void> {
      const goodbye = { ...request().body, draining: true, waitMs: 0 };
      await coordinator.sync(goodbye, AbortSignal.timeout(FAREWELL_MS)).catch((err: unknown) => {
        log.debug({ err }, "the coordinator did not hear the farewell");
      });
    },
    /** Runs until `signal` aborts. */
    async run(signal: AbortSignal): Promise<void> {
      let failures = 0;
      while (!signal.aborted) {
        try {
          await once(signal);
          failures = 0;
        } catch (error) {
          if (signal.aborted) return;
          if (nudged) continue; // an answer that is lost that way is sent again
          failures++;
          reports.forget();
          log.warn({ err: error, failures }, "the coordinator could not be reached");
          await clock.sleep(retryDelay(PATIENT, failures, Math.random()), signal);
          const unknown = error instanceof FrobenError && !error.retryable && error.status < 500;
          if (!unknown || signal.aborted) continue;
          await deps
            .register()
            .then(() => reportAgain(holdings))
            .catch((err: unknown) => log.warn({ err }, "can't register"));
        }
      }
    },
  };
}
