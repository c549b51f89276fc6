import type { LaneTerms } from "../runtime/ready-queue";
import type { Reservations } from "../runtime/reservation";
import { suffices } from "../runtime/shortage";
import type { Rejection } from "./decision";
import type { FleetOperator } from "./fleet";

/** Why an operator could never take a task of these terms as things stand, whatever else it is doing. */
export function unable(operator: FleetOperator, terms: LaneTerms): Rejection | undefined {
  if (!operator.online) return "offline";
  if (operator.draining) return "draining";
  if (!operator.programs.has(terms.program)) return "program";
  if (!suffices(operator.registration.offer, terms.resources)) return "offer";
  if (freeStake(operator) < terms.bond) return "stake";
  return undefined;
}

/** Stake that no claim locks and no open assignment may lock. */
export function freeStake(operator: FleetOperator): bigint {
  return operator.spareStake;
}

/** Tasks that it can start at once, as far as it is itself concerned. */
export function freeSlots(operator: FleetOperator): number {
  // Who still has a queue works it off first: then nothing but that step runs there, and its bookings are what it uses.
  if (operator.queued > 0) return 0;
  return Math.max(0, operator.registration.concurrency - operator.computing.size);
}

/** Whether an operator that is able to take such tasks could start one now. */
export function hasRoom(
  operator: FleetOperator,
  { resources }: LaneTerms,
  reservations: Reservations,
): boolean {
  return freeSlots(operator) > 0 && reservations.fits(operator.address, resources);
}

/** Whether what rules an operator out passes by itself, when work ends: it is able, and busy. */
export function isBusy(why: Rejection | undefined): boolean {
  const busy: (Rejection | undefined)[] = [
    "machine",
    "in_use",
    "concurrency",
    "held",
    "dear",
    "slower",
  ];
  return busy.includes(why);
}
