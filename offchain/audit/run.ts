import {
  createPublicClient,
  getAddress,
  http,
  isAddress,
  type Address,
  type PublicClient,
  type Transport,
} from "viem";
import { FrobenError } from "../../protocol/errors";
import { checkArtifacts } from "./artifacts/check-artifacts";
import { fetchEvents } from "./chain/fetch-events";
import { marketReader } from "./chain/market-reader";
import { compareAccounts } from "./compare/accounts";
import { conservation } from "./compare/conservation";
import { compareDisputes } from "./compare/disputes";
import { compareFates } from "./compare/fates";
import { compareRetries } from "./compare/retries";
import { compareSlots } from "./compare/slots";
import { compareWorkflows } from "./compare/workflows";
import { checkAssignments } from "./evidence/assignments";
import { fetchCalls } from "./evidence/calls";
import { checkConsents } from "./evidence/consents";
import { checkCallers } from "./evidence/delegates";
import { checkJuries } from "./evidence/juries";
import { checkFacts } from "./evidence/operations";
import { checkOpenedResults } from "./evidence/opened-results";
import { checkPaymentsIn } from "./evidence/payments-in";
import { eventsByWorkflow, type Scene } from "./evidence/scene";
import { checkVoids } from "./evidence/voids";
import { Recorder } from "./recorder";
import { replayEvents } from "./replay/replay";
import type { AuditReport, MoneySummary } from "./report";
import { summarizeOperators, summarizeWorkflows, verdictOf } from "./summaries";

export interface AuditProgress {
  stage: string;
  done: number;
  of: number;
}

export interface AuditOptions {
  rpcUrl: string;
  /** Address of the market contract. */
  market: string;
  /** Block of the market's deployment, or an earlier one. */
  fromBlock: number;
  /** Last block, inclusive; default: the newest. */
  toBlock?: number;
  /** Also checks specs, artifacts, assignments' leaves and proofs, with what this coordinator serves. */
  coordinatorUrl?: string;
  /** Manifests of validation programs to run on results that no EVM verifier can judge. */
  programs?: string[];
  /** Told now and then how far the audit is. */
  onProgress?: (progress: AuditProgress) => void;
  /** In place of HTTP to `rpcUrl`. */
  transport?: Transport;
}

interface Target {
  client: PublicClient;
  chainId: number;
  market: Address;
  toBlock: bigint;
}

async function connect(options: AuditOptions): Promise<Target> {
  if (!isAddress(options.market, { strict: false }))
    throw new FrobenError("audit_market_invalid", "the market is not an address", {
      field: "market",
      value: options.market,
    });
  const transport = options.transport ?? http(options.rpcUrl, { batch: true, timeout: 60_000 });
  const client = createPublicClient({ transport });
  const market = getAddress(options.market);
  const reach = async <T>(read: Promise<T>): Promise<T> =>
    read.catch((cause: unknown) => {
      throw new FrobenError("audit_node_unavailable", "the node did not answer", {
        field: "rpcUrl",
        cause,
        retryable: true,
        hint: "is the chain running, and the URL right?",
      });
    });
  const chainId = await reach(client.getChainId());
  const newest = await reach(client.getBlockNumber({ cacheTime: 0 }));
  const toBlock = options.toBlock === undefined ? newest : BigInt(options.toBlock);
  if (toBlock > newest || toBlock < BigInt(options.fromBlock))
    throw new FrobenError("audit_block_range", "there is no such range of blocks", {
      field: "toBlock",
      limit: Number(newest),
      value: Number(toBlock),
    });
  const code = await reach(client.getCode({ address: market, blockNumber: toBlock }));
  if (!code)
    throw new FrobenError("audit_no_contract", `no contract at ${market} on chain ${chainId}`, {
      field: "market",
      value: market,
    });
  return { client, chainId, market, toBlock };
}

