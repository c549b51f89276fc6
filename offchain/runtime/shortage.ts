import type { Resources } from "../../protocol/spec";

/** What a task takes of a machine, in the order in which it is looked at. */
export const RESOURCE_NAMES = ["cores", "memoryMb", "gpus", "vramMb"] as const;

/** A resource of which there is less than a task needs. */
export interface Shortage {
  what: (typeof RESOURCE_NAMES)[number];
  needed: number;
  found: number;
}

/** Whether a task that needs so much can be run with what there is. */
export function suffices(have: Resources, need: Resources): boolean {
  return (
    need.cores <= have.cores &&
    need.memoryMb <= have.memoryMb &&
    need.gpus <= have.gpus &&
    need.vramMb <= have.vramMb
  );
}

/** @returns every resource that does not suffice; none exactly when `suffices` */
export function shortages(have: Resources, need: Resources): Shortage[] {
  return RESOURCE_NAMES.filter((name) => need[name] > have[name]).map((name) => ({
    what: name,
    needed: need[name],
    found: have[name],
  }));
}
