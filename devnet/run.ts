import { setTimeout as delay } from "node:timers/promises";
import { join } from "node:path";
import type { Address } from "viem";
import { marketAbi } from "../protocol/abi";
import { FrobenError } from "../protocol/errors";
import {
  createClient,
  getOwed,
  refund,
  submit,
  withdrawOwed,
  type Client,
  type ProgramSet,
  type Workflow,
} from "../sdk";
import { ensureCompiled } from "../deploy/compiled";
import { runAudit } from "../offchain/audit/run";
import { readChain } from "./chain-report";
import type { Cleanup } from "./cleanup";
import { recordBatch } from "./deployment";
import type { Job } from "./jobs/job";
import { countVerified, membershipJob } from "./jobs/membership";
import { prepareBatch, rollupJob, type RollupBatch } from "./jobs/rollup";
import { monitor } from "./monitor";
import { requesterAccount, startDevnet, type Devnet } from "./network";
import { thisMachine, type Pipeline } from "./profiles";
import { loadPipelinePrograms, programManifests } from "./programs";
import type { RunReport } from "./report";
import { setUpPipelines } from "./setup";
import { summarize } from "./summary";
import { writeDevnetFile } from "./devnet-file";

export interface MainJobOptions {
  pipelines: Pipeline[];
  /** Leaf proofs of the rollup batch. */
  leaves: number;
  operators: number;
  /** Membership proofs; 16 if not given. */
  proofs?: number;
  /** Between blocks; the devnet's own if not given. */
  blockSeconds?: number;
  onStep: (step: string) => void;
  /** Called when the market is up. */
  onStarted?: (devnet: Devnet) => void;
  out: NodeJS.WriteStream;
  signal: AbortSignal;
}

/** What the requesters know before they pay. */
interface Plans {
  rollup?: RollupBatch;
  membership?: { workflow: Workflow; statements: Uint8Array[] };
}

/** How long payments may take to become final after the last task, milliseconds. */
const REFUND_PATIENCE_MS = 60_000;

async function submitJobs(
  devnet: Devnet,
  programs: ProgramSet,
  options: MainJobOptions,
): Promise<{ jobs: Job[]; plans: Plans }> {
  const { deployment, rpcUrl, coordinatorUrl } = devnet;
  const plans: Plans = { rollup: deployment.rollup?.batch };
  const submitAs = async (pipeline: Pipeline, workflow: Workflow): Promise<Job> => {
    const client = createClient({
      coordinatorUrl,
      rpcUrl,
      account: requesterAccount(pipeline),
      pollMs: 250,
    });
    const { workflow: id } = await submit(client, workflow, { feeBps: 100 });
    return { pipeline, client, id };
  };
  const submissions: Promise<Job>[] = [];
  if (deployment.rollup)
    submissions.push(
      submitAs(
        "rollup",
        rollupJob(
          programs,
          deployment.rollup.adapter,
          deployment.unit,
          deployment.rollup.batch,
          options.leaves,
        ),
      ),
    );
  if (deployment.semaphoreAdapter) {
    const { proofs, signal } = options;
    plans.membership = await membershipJob(programs, deployment.semaphoreAdapter, deployment.unit, {
      proofs,
      signal,
    });
    submissions.push(submitAs("membership", plans.membership.workflow));
  }
  return { jobs: await Promise.all(submissions), plans };
}

/** The requester takes back what was not spent. */
async function takeRefund({ client, id }: Job, signal: AbortSignal): Promise<void> {
  await refund(client, id);
  const end = Date.now() + REFUND_PATIENCE_MS;
  while ((await getOwed(client)) === 0n) {
    if (Date.now() > end) return; // nothing was left over
    await delay(250, undefined, { signal });
  }
  await withdrawOwed(client);
}

/** Locks still held in the market by an account: live bonds. */
async function lockedOf(devnet: Devnet, client: Client, account: Address): Promise<bigint> {
  const [, locked] = await client.chain.readContract({
    address: devnet.deployment.market,
    abi: marketAbi,
    functionName: "accountOf",
    args: [account],
  });
  return locked;
}

async function runWith(
  devnet: Devnet,
  programs: ProgramSet,
  options: MainJobOptions,
  startedAt: number,
): Promise<RunReport> {
  const { signal } = options;
  const startupMs = Date.now() - startedAt;
  options.onStep("submitting the workflows");
  const { jobs, plans } = await submitJobs(devnet, programs, options);
  const reader = jobs[0]!.client;
  const { frame, settledAt } = await monitor(
    reader,
    jobs.map(({ id }) => id),
    startedAt,
    options.out,
    signal,
  );

  options.onStep("taking refunds, recording the batch, checking the proofs");
  await Promise.all(jobs.map((job) => takeRefund(job, signal)));
  const completed = (pipeline: Pipeline) =>
    jobs.find(
      (job) =>
        job.pipeline === pipeline &&
        frame.workflows.some(({ view }) => view.workflow === job.id && view.state === "completed"),
    );
  const rollup = completed("rollup");
  const recordedRoot =
    rollup && plans.rollup
      ? await recordBatch(
          devnet.rpcUrl,
          devnet.deployment.rollup!.state,
          rollup.client.account!,
          rollup.id,
          plans.rollup,
        )
      : undefined;
  const membership = completed("membership");
  const verified =
    membership && plans.membership
      ? await countVerified(
          membership.client,
          membership.id,
          devnet.deployment.semaphoreAdapter!,
          plans.membership.statements,
        )
      : 0;

  options.onStep("auditing");
  const audit = await runAudit({
    rpcUrl: devnet.rpcUrl,
    market: devnet.deployment.market,
    fromBlock: devnet.deployment.fromBlock,
    coordinatorUrl: devnet.coordinatorUrl,
    programs: (await programManifests(options.pipelines)).all,
  });
  const chain = await readChain(
    reader.chain,
    devnet.deployment.market,
    BigInt(devnet.deployment.fromBlock),
  );
  const locked = await Promise.all(
    devnet.operators.map(({ address }) => lockedOf(devnet, reader, address)),
  );
  return summarize({
    devnet,
    jobs,
    frame,
    settledAt,
    chain,
    audit,
    locked: locked.reduce((sum, units) => sum + units, 0n),
    rollup: plans.rollup && { batch: plans.rollup, recordedRoot },
    membership: plans.membership && { verified, of: plans.membership.statements.length },
    startupMs,
    totalMs: Date.now() - startedAt,
    machine: thisMachine(),
  });
}

/**
 * The main job: sets up, brings a market up, runs real proofs through it, audits it, and reports.
 * @param cleanup gets everything that must be undone; the caller runs it
 * @throws FrobenError when the market can't be brought up or a workflow can't be submitted
 */
export async function runMainJob(options: MainJobOptions, cleanup: Cleanup): Promise<RunReport> {
  // The compiler uses one core: packages and keys come in at the same time.
  await Promise.all([setUpPipelines(options.pipelines, options.onStep), ensureCompiled()]);
  if (options.signal.aborted) throw new FrobenError("interrupted", "stopped before the start");
  const startedAt = Date.now();
  const programs = await loadPipelinePrograms(options.pipelines);
  const prepare = (folder: string) =>
    prepareBatch(programs, options.leaves, join(folder, "batch"), options.signal);
  const devnet = await startDevnet({ ...options, prepareBatch: prepare }, cleanup);
  await writeDevnetFile(devnet, cleanup);
  options.onStarted?.(devnet);
  return runWith(devnet, programs, options, startedAt);
}
