import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { runAudit } from "../../offchain/audit/run";
import type { AuditReport, OperatorSummary } from "../../offchain/audit/report";
import { RUN_MARK } from "../../operator/run/proc";
import { fetchOutputs, FrobenError } from "../../sdk";
import { holdersOf } from "../support/processes";
import type { ChaosMarket } from "./market/market";
import { expectedOutputs, REWARD, TASKS } from "./market/workflow";

const LOOK_MS = 50;
/** Most time that a coordinator without its database takes to find a completed workflow's outputs. */
const FOUND_MS = 120_000;

/**
 * Audits the whole market, its artifacts included; straight from the chain, past every proxy.
 * @param programs of validation that are run, once more for every result that there ever was
 */
export function audit(market: ChaosMarket, programs: string[] = []): Promise<AuditReport> {
  return runAudit({
    rpcUrl: market.rpcUrl,
    market: market.market,
    fromBlock: market.fromBlock,
    coordinatorUrl: market.front.url,
    programs,
  });
}

async function outputFaults(market: ChaosMarket, workflow: number, seed: string) {
  const expected = expectedOutputs(seed);
  const until = Date.now() + FOUND_MS;
  const read = async (name: string): Promise<string[]> => {
    try {
      const files = await fetchOutputs(market.requester, workflow, name);
      return files.map((bytes) => bytes.toString("hex"));
    } catch (error) {
      // After a lost database they are looked for.
      const missing = error instanceof FrobenError && error.code === "output_missing";
      if (!missing || Date.now() > until) throw error;
      await delay(LOOK_MS);
      return read(name);
    }
  };
  const [proof, leaves] = await Promise.all([read("proof"), read("leaves")]);
  const same = proof.join() === expected.proof && leaves.join() === expected.leaves.join();
  return same ? [] : ["the outputs are not those of an undisturbed run"];
}

const lost = (one: OperatorSummary | undefined) =>
  BigInt(one?.slashed ?? 0) + BigInt(one?.penalties ?? 0);

/** Money: conserved, paid once for each task, nothing left behind, and nothing taken from the innocent. */
function moneyFaults(
  before: AuditReport,
  now: AuditReport,
  { workflow, guilty, unpaid = false }: Pick<Run, "workflow" | "guilty" | "unpaid">,
): string[] {
  const faults = now.ok ? [] : [`the audit says: ${now.verdict}`];
  const summary = now.workflows.find((one) => one.workflow === workflow);
  if (!summary) return [...faults, "the audit does not know the workflow"];
  const { paid, reserved, tasks } = summary;
  const late = unpaid ? tasks.expired : 0;
  if (BigInt(paid) !== BigInt(TASKS - late) * REWARD)
    faults.push(`${paid} units were paid for ${TASKS - late} tasks at ${REWARD}`);
  if (reserved !== "0") faults.push(`${reserved} units are still reserved`);
  if (tasks.settled !== TASKS - late)
    faults.push(`${tasks.settled} of ${TASKS - late} tasks are settled`);
  for (const operator of now.operators) {
    const { operator: address } = operator;
    const earlier = before.operators.find((one) => one.operator === address);
    const loss = lost(operator) - lost(earlier);
    const innocent = !guilty.some((one) => one.toLowerCase() === address.toLowerCase());
    if (loss > 0n && innocent) faults.push(`honest ${address} lost ${loss} units`);
    if (operator.locked !== "0") faults.push(`${operator.locked} units of ${address} are locked`);
  }
  return faults;
}

/** Most time that a program, which is killed with its operator, takes to be gone. */
const GRACE_MS = 5_000;

/** Programs that outlived their runs, and processes of earlier lives. */
async function leftovers(market: ChaosMarket): Promise<string[]> {
  const expected = new Set([market.chainPid, ...market.processes().map(({ pid }) => pid)]);
  // Helpers of a living process are its own business, a program that it runs is not.
  const isLeft = (pid: number): boolean =>
    !expected.has(pid) && (isProgram(pid) || !expected.has(parentOf(pid)));
  const more = () => holdersOf(market.folder).filter(isLeft);
  const until = Date.now() + GRACE_MS;
  while (more().length > 0 && Date.now() < until) await delay(LOOK_MS);
  return more().map((pid) => `process ${pid} is left: ${commandOf(pid)}`);
}

const read = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return ""; // it ended meanwhile
  }
};

const isProgram = (pid: number) => read(pid, "environ").includes(`${RUN_MARK}=`);
const parentOf = (pid: number) => Number(/^PPid:\s+(\d+)/m.exec(read(pid, "status"))?.[1]);

const commandOf = (pid: number) => read(pid, "cmdline").replaceAll("\0", " ").slice(-200);

/** What was played. */
interface Run {
  workflow: number;
  seed: string;
  /** The audit before it. */
  before: AuditReport;
  /** Addresses that may lose something. */
  guilty: string[];
  unpaid?: boolean;
}

/**
 * What every scenario must leave behind.
 * @returns what is wrong, and the audit
 */
export async function check(
  market: ChaosMarket,
  run: Run,
): Promise<{ faults: string[]; after: AuditReport }> {
  const after = await audit(market);
  const faults = [
    ...(await outputFaults(market, run.workflow, run.seed)),
    ...moneyFaults(run.before, after, run),
    ...(await leftovers(market)),
  ];
  return { faults, after };
}
