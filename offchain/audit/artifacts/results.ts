import { bytesToHex, type Hex } from "viem";
import { commitmentHash } from "../../../protocol/commitment";
import { toBytes32, type Digest } from "../../../protocol/digest";
import type { Step } from "../../../protocol/spec";
import { mapConcurrently } from "../chain/concurrently";
import { askVerifier } from "../evidence/verifier-call";
import type { Scene } from "../evidence/scene";
import { attemptKey, type TaskState } from "../replay/ledger";
import type { Check } from "../recorder";
import type { Artifact, ArtifactCache } from "./artifact-cache";
import { runValidation, type ValidationInput } from "./run-validation";
import type { ServedWorkflow } from "./served-workflow";
import { checkTaken } from "./taken";

const PARALLEL_VERIFIERS = 4;
/** Validation programs may use several cores and gigabytes each. */
const PARALLEL_VALIDATIONS = 2;

/** States of tasks whose result may be paid, or was. */
const STANDING: readonly TaskState[] = ["committed", "disputed", "settled"];

/** A result that stands on the chain, and what is served of it. */
interface Delivered {
  task: number;
  step: Step;
  result: Digest;
  /** taken: from another workflow, and not paid here. */
  as: "paid" | "committed" | "taken";
  where: string;
}

/** Holds the served results against the committed hashes. @returns those that stand on the chain */
function checkCommitments(scene: Scene, served: ServedWorkflow): Delivered[] {
  const { workflow, spec, tasks } = served;
  const check = scene.recorder.check("Every commitment binds the result that is served");
  const finals = new Map<number, Hex>();
  for (const event of scene.eventsOf.get(workflow.workflow) ?? [])
    if (event.name === "FinalAccepted") finals.set(event.args.task, event.args.resultDigest);
  const delivered: Delivered[] = [];
  for (const task of workflow.tasks.values()) {
    if (!STANDING.includes(task.state)) continue;
    const where = `workflow ${workflow.workflow} task ${task.task} attempt ${task.attempt}`;
    const view = tasks.get(task.task);
    if (view?.reused) continue; // see `checkTaken`
    if (!view?.result || view.attempt !== task.attempt) {
      check.skip("the coordinator names no result of this attempt");
      continue;
    }
    const committed = scene.ledger.committed.get(
      attemptKey(workflow.workflow, task.task, task.attempt),
    );
    const final = finals.get(task.task);
    const resultDigest = toBytes32(view.result);
    const { chainId, market } = scene;
    const binds = committed
      ? commitmentHash({ ...committed, chainId, market, resultDigest }) === committed.commitment
      : final === resultDigest;
    const stepIndex = workflow.steps.findIndex(
      ({ firstTask, maxTasks }) => task.task >= firstTask && task.task < firstTask + maxTasks,
    );
    if (
      check.expect(
        binds,
        "commitment_mismatch",
        where,
        `the served result ${view.result} is not the committed one`,
      )
    )
      delivered.push({
        task: task.task,
        step: spec.steps[stepIndex]!,
        result: view.result,
        as: task.state === "settled" ? "paid" : "committed",
        where,
      });
  }
  return delivered;
}

function judge(check: Check, { as, where }: Delivered, valid: boolean, why: string): void {
  if (valid || as !== "committed") check.expect(valid, `invalid_result_${as}`, where, why);
  else {
    check.checked++;
    check.find("warning", "invalid_result_committed", where, `${why}; it can still be struck`);
  }
}

async function checkByVerifier(
  scene: Scene,
  served: ServedWorkflow,
  cache: ArtifactCache,
  delivered: Delivered[],
): Promise<void> {
  const check = scene.recorder.check("Every verifier accepts the results of its steps (eth_call)");
  await mapConcurrently(delivered, PARALLEL_VERIFIERS, async (one) => {
    const { step, task, result } = one;
    if (step.rule.kind !== "verifier") return;
    const statement = served.unfolded.get(task)?.inputs[step.statement!];
    const statementBytes = statement && (await cache.read(statement));
    const resultBytes = await cache.read(result);
    if (!statementBytes || !resultBytes) {
      check.skip("statement or result can't be had");
      return;
    }
    const verifier = step.rule.address as Hex;
    const valid = await askVerifier(scene.client, {
      verifier,
      statement: bytesToHex(statementBytes),
      result: bytesToHex(resultBytes),
      verifierGas: step.rule.gas,
      blockNumber: scene.toBlock,
    });
    judge(check, one, valid, `verifier ${verifier} does not accept the result`);
  });
}

/** Everything that a validation program is given, or undefined when some of it can't be had. */
async function validationInputs(
  served: ServedWorkflow,
  cache: ArtifactCache,
  { task, step }: Delivered,
): Promise<Record<string, ValidationInput> | undefined> {
  const outputs = served.outputs.get(task);
  const inputs = served.unfolded.get(task)?.inputs;
  if (!outputs || !inputs) return undefined;
  const found: Record<string, ValidationInput> = {};
  const named = { ...inputs, ...outputs.files };
  for (const [name, digest] of Object.entries(named)) {
    const items = step.outputs[name] === "collection" ? outputs.items[name] : undefined;
    const artifacts = await Promise.all(
      (items ?? [digest]).map(async (one) => (one ? cache.get(one) : undefined)),
    );
    if (artifacts.some((artifact) => artifact === undefined)) return undefined;
    found[name] = items ? (artifacts as Artifact[]) : artifacts[0]!;
  }
  return found;
}

async function checkByProgram(
  scene: Scene,
  served: ServedWorkflow,
  cache: ArtifactCache,
  programs: ReadonlyMap<Digest, string>,
  delivered: Delivered[],
  onProgress: (done: number, of: number) => void,
): Promise<void> {
  const check = scene.recorder.check("Every validation program accepts the results of its steps");
  const accepted = delivered.filter(({ step }) => step.rule.kind === "accepted");
  let done = 0;
  await mapConcurrently(accepted, PARALLEL_VALIDATIONS, async (one) => {
    const entry =
      one.step.rule.kind === "accepted" ? programs.get(one.step.rule.validation) : undefined;
    if (!entry) {
      check.skip("the step's validation program is not on this machine");
      return;
    }
    const inputs = await validationInputs(served, cache, one);
    if (!inputs) {
      check.skip("an input or output can't be had");
      return;
    }
    try {
      const verdict = await runValidation(entry, inputs, cache.folder);
      judge(check, one, verdict.valid, `the program says: ${verdict.reason ?? "invalid"}`);
    } catch (error) {
      check.skip(`the validation program gave no verdict: ${(error as Error).message}`);
    }
    onProgress(++done, accepted.length);
  });
}

/** Checks every committed, paid or taken result of a workflow: that it is the committed one, and that it is valid. */
export async function checkResults(
  scene: Scene,
  served: ServedWorkflow,
  cache: ArtifactCache,
  programs: ReadonlyMap<Digest, string>,
  onProgress: (done: number, of: number) => void,
): Promise<void> {
  const taken = checkTaken(scene, served).map((one): Delivered => ({ ...one, as: "taken" }));
  const delivered = [...checkCommitments(scene, served), ...taken];
  await checkByVerifier(scene, served, cache, delivered);
  await checkByProgram(scene, served, cache, programs, delivered, onProgress);
}