/**
 * Audits a market from public data: replays all its events, recomputes all money, checks that every transition was
 * allowed, holds the outcome against the contract, and re-opens signatures, proofs and artifacts as far as they can be had.
 * @returns the report; findings are in it, not thrown
 * @throws FrobenError `audit_market_invalid`, `audit_block_range`, `audit_no_contract`, `audit_node_unavailable`,
 * `audit_logs_unavailable`, `audit_chain_moved`, `audit_token_unreadable`, `audit_coordinator_…`, `audit_program_invalid` when the audit itself can't be made
 */
export async function runAudit(options: AuditOptions): Promise<AuditReport> {
  const started = performance.now();
  const target = await connect(options);
  const { client, chainId, market, toBlock } = target;
  const progress = (stage: string, done: number, of: number) =>
    options.onProgress?.({ stage, done, of });
  const { hash: blockHash } = await client.getBlock({ blockNumber: toBlock });
  const recorder = new Recorder();

  const from = BigInt(options.fromBlock);
  const span = Number(toBlock - from) + 1;
  const { events, unknown } = await fetchEvents(client, market, from, toBlock, (block) =>
    progress("reading events", Number(block - from) + 1, span),
  );
  const known = recorder.check("Every log of the market is a known event");
  known.checked = events.length + unknown.length;
  for (const { block, logIndex } of unknown)
    known.find("warning", "unknown_event", `block ${block} log ${logIndex}`, "it can't be decoded");

  const reader = marketReader(client, market, toBlock);
  const [token, unit, minStake, unbondingDelay, lateClaims, lateGasRefund, balance] =
    await Promise.all([
      reader.token(),
      reader.unit(),
      reader.minStake(),
      reader.unbondingDelay(),
      reader.lateClaims(),
      reader.lateGasRefund(),
      reader.balance(),
    ]);
  progress("replaying events", 0, events.length);
  const parameters = { chainId, market, minStake, unbondingDelay, lateClaims, lateGasRefund };
  const { ledger, told } = replayEvents(events, parameters, recorder);

  progress("comparing with the contract", 0, ledger.workflows.size);
  const money: MoneySummary = conservation(ledger, unit, balance, await reader.held(), recorder);
  await compareAccounts(ledger, reader, recorder);
  await compareWorkflows(ledger, reader, recorder, (done, of) =>
    progress("comparing with the contract", done, of),
  );
  await compareSlots(ledger, reader, recorder);
  await compareRetries(ledger, reader, recorder);
  await compareFates(ledger, reader, recorder);
  await compareDisputes(ledger, reader, recorder);

  const calls = await fetchCalls(
    client,
    market,
    events.map(({ tx }) => tx),
    (done, of) => progress("reading transactions", done, of),
  );
  const scene: Scene = {
    client,
    chainId,
    market,
    token,
    unit,
    unbondingDelay,
    toBlock,
    events: told,
    eventsOf: eventsByWorkflow(told),
    ledger,
    recorder,
    calls,
  };
  await checkPaymentsIn(scene);
  checkCallers(scene);
  checkFacts(scene);
  await checkAssignments(scene);
  await checkConsents(scene);
  await checkOpenedResults(scene);
  checkVoids(scene);
  await checkJuries(scene);
  const served = options.coordinatorUrl
    ? await checkArtifacts(scene, options.coordinatorUrl, options.programs ?? [], progress)
    : undefined;

  const after = await client.getBlock({ blockNumber: toBlock });
  if (after.hash !== blockHash)
    throw new FrobenError("audit_chain_moved", `block ${toBlock} was reorganised away`, {
      retryable: true,
      hint: "audit again, up to a finalized block",
    });
  const checks = recorder.summaries();
  const findings = checks.flatMap((check) => check.findings);
  return {
    ok: checks.every((check) => check.failed === 0),
    verdict: verdictOf(checks),
    chainId,
    market,
    unit: String(unit),
    fromBlock: options.fromBlock,
    toBlock: Number(toBlock),
    blockHash,
    events: events.length,
    money,
    workflows: summarizeWorkflows(ledger, served),
    operators: summarizeOperators(ledger, Number(after.timestamp), served),
    checks,
    findings,
    milliseconds: Math.round(performance.now() - started),
  };
}
