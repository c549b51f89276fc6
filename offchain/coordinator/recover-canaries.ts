import { LIMITS } from "../../protocol/limits";
import { workCanaries } from "../db/schema/work";
import { answeredBy, lookSoon, noteQuestion } from "./canaries";
import { judgeSoon } from "./canary-answers";
import type { CanaryRun } from "./model";
import type { World } from "./world";

/** Puts back what newcomers were and can be asked. Call it when operators and workflows are there. */
export function recoverCanaries(world: World): void {
  for (const run of world.runs.values())
    for (const { state, reused, current } of run.work?.tasks.values() ?? [])
      if (state === "done" && !reused && current?.outcome === "valid") noteQuestion(world, current);
  for (const row of world.deps.db.select().from(workCanaries).all()) recoverOne(world, row);
  lookSoon(world);
}

function recoverOne(world: World, row: typeof workCanaries.$inferSelect): void {
  const { operator: address, canary: id, ...rest } = row;
  const { workflow, task, offer, offeredAt, takenAt, endedAt, state } = rest;
  const operator = world.operators.get(address);
  if (!operator) return;
  const key = `${workflow}/${task}`;
  world.canaries.restore(address, offer.program, key, offeredAt, endedAt === null);
  const { canaries } = operator;
  if (state === "right" || state === "wrong") canaries[state]++;
  else if (state === "late" || state === "failed") canaries.failed++;
  if (endedAt !== null) return;
  // Nobody could be heard while the coordinator was not there.
  const now = world.now();
  const canary: CanaryRun = { ...rest, id, operator, heardAt: now, sentAt: null, until: now };
  const by = takenAt === null ? offeredAt : answeredBy(canary, takenAt);
  canary.until = Math.max(by, now + LIMITS.canaryGraceSeconds * 1000);
  operator.canary = canary;
  world.openCanaries.set(id, canary);
  if (state === "judging") judgeSoon(world, canary);
}
