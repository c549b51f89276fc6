import { FrobenError } from "../../protocol/errors";
import type { Digest } from "../../protocol/digest";
import { LIMITS } from "../../protocol/limits";
import type { Spec } from "../../protocol/spec";
import { minimumEscrow, stepTermsOf } from "../../protocol/terms";
import { parseSpec, specDigest } from "../../protocol/validate-spec";
import type { Client } from "../client";
import type { Workflow } from "../workflow/define";
import { keptOf } from "../workflow/kept";
import { fetchArtifact } from "./fetch-output";
import { getTasks } from "./get-tasks";
import { submit, type SubmitOptions, type Submitted } from "./submit";
import { getWorkflow } from "./watch";

export interface RerunPlanOptions {
  /** What to run in place of the former spec, e.g. with a step's program repaired. What does the same work as before is kept. */
  spec?: Spec;
  /** Bytes that it names and the coordinator does not have yet, by digest. */
  artifacts?: Map<Digest, Uint8Array>;
  /** Coordinator's fee, basis points of what is spent; 0 if not given. */
  feeBps?: number;
}

/** What running a workflow again means, before anything is paid. Amounts are units. */
export interface RerunPlan {
  /** To be given to `submit`. */
  workflow: Workflow;
  /** Paid at opening, as the contract asks for every task at its ceiling; what is not spent comes back. */
  escrow: bigint;
  /** Most of it that is spent, if all of these tasks are kept. */
  most: bigint;
  /**
   * Finished tasks whose results are taken: they are neither run nor paid again, unless such a result is struck meanwhile, or is of inputs that
   * come out differently this time.
   */
  kept: number;
  /** Tasks whose results may yet come, as somebody works on them: those that are there in time are taken too. */
  underWay: number;
}

async function specOf(client: Client, digest: Digest): Promise<Spec> {
  const bytes = await fetchArtifact(client, digest, LIMITS.maxSpecBytes);
  return parseSpec(JSON.parse(bytes.toString("utf8")));
}

/**
 * Says what a re-run of a workflow keeps and costs; nothing is sent.
 * @param former number of a workflow that has ended
 * @throws FrobenError `workflow_unknown`, `workflow_running`, `reuse_not_yours`; `artifact_missing` when its spec is not there any more;
 * those of `parseSpec` for the new spec
 */
export async function planRerun(
  client: Client,
  former: number,
  options: RerunPlanOptions = {},
): Promise<RerunPlan> {
  const { feeBps = 0, artifacts = new Map<Digest, Uint8Array>() } = options;
  const view = await getWorkflow(client, former);
  if (view.state === "running")
    throw new FrobenError("workflow_running", `workflow ${former} is running`, {
      field: "workflow",
      value: former,
      hint: "cancel it first, or let it end",
    });
  const { account } = client;
  if (account && account.address.toLowerCase() !== view.requester.toLowerCase())
    throw new FrobenError("reuse_not_yours", `another requester opened workflow ${former}`, {
      field: "workflow",
      limit: view.requester,
      value: account.address,
    });
  const before = await specOf(client, view.spec);
  const spec = parseSpec({ ...(options.spec ?? before), reuse: { workflow: former } });
  const kept = keptOf(before, spec, await getTasks(client, former));
  const terms = stepTermsOf(spec);
  const left = minimumEscrow(terms, 0) - kept.work;
  return {
    workflow: { spec, digest: specDigest(spec), artifacts },
    escrow: minimumEscrow(terms, feeBps),
    most: left + (left * BigInt(feeBps) + 9_999n) / 10_000n,
    kept: kept.tasks,
    underWay: kept.underWay,
  };
}

/**
 * Runs a workflow that has ended again, as a workflow of its own that takes every finished task's result from it: these are neither run
 * nor paid again. Safe to call again: one workflow is run again once for each spec and key.
 * @param former number of the workflow that failed, or was cancelled
 * @throws FrobenError as `planRerun` and `submit`
 * @example const { workflow, kept } = await rerun(client, 7);
 */
export async function rerun(
  client: Client,
  former: number,
  options: RerunPlanOptions & SubmitOptions = {},
): Promise<Submitted & Pick<RerunPlan, "most" | "kept" | "underWay">> {
  const { workflow, most, kept, underWay } = await planRerun(client, former, options);
  return { ...(await submit(client, workflow, options)), most, kept, underWay };
}
