import { endOf } from "../matchmaker/pace";
import type { Ending } from "../runtime/machine";
import { Leases } from "../runtime/leases";
import { afterFailure, countsAs, ranMs } from "../runtime/retry";
import { Attempt, workOf, type Chain, type Running } from "./attempt";
import { conductOf } from "./conduct";
import type { Host } from "./floor";
import type { AttemptListener, Market, SimFailure } from "./market";
import { trueSeconds } from "./model";
import type { SimAttempt } from "./result";
import type { SimRun } from "./run";

/** Between a failure and the next attempt where the workflow says nothing, seconds. */
const BACKOFF_SECONDS = 1;

/** An operator may claim what it was given for so long: the coordinator's default, seconds. */
const CLAIM_BY_SECONDS = 30;

/** @returns by when an attempt that is given out now must be claimed */
const claimBy = ({ lane }: SimRun, now: number): number =>
  now + Math.min(CLAIM_BY_SECONDS, lane.terms.claimSeconds) * 1000;

/** Attempts under way: what their operators do, and which time limits they break. Times in Unix milliseconds. */
export class Attempts {
  private readonly leases = new Leases<Attempt>();
  /** Of operators that fall silent for a while. */
  private readonly live = new Map<Host, Set<Attempt>>();

  /** @param clairvoyant when attempts end is known on the market's books, not expected */
  constructor(
    private readonly market: Market,
    private readonly clairvoyant: boolean,
    private readonly listener: AttemptListener,
  ) {}

  /** @returns when a time limit should be looked at; undefined while there is none */
  next(): number | undefined {
    return this.leases.next();
  }

  /** Gives tasks to a host: it books what starts at once; what is left follows in turn in the same bookings. */
  give(tasks: readonly SimRun[], slots: number, host: Host, price: bigint, now: number): void {
    const { fleet, operator } = host;
    const chain: Chain = { host, waiting: [], price };
    this.listener.displace(host);
    if (operator.freeStake !== undefined)
      fleet.promise(tasks[0]!.lane.terms.bond * BigInt(tasks.length));
    fleet.queue(tasks.length - slots);
    fleet.set({ lastAssignedAt: now });
    const { concurrency } = fleet.registration;
    const given = tasks.map((run) => new Attempt(run, run.nextAttempt++, chain));
    chain.waiting.push(...given.slice(slots));
    for (const [i, attempt] of given.entries()) {
      const { run } = attempt;
      this.market.rises.taken(run);
      this.leases.open(attempt, run.limits, now, Math.floor(i / concurrency));
      this.liveOn(host)?.add(attempt);
      if (i < slots) {
        const ends = this.ending(run, host, now);
        const { resources } = run.task;
        const device = this.market.floor.reservations.book(
          attempt.key,
          fleet.address,
          resources,
          ends,
        );
        this.start(attempt, device, now);
      }
      if (!host.voice.isHeard(now)) this.expect(attempt, claimBy(run, now));
      else if (i >= slots) this.leases.hear(attempt, host.voice.lastWord(now));
    }
    this.listener.changed(host);
  }

  /** What an operator had to say meanwhile is heard, and it hears what it was given. */
  speaks(host: Host, now: number): void {
    for (const attempt of this.liveOn(host) ?? []) {
      if (attempt.conduct?.isSilent) continue;
      if (!attempt.conduct) this.forget(attempt);
      if (attempt.startedAt !== undefined && !attempt.conduct) this.takeUp(attempt, now);
      else this.leases.hear(attempt, host.voice.lastWord(now));
    }
  }

  /** Ends the attempts that have broken a time limit. @returns how many there were */
  expire(now: number): number {
    const expired = this.leases.expired(now);
    for (const { key: attempt, end } of expired) this.fail(attempt, end, now);
    return expired.length;
  }

  /** An attempt comes to the end that its operator makes of it, or was not claimed in time by one that knows nothing of it. */
  end(attempt: Attempt, now: number): void {
    if (attempt.due !== now) return; // overtaken in the same millisecond
    const { run, chain, conduct } = attempt;
    if (!conduct) return this.fail(attempt, "unclaimed", now);
    const { outcome, takesMs } = conduct;
    const { host } = chain;
    const { address } = host.fleet;
    run.transfers.fetched(address, run.task.files);
    if (outcome === "failed") return this.fail(attempt, outcome, now);
    // What a copy has computed is not seen before the claim that it runs beside is given back.
    const overtakes = this.market.standbys.isBeside(attempt);
    if (overtakes) this.overtaken(run, now);
    if (outcome === "invalid") return this.fail(attempt, outcome, now);
    run.transfers.made(address, run.task.files);
    this.close(attempt, "done", now);
    for (const copy of [...this.market.standbys.of(run)]) this.close(copy, "cancelled", now);
    this.market.floor.learn(run, host, takesMs);
    this.listener.done(run, host, overtakes);
  }

  /** A copy has computed first: that says something about the holder. */
  private overtaken(run: SimRun, now: number): void {
    const [holder] = this.market.standbys.of(run);
    this.close(holder!, "cancelled", now);
    const { chain, begunAt } = holder!;
    this.market.floor.outlasted(run, chain.host, now - (begunAt ?? now));
  }

  private expect(attempt: Attempt, at: number): void {
    attempt.due = at;
    this.market.events.set(attempt, at);
  }

