import { assign } from "./assign";
import { takeCanaryAnswer } from "./canary-answers";
import { lookAtCanaries, lookSoon } from "./canaries";
import { challengeIfCommitted } from "./challenges";
import { closeRun } from "./closing";
import { deadlineDue, workflowDeadlineDue } from "./deadlines";
import type { Coordinator, CoordinatorDeps } from "./facade";
import { raiseDue } from "./offers";
import { fail } from "./outcomes";
import { setPaused } from "./pause";
import { park } from "./ready";
import { ChainNotes, reconcile, reconcileAll } from "./reconcile";
import { recover } from "./recover";
import { accept, takeFailure } from "./reports";
import { receiveResults } from "./results";
import { fetchSpec } from "./runs";
import { startStandbys } from "./standby";
import { sync } from "./sync";
import { takeResults } from "./take-results";
import { validateSoon } from "./validate";
import { createViews } from "./views";
import { World } from "./world";

/** Longest pause between two rounds while nothing is due, milliseconds. */
const MAX_PAUSE_MS = 1_000;

/** Longest wait for signatures before what changed is written without them, milliseconds. */
const SIGNING_MS = 10;

/** Longest wait for what runs in the background when stopping, milliseconds. */
const STOP_MS = 4_000;

const LEASE_ENDS = {
  start_timeout: "did not start in time",
  run_timeout: "ran for too long",
  silence: "its operator fell silent",
} as const;

/** Puts the coordinator's mind together. Call `recover` before anything else. */
export function createCoordinator(deps: CoordinatorDeps): Coordinator & {
  /** Resolves when nothing is under way: for tests, which drive the rounds themselves. */
  idle(): Promise<void>;
} {
  const notes = new ChainNotes();
  let scheduled: NodeJS.Immediate | undefined;
  let cancelTimer: () => void = () => {};
  let ready = false;
  let postponed = false;
  /** When the matcher wants to look at waiting tasks again. */
  let lookAgain: number | undefined;

  const kick = () => {
    if (!ready || scheduled || world.stopping.signal.aborted) return;
    scheduled = setImmediate(() => {
      scheduled = undefined;
      round();
    });
  };
  const world = new World(deps, kick);

  /** One round: take in what happened, end what is over, assign what is ready, write it down, and plan the next one. */
  function round(): void {
    if (world.stopping.signal.aborted) return;
    try {
      reconcile(world, notes.take());
      runDue();
      takeResults(world);
      let looked = performance.now();
      lookAgain = world.matcher.run(world.now(), (match) => {
        assign(world, match);
        const decided = performance.now();
        deps.metrics.decided((decided - looked) / 1000);
        looked = decided;
      });
      startStandbys(world);
      write();
    } catch (error) {
      deps.log.error({ err: error }, "a round of the coordinator failed");
      writeAnyway();
    }
    plan();
  }

  /**
   * Writes what changed together with the signatures of what was just assigned, a moment later: one write to the disk instead of two,
   * and each assignment once. If a signature takes longer than that, nobody waits for it. And while the disk is being written, what
   * changes is kept for the next time, which a round follows.
   */
  function write(): void {
    if (world.disk.isBusy) return;
    postponed = !postponed && world.signing > 0;
    if (!postponed) world.commit();
  }

  /** What requests have changed has nothing to do with what went wrong in a round. */
  function writeAnyway(): void {
    try {
      world.commit();
    } catch (error) {
      deps.log.error({ err: error }, "what changed could not be written");
    }
  }

  function runDue(): void {
    const now = world.now();
    for (const { key: attempt, end } of world.leases.expired(now))
      fail(world, attempt, end, LEASE_ENDS[end]);
    for (const attempt of world.deadlines.due(now)) deadlineDue(world, attempt);
    for (const task of world.parked.due(now)) park(world, task);
    for (const task of world.rises.due(now)) raiseDue(world, task);
    for (const chore of world.chores.due(now)) runChore(chore);
    for (const operator of world.operators.values()) {
      const silent = now - operator.lastSeen > deps.settings.operatorSilenceMs;
      if (operator.fleet.online && silent && operator.polls === 0) {
        operator.fleet.set({ online: false });
        world.journal.operator(operator);
      }
    }
  }

  function runChore(chore: string): void {
    const [kind, ...rest] = chore.split("/");
    const run = world.runs.get(Number(rest[0]));
    if (kind === "spec" && run) fetchSpec(world, run);
    if (kind === "close" && run) closeRun(world, run);
    if (kind === "look" && run) reconcileAll(world, run);
    if (kind === "deadline" && run) workflowDeadlineDue(world, run);
    if (kind === "challenge") {
      const wrong = world.challenges.get(rest.join("/"));
      if (wrong) challengeIfCommitted(world, wrong);
    }
    if (kind === "validate") {
      const attempt = run?.task(Number(rest[1]))?.current;
      if (attempt?.state === "validating" && attempt.number === Number(rest[2]))
        validateSoon(world, attempt);
    }
    if (kind === "canaries") lookAtCanaries(world);
    if (kind === "promise") world.dropPromise(rest[0]!, rest[1]! as `0x${string}`);
  }

  function plan(): void {
    cancelTimer();
    const { leases, deadlines, parked, rises, stragglers, chores } = world;
    const all = [leases, deadlines, parked, rises, stragglers, chores];
    const next = all.flatMap((timers) => timers.next() ?? []);
    if (lookAgain !== undefined) next.push(lookAgain);
    const most = postponed ? SIGNING_MS : MAX_PAUSE_MS;
    const pause = Math.min(most, ...next.map((at) => at - world.now()));
    cancelTimer = deps.clock.after(Math.max(1, pause), kick);
  }

  return {
    async recover() {
      await recover(world);
      ready = true;
      kick();
    },
    register(address, body) {
      world.enlist(address, body);
      lookSoon(world);
      world.kick();
      world.flush();
    },
    sync: (address, body) => sync(world, address, body),
    results: (address, body) => receiveResults(world, address, body),
    failure: async (address, body) => takeFailure(world, address, body),
    canary: (address, body) => takeCanaryAnswer(world, address, body),
    acceptance: (address, body) => accept(world, address, body),
    setPaused: (requester, workflow, paused) => setPaused(world, requester, workflow, paused),
    chainChanged(change) {
      world.reputations.changed(change.accounts);
      notes.add(change);
      kick();
    },
    async tick() {
      round();
    },
    idle: () => world.idle(),
    async stop() {
      cancelTimer();
      if (scheduled) clearImmediate(scheduled);
      world.stopping.abort();
      writeAnyway(); // requests that wait for the round that does not come
      // A node that doesn't answer is no reason to stay.
      const patience = new Promise<void>((resolve) => deps.clock.after(STOP_MS, resolve));
      await Promise.race([world.quiet(), patience]);
      world.flush();
      await world.disk.synced();
      world.disk.close();
    },
    views: createViews(world),
  };
}
