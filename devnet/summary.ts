import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Address } from "viem";
import type { AuditReport } from "../offchain/audit/report";
import type { ChainReport } from "./chain-report";
import type { RollupBatch } from "./jobs/rollup";
import { root, type Devnet } from "./network";
import type { Measures, OperatorReport, RunReport, WorkflowReport } from "./report";
import type { Job } from "./jobs/job";
import { ether, type Frame } from "./view";

/** Everything that the run saw, before it is judged. */
export interface RunFacts {
  devnet: Devnet;
  jobs: Job[];
  frame: Frame;
  settledAt: Map<number, number>;
  chain: ChainReport;
  audit: AuditReport;
  /** Units of bonds still locked after everything settled. */
  locked: bigint;
  rollup?: { batch: RollupBatch; recordedRoot: string | undefined };
  membership?: { verified: number; of: number };
  startupMs: number;
  totalMs: number;
  machine: { cores: number; memoryMb: number };
}

function workflowReport(facts: RunFacts, job: Job): WorkflowReport {
  const { view, tasks } = facts.frame.workflows.find(({ view }) => view.workflow === job.id)!;
  const cost = facts.chain.workflows.get(job.id);
  const money = (units: bigint | undefined) => ether(units ?? 0n, facts.frame.unit);
  return {
    pipeline: job.pipeline,
    workflow: job.id,
    state: view.state,
    tasks: tasks.length,
    attempts: view.attempts,
    makespanMs: (view.endedAt ?? facts.frame.now) - view.openedAt,
    settledMs: (facts.settledAt.get(job.id) ?? facts.frame.now) - view.openedAt,
    completionTx: job.pipeline === "rollup" ? (cost?.completionTx ?? null) : null,
    gasByCall: cost?.gasByCall ?? {},
    paid: money(cost?.paid),
    slashed: money(cost?.slashed),
    refunded: money(cost?.refunded),
  };
}

function operatorReports(facts: RunFacts): OperatorReport[] {
  const income = new Map(
    [...facts.chain.operators].map(([address, value]) => [address.toLowerCase(), value]),
  );
  const tasksOf = (address: Address) =>
    facts.frame.operators.find((view) => view.address.toLowerCase() === address.toLowerCase())
      ?.done ?? 0;
  return facts.devnet.operators.map(({ profile, address, process }) => ({
    name: profile.name,
    address,
    tasks: tasksOf(address),
    earned: ether(income.get(address.toLowerCase())?.earned ?? 0n, facts.frame.unit),
    slashed: ether(income.get(address.toLowerCase())?.slashed ?? 0n, facts.frame.unit),
    peakRssMb: process.peakRssMb(),
  }));
}

/** @returns what was promised and did not happen, one sentence each */
function failuresOf(facts: RunFacts, workflows: WorkflowReport[]): string[] {
  const failures: string[] = [];
  for (const { pipeline, workflow, state } of workflows)
    if (state !== "completed") failures.push(`${pipeline} workflow ${workflow} is ${state}`);
  if (facts.rollup) {
    if (!workflows.some(({ completionTx }) => completionTx))
      failures.push("the rollup's final proof was not accepted on-chain");
    if (facts.rollup.recordedRoot !== facts.rollup.batch.newRoot)
      failures.push("RollupState does not hold the new root");
  }
  if (facts.membership) {
    const { verified, of } = facts.membership;
    if (verified !== of)
      failures.push(`only ${verified} of ${of} membership proofs pass Semaphore's verifier`);
    const cheat = facts.devnet.operators
      .find(({ profile }) => profile.cheats)!
      .address.toLowerCase();
    const struck = [...facts.chain.workflows.values()].flatMap(({ strikes }) => strikes);
    if (!struck.some(({ operator }) => operator.toLowerCase() === cheat))
      failures.push("the cheat was not slashed");
    if (struck.some(({ operator }) => operator.toLowerCase() !== cheat))
      failures.push("an honest operator was slashed");
  }
  if (facts.locked > 0n) failures.push(`bonds of ${facts.locked} units are still locked`);
  if (!facts.audit.ok) failures.push(`the audit found: ${facts.audit.verdict}`);
  return failures;
}

/** What bin/bootstrap.mjs noted about the installation. */
function readInstall(): Measures["install"] {
  try {
    const note = readFileSync(join(root, "node_modules", ".froben-install"), "utf8");
    const { seconds, megabytes } = JSON.parse(note) as Measures["install"];
    return { seconds, megabytes };
  } catch {
    return { seconds: null, megabytes: null };
  }
}

/** Judges a run and puts it in the form that people and `--json` get. */
export function summarize(facts: RunFacts): RunReport {
  const workflows = facts.jobs.map((job) => workflowReport(facts, job));
  const operators = operatorReports(facts);
  const failures = failuresOf(facts, workflows);
  return {
    ok: failures.length === 0,
    failures,
    setup: facts.devnet.deployment.rollup?.setup ?? null,
    workflows,
    operators,
    membership: facts.membership ?? null,
    rollup: facts.rollup
      ? {
          oldRoot: facts.rollup.batch.oldRoot,
          newRoot: facts.rollup.batch.newRoot,
          recordedIn: facts.devnet.deployment.rollup!.state,
        }
      : null,
    audit: {
      ok: facts.audit.ok,
      verdict: facts.audit.verdict,
      findings: facts.audit.findings.length,
    },
    measures: {
      install: readInstall(),
      startupMs: facts.startupMs,
      totalMs: facts.totalMs,
      coordinatorPeakRssMb: facts.devnet.coordinator.peakRssMb(),
      operatorPeakRssMb: Math.max(...operators.map(({ peakRssMb }) => peakRssMb)),
      machine: facts.machine,
    },
  };
}