  private forget(attempt: Attempt): void {
    attempt.due = undefined;
    this.market.events.clear(attempt);
  }

  private liveOn(host: Host): Set<Attempt> | undefined {
    if (!host.voice.silences.some(({ to }) => to !== Infinity)) return undefined;
    let live = this.live.get(host);
    if (!live) this.live.set(host, (live = new Set()));
    return live;
  }

  /** When a task that starts now should end: the baselines share a clairvoyant's books. */
  private ending(run: SimRun, { operator, fleet }: Host, now: number): Ending {
    if (this.clairvoyant) {
      const end = now + run.fetchMs(fleet.address) + trueSeconds(run.task, operator) * 1000;
      return () => end;
    }
    const work = workOf(run, now, fleet);
    return (later) => endOf(this.market.floor.experience, fleet.address, work, later);
  }

  /** A task has its booking. */
  private start(attempt: Attempt, device: readonly number[], now: number): void {
    const { run, chain, key } = attempt;
    const { fleet, voice } = chain.host;
    fleet.begin(key, workOf(run, now, fleet));
    const isCopy = this.market.standbys.of(run).length > 0;
    if (!isCopy) this.market.floor.begins(run);
    const running = Object.assign(attempt, { device, startedAt: now, isCopy });
    this.market.standbys.started(running);
    if (voice.isHeard(now)) this.takeUp(running, now);
  }

  /** Its operator begins with an attempt. */
  private takeUp(attempt: Attempt, now: number): void {
    const { run, chain, number } = attempt;
    const { operator, fleet, voice } = chain.host;
    const luck = `${this.market.seed}/${run.key}/${number}`;
    const conduct = conductOf(run.task, operator, luck);
    attempt.conduct = conduct;
    attempt.begunAt = now;
    attempt.computes = now + run.fetchMs(fleet.address);
    this.leases.start(attempt, now);
    if (conduct.isSilent) return;
    // Heartbeats would only say later what is certain now: until when it is heard of.
    this.leases.hear(attempt, voice.lastWord(now));
    const told = voice.nextWord(attempt.computes + conduct.takesMs);
    if (told !== Infinity) this.expect(attempt, told);
  }

  private fail(attempt: Attempt, cause: SimFailure, now: number): void {
    const { run, chain, computes, startedAt, begunAt } = attempt;
    const { fleet } = chain.host;
    const isCopy = this.market.standbys.isBeside(attempt);
    const failure = countsAs(cause, isCopy);
    if (failure === "run_timeout" && now >= computes)
      run.transfers.fetched(fleet.address, run.task.files);
    this.close(attempt, cause, now);
    if (failure === "start_timeout" && !isCopy) this.market.rises.raise(run);
    if (failure !== "withdrawn") this.blame(run, fleet.address, ranMs(failure, begunAt, now));
    if (isCopy) return;
    const { attempts, backoffSeconds = BACKOFF_SECONDS } = run.task;
    const next = afterFailure({ attempts, backoffSeconds }, failure, run.failures, 0, now);
    run.failures = next.failures;
    // A copy takes its place.
    if (this.market.standbys.of(run).length > 0) return;
    const isGivenUp = next.kind === "give_up";
    // What never had its turn still counts as a task that has to start.
    if (startedAt === undefined && isGivenUp) this.market.floor.begins(run);
    if (isGivenUp) return this.listener.gaveUp(run, cause);
    if (startedAt !== undefined) this.market.floor.comesBack(run);
    this.market.events.set({ again: run }, next.notBefore);
  }

  /** An operator is not asked to do a task again while others can. */
  private blame(run: SimRun, address: string, ran: number): void {
    run.avoid = new Set(run.avoid).add(address);
    const { program } = run.lane.terms;
    this.market.floor.experience.failed(program, address, ran, run.sizeClass);
  }

  /** Writes an attempt down and frees what it held. */
  private close(attempt: Attempt, outcome: SimAttempt["outcome"], now: number): void {
    const { chain } = attempt;
    this.market.account.ended(attempt, outcome, now);
    this.forget(attempt);
    this.leases.close(attempt);
    this.live.get(chain.host)?.delete(attempt);
    if (attempt.startedAt === undefined) {
      chain.waiting.splice(chain.waiting.indexOf(attempt), 1);
      chain.host.fleet.queue(-1);
    } else {
      this.market.standbys.ended(attempt as Running, now);
      this.handOn(attempt, now);
    }
    this.unlock(attempt.run, chain.host, outcome === "done", now);
  }

  /** The next task of a chain takes over its booking. */
  private handOn({ key, chain, device }: Attempt, now: number): void {
    const { host, waiting } = chain;
    const { reservations } = this.market.floor;
    host.fleet.end(key);
    const next = waiting.shift();
    if (next) {
      host.fleet.queue(-1);
      reservations.handOver(key, next.key, this.ending(next.run, host, now));
      return this.start(next, device, now);
    }
    reservations.free(key);
    this.listener.changed(host);
  }

  /** A bond is locked until the challenge window of the result is over. */
  private unlock({ workflow, task, lane }: SimRun, host: Host, done: boolean, now: number): void {
    if (host.operator.freeStake === undefined) return;
    const windowSeconds = done ? (workflow.spec?.steps[task.step!]!.windowSeconds ?? 0) : 0;
    this.market.events.set({ unlocks: lane.terms.bond, host }, now + windowSeconds * 1000);
  }
}
