import { inArray } from "drizzle-orm";
import type { Digest } from "../../protocol/digest";
import type { TaskState } from "../../protocol/http";
import { workDurations, workGrowths } from "../db/schema/work";
import { freeStake } from "../matchmaker/filter";
import type { MarketSnapshot } from "../simulate/estimate/market";
import type { World } from "./world";

const PENDING: TaskState[] = ["ready", "assigned", "running", "validating"];

/** @returns the operators that can be given work now, and what was learned of them at some programs */
export function snapshot(world: World, programs: Digest[]): MarketSnapshot {
  world.commit();
  const { db } = world.deps;
  const operators = [...world.operators.values()]
    .filter(({ fleet }) => fleet.online && !fleet.draining)
    .map(({ address, fleet }) => ({
      address,
      registration: fleet.registration,
      freeStake: freeStake(fleet),
    }));
  const there = new Set<string>(operators.map(({ address }) => address));
  const learned = db
    .select()
    .from(workDurations)
    .where(inArray(workDurations.program, programs))
    .all()
    .filter(({ operator }) => there.has(operator))
    .map(({ program, operator, ...record }) => ({ program, operator, learned: record }));
  const grown = db.select().from(workGrowths).where(inArray(workGrowths.program, programs)).all();
  let otherTasks = 0;
  for (const { state, counts } of world.runs.values())
    if (state === "running") for (const of of PENDING) otherTasks += counts[of] ?? 0;
  return { operators, learned, grown, otherTasks };
}
