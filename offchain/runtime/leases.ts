import { Timers } from "./timers";

/** Time limits of a step, seconds. */
export interface LeaseLimits {
  startSeconds: number;
  runSeconds: number;
  silenceSeconds: number;
}

export type LeaseEnd = "start_timeout" | "run_timeout" | "silence";

interface Lease {
  limits: LeaseLimits;
  openedAt: number;
  /** Tasks that the operator runs one after another before this one. */
  queued: number;
  startedAt?: number;
  heardAt?: number;
}

/**
 * Says which attempts broke a time limit:
 * - start: was not named by its operator in time, or waited longer than its place in the operator's queue allows;
 * - run: runs for too long;
 * - silence: was named once, and then no longer.
 */
export class Leases<K> {
  private readonly leases = new Map<K, Lease>();
  private readonly timers = new Timers<K>();

  /** @param queued how many tasks the operator runs before it, each for up to the run limit */
  open(key: K, limits: LeaseLimits, now: number, queued = 0): void {
    const lease = { limits, openedAt: now, queued };
    this.leases.set(key, lease);
    this.timers.set(key, deadlineOf(lease).at);
  }

  /** The operator named the attempt. Costs O(1): a deadline that moved away is looked at again when it comes. */
  hear(key: K, now: number): void {
    const lease = this.leases.get(key);
    if (!lease) return;
    const first = lease.heardAt === undefined;
    lease.heardAt = now;
    // Being silent may end sooner than not starting: from the first word on, the deadline can come nearer.
    if (first) this.timers.set(key, deadlineOf(lease).at);
  }

  /** The attempt began to compute. */
  start(key: K, now: number): void {
    const lease = this.leases.get(key);
    if (!lease || lease.startedAt !== undefined) return;
    lease.startedAt = now;
    lease.heardAt = now;
    this.timers.set(key, deadlineOf(lease).at);
  }

  close(key: K): void {
    this.leases.delete(key);
    this.timers.clear(key);
  }

  /** Ends the leases that are over. */
  expired(now: number): { key: K; end: LeaseEnd }[] {
    const ended: { key: K; end: LeaseEnd }[] = [];
    for (const key of this.timers.due(now)) {
      const { at, end } = deadlineOf(this.leases.get(key)!);
      if (at > now) this.timers.set(key, at);
      else {
        this.leases.delete(key);
        ended.push({ key, end });
      }
    }
    return ended;
  }

  next(): number | undefined {
    return this.timers.next();
  }
}

function deadlineOf(lease: Lease): { at: number; end: LeaseEnd } {
  const { limits, openedAt, queued, startedAt, heardAt } = lease;
  const computing: { at: number; end: LeaseEnd } =
    startedAt === undefined
      ? {
          at: openedAt + (limits.startSeconds + queued * limits.runSeconds) * 1000,
          end: "start_timeout",
        }
      : { at: startedAt + limits.runSeconds * 1000, end: "run_timeout" };
  const unheard: { at: number; end: LeaseEnd } =
    heardAt === undefined
      ? { at: openedAt + limits.startSeconds * 1000, end: "start_timeout" }
      : { at: heardAt + limits.silenceSeconds * 1000, end: "silence" };
  return unheard.at < computing.at ? unheard : computing;
}
