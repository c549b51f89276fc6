import { eq } from "drizzle-orm";
import type { Address } from "viem";
import type { CanaryAnswer } from "../../protocol/canary";
import { FrobenError } from "../../protocol/errors";
import { workCanaries } from "../db/schema/work";
import { readOutputs } from "../workflow/result";
import { answeredBy, areThere, endCanary } from "./canaries";
import type { CanaryRun } from "./model";
import { conflict } from "./named-attempt";
import { judge } from "./validate";
import type { World } from "./world";

// What operators answer to canaries. Whether an answer was right they are not told.

/**
 * Takes an answer in; the same one may come again.
 * @throws FrobenError 404 `canary_unknown`, 403 `canary_not_yours`, 409 `canary_ended`, 409 `canary_conflict`, 422 `result_missing`
 */
export async function takeCanaryAnswer(
  world: World,
  address: Address,
  answer: CanaryAnswer,
): Promise<Record<string, never>> {
  const canary = openCanary(world, address, answer);
  if (!canary) return {};
  if (answer.outcome === "given_back") endCanary(world, canary, "void", answer.reason);
  else if (answer.outcome === "failed") {
    const isTheirs = await areThere(world, Object.values(canary.offer.inputs));
    const reason = `${answer.code}: ${answer.message}`;
    if (canary.endedAt === null) endCanary(world, canary, isTheirs ? "failed" : "void", reason);
  } else await takeResult(world, canary, answer);
  await world.written();
  return {};
}

async function takeResult(
  world: World,
  canary: CanaryRun,
  { result, usage }: Extract<CanaryAnswer, { outcome: "computed" }>,
): Promise<void> {
  if (canary.result !== null && canary.result !== result) throw otherResult(canary.result, result);
  if (canary.result === null) {
    const takenAt = canary.takenAt ?? canary.offeredAt;
    Object.assign(canary, { state: "taken", takenAt, result, wallMs: usage.wallMs });
    // From now on it is waited for the bytes alone, if for anything.
    canary.until = Math.max(canary.until, answeredBy(canary, takenAt));
    world.journal.canary(canary);
  }
  if (result === canary.known) return endCanary(world, canary, "right", null);
  const isHere = await world.deps.store.has(result);
  if (canary.state !== "taken") return;
  if (isHere) return judgeSoon(world, canary);
  await world.written(); // it is held to this digest
  throw new FrobenError("result_missing", "the result artifact has not been uploaded", {
    status: 422,
    field: "result",
    value: result,
    hint: "PUT the artifact, and answer again",
  });
}

/** A result that differs from the one that is known may be as valid: provers are randomised. They are looked at one by one. */
export function judgeSoon(world: World, canary: CanaryRun): void {
  canary.state = "judging";
  world.journal.canary(canary);
  const before = world.judgingCanaries;
  world.later("judging a canary", { canary: canary.id }, () => {
    world.judgingCanaries = before.then(() => judgeCanary(world, canary));
    return world.judgingCanaries;
  });
}

async function judgeCanary(world: World, canary: CanaryRun): Promise<void> {
  const { workflow, task, offer, result } = canary;
  const step = world.runs.get(workflow)?.task(task)?.step;
  if (!step || world.stopping.signal.aborted) {
    if (!step) endCanary(world, canary, "void", "its workflow is no longer in memory");
    return;
  }
  const inputs = Object.fromEntries(
    Object.entries(offer.inputs).map(([port, digest]) => [port, { digest }]),
  );
  try {
    const outputs = await readOutputs(offer.outputs, result!, world.deps.store);
    const { valid, reason } = await judge(world, step, inputs, result!, outputs);
    if (valid) endCanary(world, canary, "right", null);
    else endCanary(world, canary, "wrong", reason ?? "the result is not valid");
  } catch (error) {
    if (world.stopping.signal.aborted) return; // the next life judges it
    if (!(error instanceof FrobenError)) throw error;
    const { code, message } = error;
    const isWrong = code === "result_malformed" || code === "result_incomplete";
    // Who can't be asked says nothing about the operator.
    endCanary(world, canary, isWrong ? "wrong" : "void", message);
  }
}

/** @returns nothing when it has ended with this very answer */
function openCanary(world: World, address: Address, answer: CanaryAnswer): CanaryRun | undefined {
  const operator = address.toLowerCase();
  const open = world.openCanaries.get(answer.canary);
  const row = open ? undefined : ended(world, answer.canary);
  const its = open?.operator.address ?? row?.operator;
  const about = { field: "canary", value: answer.canary };
  if (its === undefined)
    throw new FrobenError("canary_unknown", "there is no such canary", { status: 404, ...about });
  if (its !== operator)
    throw new FrobenError("canary_not_yours", "another operator was asked", {
      status: 403,
      ...about,
    });
  if (open) {
    const isJudged = open.state === "judging" && answer.outcome !== "computed";
    if (isJudged) throw conflict("canary_ended", "it was answered", about);
    return open;
  }
  const said = answer.outcome === "computed" ? answer.result : null;
  if (said !== null && row!.result !== null && row!.result !== said)
    throw otherResult(row!.result, said);
  if (said !== row!.result) throw conflict("canary_ended", `it has ended: ${row!.state}`, about);
  return undefined;
}

function ended(world: World, id: string): typeof workCanaries.$inferSelect | undefined {
  world.commit();
  const { db } = world.deps;
  return db.select().from(workCanaries).where(eq(workCanaries.canary, id)).get();
}

const otherResult = (limit: string, value: string) =>
  conflict("canary_conflict", "the canary was answered with another result", {
    field: "result",
    limit,
    value,
  });
