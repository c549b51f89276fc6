import { randomUUID } from "node:crypto";
import type { CanaryOffer } from "../../protocol/canary";
import { LIMITS } from "../../protocol/limits";
import type { CanaryState } from "../db/schema/work";
import type { Canary } from "../matchmaker/canaries";
import { inputsOf, originOf } from "./attempts";
import type { AttemptRun, CanaryRun, OperatorRun, TaskQuestion, TaskRun } from "./model";
import { stands } from "./reuse";
import type { World } from "./world";

// Canaries: finished tasks that newcomers are asked for again, so that the market learns what they are worth before a workflow depends on
// it. Who is asked what is decided in matchmaker/canaries.ts; here it is put up, heard of, and ended.

/** How often newcomers are looked at, milliseconds. */
const LOOK_MS = 1_000;
/** An offer is sent again to an operator that does not name it, milliseconds. */
const SEND_AGAIN_MS = 10_000;

/** A result was found valid: from now on newcomers may be asked for it. */
export function noteQuestion(world: World, { task, operator, report }: AttemptRun): void {
  // The contract alone says whether a final proof is right; and of what was found after a lost database nobody knows the time it took.
  if (task.step.final || !report || report.usage.wallMs <= 0) return;
  const key = `${task.run.id}/${task.index}`;
  world.canaries.learn({ key, terms: task.lane.terms, maker: operator, task });
}

/** Ends canaries whose time is over, and asks newcomers that have nothing to do. Runs about once a second while there are any. */
export function lookAtCanaries(world: World): void {
  const now = world.now();
  for (const canary of world.openCanaries.values()) lapse(world, canary, now);
  for (const chosen of world.canaries.choose(now)) ask(world, chosen);
  lookSoon(world);
}

/** Has newcomers looked at soon. */
export function lookSoon(world: World): void {
  if (!world.canaries.isWanted && world.openCanaries.size === 0) return;
  if (!world.chores.has("canaries")) world.chores.set("canaries", world.now() + LOOK_MS);
}

/** The time is over in which a canary was to be taken or answered. */
function lapse(world: World, canary: CanaryRun, now: number): void {
  const { operator, state, until, offer } = canary;
  const since = Math.max(operator.lastSeen, canary.heardAt);
  const isSilent = operator.polls === 0 && now - since > world.deps.settings.operatorSilenceMs;
  if (state === "judging" || (now < until && !isSilent)) return;
  if (state === "offered") endCanary(world, canary, "void", "it was not taken");
  else if (isSilent) endCanary(world, canary, "late", "its operator fell silent");
  else endCanary(world, canary, "late", "it was not answered in time", offer.runSeconds * 1000);
}

/** Puts a canary up for its operator, if all that it needs is still there. */
function ask(world: World, { operator: { address }, question }: Canary<TaskQuestion>): void {
  const { task } = question;
  const fields = { operator: address, workflow: task.run.id, task: task.index };
  world.later("asking a canary", fields, async () => {
    const operator = world.operators.get(address)!;
    const made = task.current;
    const isThere = made && (await isAskable(world, task, made));
    if (!isThere || operator.canary) {
      world.canaries.forget(question);
      world.canaries.over(address);
      return;
    }
    const { step } = task;
    const inputs = digestsOf(world, made);
    const { program, params, outputs, resources, limits } = step;
    const runSeconds = Math.min(limits.runSeconds, LIMITS.canaryRunSeconds);
    const id = randomUUID();
    const offer = { canary: id, program, params, inputs, outputs, resources, runSeconds };
    const now = world.now();
    const canary: CanaryRun = {
      id,
      operator,
      workflow: task.run.id,
      task: task.index,
      known: task.result!,
      offer,
      state: "offered",
      offeredAt: now,
      takenAt: null,
      endedAt: null,
      result: null,
      wallMs: null,
      reason: null,
      heardAt: now,
      sentAt: null,
      until: now + LIMITS.canaryGraceSeconds * 1000,
    };
    operator.canary = canary;
    world.openCanaries.set(id, canary);
    world.journal.canary(canary);
    world.deps.metrics.canary("offered");
    world.deps.log.info({ ...fields, canary: id }, "a newcomer is asked a canary");
    world.notify(operator);
  });
}

/** @returns what a finished attempt ran on, by port */
const digestsOf = (world: World, made: AttemptRun): CanaryOffer["inputs"] =>
  Object.fromEntries(
    Object.entries(inputsOf(world, made)).map(([port, { digest }]) => [port, digest]),
  );

/** Whether a task's result still stands, and its inputs are there. */
async function isAskable(world: World, task: TaskRun, made: AttemptRun): Promise<boolean> {
  const isKnown = task.state === "done" && !task.reused && made.outcome === "valid";
  if (!isKnown || !stands(world, originOf(made))) return false;
  return areThere(world, Object.values(digestsOf(world, made)));
}

/** Whether all artifacts are in the store. */
export async function areThere(world: World, digests: string[]): Promise<boolean> {
  const there = await Promise.all(digests.map((digest) => world.deps.store.has(digest)));
  return there.every(Boolean);
}

/** An operator says in a heartbeat which canary it holds. */
export function heardOfCanary(world: World, operator: OperatorRun, named?: string): void {
  const { canary } = operator;
  if (!canary || canary.id !== named) return;
  const now = world.now();
  canary.heardAt = now;
  if (canary.state !== "offered") return;
  Object.assign(canary, { state: "taken", takenAt: now, until: answeredBy(canary, now) });
  world.journal.canary(canary);
}

/** @param from Unix milliseconds @returns when a canary that was taken then must be answered */
export const answeredBy = ({ offer }: CanaryRun, from: number): number =>
  from + (offer.runSeconds + LIMITS.canaryGraceSeconds) * 1000;

/** @returns what an operator is to be told of a canary that it does not name; the same not too often, as it may not want it */
export function canaryFor(
  world: World,
  operator: OperatorRun,
  named?: string,
): CanaryOffer | undefined {
  const { canary } = operator;
  const now = world.now();
  if (!canary || canary.id === named || canary.result !== null || operator.fleet.draining)
    return undefined;
  if (canary.sentAt !== null && now - canary.sentAt < SEND_AGAIN_MS) return undefined;
  canary.sentAt = now;
  return canary.offer;
}

/** Ends a canary and learns from it. @param ranMs how long it ran, if that was too long */
export function endCanary(
  world: World,
  canary: CanaryRun,
  state: Exclude<CanaryState, "offered" | "taken" | "judging">,
  reason: string | null,
  ranMs = 0,
): void {
  const { id, operator, offer, wallMs } = canary;
  const { address, canaries } = operator;
  Object.assign(canary, { state, reason, endedAt: world.now() });
  operator.canary = undefined;
  world.openCanaries.delete(id);
  world.canaries.over(address);
  if (state !== "void") {
    canaries[state === "late" ? "failed" : state]++;
    const { sizeClass } = world.runs.get(canary.workflow)?.task(canary.task) ?? {};
    const learned =
      state === "right"
        ? world.experience.passed(offer.program, address, wallMs!, sizeClass)
        : world.experience.missed(offer.program, address, ranMs, sizeClass);
    world.journal.learn(offer.program, address, learned);
  }
  world.journal.canary(canary);
  world.deps.metrics.canary(state);
  const fields = { operator: address, canary: id, workflow: canary.workflow, task: canary.task };
  world.deps.log.info({ ...fields, state, reason }, "a canary has ended");
  lookSoon(world);
  world.kick();
}
