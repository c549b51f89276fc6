import type { LaneTerms } from "../runtime/ready-queue";
import type { Reservations } from "../runtime/reservation";
import type { Candidate, Rejection } from "./decision";
import type { Experience } from "./experience";
import { freeSlots } from "./filter";
import type { FleetOperator } from "./fleet";
import type { Outlook } from "./outlook";
import { endOf, lateness } from "./pace";
import { priceOf } from "./price";
import { score } from "./score";

/** An operator that can take a lane's tasks, now or later, and how fast. Milliseconds. */
export interface Prospect {
  operator: FleetOperator;
  /** Why it can't start one now. */
  busy?: Extract<Rejection, "concurrency" | "machine" | "in_use" | "held">;
  /** From now until it can start one. */
  startMs: number;
  taskMs: number;
  /** Between the ends of such tasks, if it does nothing else: less than each takes where several run side by side. */
  everyMs: number;
  /** Units per task. */
  price: string;
  failureRate: number;
  /** What a finish is multiplied by to give the score. */
  weight: number;
}

/** Share of a step's run limit that a task is expected to take before anyone has run its program. */
const UNKNOWN_SHARE = 0.25;

/** Expected milliseconds of a program that nobody has run. */
export function unknownMs(terms: Pick<LaneTerms, "runSeconds">): number {
  return terms.runSeconds * 1000 * UNKNOWN_SHARE;
}

/** Looks at operators as they stand at one moment. */
export class Prospects {
  constructor(
    private readonly reservations: Reservations,
    private readonly experience: Experience,
    private readonly outlook: Outlook,
    private readonly now: number,
  ) {}

  /** @param operator one that is able to take such tasks */
  of(operator: FleetOperator, terms: LaneTerms): Prospect {
    const { experience, outlook, now } = this;
    const { resources } = terms;
    const machine = operator.registration.machine.id;
    const expected = experience.expectedMs(terms.program, operator.address, unknownMs(terms));
    const taskMs = expected * lateness(experience, operator, now);
    const { share } = outlook.shareOf(machine, resources);
    const price = priceOf(operator, terms, experience, expected).toString();
    const failureRate = experience.failureRate(terms.program, operator.address);
    const prospect: Prospect = {
      operator,
      startMs: 0,
      taskMs,
      everyMs: taskMs * Math.max(share, 1 / operator.registration.concurrency),
      price,
      failureRate,
      weight: score({ finishMs: 1e6, price, failureRate }, terms.ceiling) / 1e6,
    };
    if (freeSlots(operator) === 0) prospect.busy = "concurrency";
    else prospect.busy = this.reservations.obstacle(operator.address, resources);
    if (!prospect.busy && outlook.isInTheWay(machine, resources, now + taskMs))
      prospect.busy = "held";
    if (prospect.busy) prospect.startMs = this.startMs(operator, terms);
    return prospect;
  }

  /** @param ahead tasks of the same lane that it should take before */
  candidate(
    { operator, startMs, taskMs, everyMs, price, failureRate }: Prospect,
    terms: LaneTerms,
    ahead: number,
  ): Candidate {
    const start = Math.round(startMs + ahead * everyMs);
    const finishMs = start + Math.round(taskMs);
    return {
      operator: operator.address,
      startMs: start,
      finishMs,
      price,
      failureRate,
      experience: this.experience.attempts(operator.address),
      lastAssignedAt: operator.lastAssignedAt,
      score: score({ finishMs, price, failureRate }, terms.ceiling),
    };
  }

  private startMs(operator: FleetOperator, { resources }: LaneTerms): number {
    const { now } = this;
    const machine = operator.registration.machine.id;
    let at = this.reservations.expectedRoom(operator.address, resources, now) ?? now;
    if (freeSlots(operator) === 0) {
      const ends = [...operator.computing.values()].map((work) =>
        endOf(this.experience, operator.address, work, now),
      );
      // Who has a queue works it off first.
      if (ends.length > 0)
        at = Math.max(at, operator.queued > 0 ? Math.max(...ends) : Math.min(...ends));
    }
    return Math.max(1, at - now + this.outlook.delayOf(machine, resources));
  }
}

/** @returns how many tasks one after another it should finish before a score is reached */
export function aheadOf({ startMs, taskMs, everyMs, weight }: Prospect, level: number): number {
  return Math.max(0, Math.ceil((level / weight - startMs - taskMs) / everyMs));
}

/**
 * Says who should take how many of some equal tasks, each where it would score best.
 * @param count 1 or more
 */
export function spread(prospects: Prospect[], count: number): number[] {
  const first = prospects.map((p) => (p.startMs + p.taskMs) * p.weight);
  const best = Math.min(...first);
  if (count === 1) return prospects.map((_, i) => (i === first.indexOf(best) ? 1 : 0));
  const total = (level: number) => prospects.reduce((sum, p) => sum + aheadOf(p, level), 0);
  let [below, above] = [best, best * 2];
  while (total(above) < count) [below, above] = [above, above * 2];
  for (let i = 0; i < 12; i++) {
    const middle = (below + above) / 2;
    if (total(middle) < count) below = middle;
    else above = middle;
  }
  return prospects.map((p) => aheadOf(p, above));
}
