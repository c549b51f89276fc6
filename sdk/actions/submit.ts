import { parseEventLogs, type Address, type Hex } from "viem";
import { marketAbi } from "../../protocol/abi";
import { canonicalJson, digestOf, sha256, toBytes32 } from "../../protocol/digest";
import { FrobenError } from "../../protocol/errors";
import { specResponseSchema } from "../../protocol/http";
import { minimumEscrow, stepTermsOf, type StepTerms } from "../../protocol/terms";
import { accountOf, readAnswer, type Client } from "../client";
import { retrying } from "../wait";
import { bondWarnings, type Warning } from "../workflow/bond-warnings";
import type { Workflow } from "../workflow/define";
import { findWorkflow, settledNonce } from "./find-workflow";
import { preparePayIn } from "./pay-in";
import { sendCallNow } from "./send-call";
import { uploadArtifacts } from "./upload-artifacts";

export interface SubmitOptions {
  /** Tells runs of the same workflow apart: the same workflow under the same key is bought once, however often it is submitted. */
  key?: string;
  /** Coordinator's fee, basis points of what is spent. */
  feeBps?: number;
  /** No claim later than this after opening, seconds. */
  deadlineSeconds?: number;
  /** Another coordinator than the one that is talked to. */
  coordinator?: Address;
  /** How long the coordinator has to answer once it is declared silent, seconds; 0: it can't be declared silent. */
  silenceDelaySeconds?: number;
  /** How long to wait for the opening transaction, milliseconds. */
  timeoutMs?: number;
  /** Gets what the requester may want to think over, before anything is paid. */
  onWarning?: (warning: Warning) => void;
}

export interface Submitted {
  workflow: number;
  /** The transaction that opened it. */
  hash: Hex;
  /** False when an earlier submission had opened it. */
  opened: boolean;
  /** Units sent as escrow. */
  escrow: bigint;
}

const DAY_SECONDS = 24 * 3600;
const SILENCE_DELAY_SECONDS = 3600;

/** Struct WorkflowTerms of the contract. */
interface WorkflowTerms {
  specHash: Hex;
  key: Hex;
  coordinator: Address;
  feeBps: number;
  deadline: number;
  silenceDelay: number;
}

/** @returns what goes on-chain as WorkflowTerms.key, so that a restart finds what was already opened */
export function workflowKey(workflow: Workflow, key: string): Hex {
  return toBytes32(digestOf({ spec: workflow.digest, key }));
}

async function giveSpec(client: Client, workflow: Workflow, feeBps: number): Promise<void> {
  const response = await client.signed({
    method: "POST",
    path: `/v1/specs?feeBps=${feeBps}`,
    body: workflow.spec,
  });
  const { digest } = await readAnswer(response, specResponseSchema);
  const own = sha256(canonicalJson(workflow.spec));
  if (digest !== own)
    throw new FrobenError("spec_digest_mismatch", "the coordinator read another spec", {
      limit: own,
      value: digest,
      hint: "coordinator and SDK are of different versions",
    });
}

/** Bonds are compared with gas, which is paid in ether: of a bond in a token nobody knows what it is worth. */
async function warn(
  client: Client,
  { spec }: Workflow,
  onWarning: (warning: Warning) => void,
): Promise<void> {
  const { currency, unit } = await client.market();
  if (currency.token) return;
  bondWarnings(spec, await client.chain.getGasPrice(), BigInt(unit)).forEach(onWarning);
}

/** What an opening needs, once the spec is known to the coordinator. */
interface Opening {
  terms: Omit<WorkflowTerms, "deadline">;
  steps: StepTerms[];
  escrow: bigint;
  deadlineSeconds: number;
  timeoutMs: number;
}

/**
 * Opens the workflow unless the chain shows that it is open already. An opening of an earlier process may be under way:
 * only when nothing is, does the chain tell the whole story; and one sent from then on would need the nonce that is read
 * here, so that only one of the two can land.
 */
async function openOnce(client: Client, opening: Opening): Promise<Omit<Submitted, "escrow">> {
  const { address } = accountOf(client);
  const nonce = await settledNonce(client, address, opening.timeoutMs);
  if (nonce === undefined)
    throw new FrobenError("transactions_pending", "the account has transactions under way", {
      value: address,
      retryable: true,
      hint: "one of them may open this very workflow: wait until they are included",
    });
  const earlier = await findWorkflow(client, address, opening.terms.key);
  if (earlier) return { ...earlier, opened: false };
  const { escrow, timeoutMs } = opening;
  const payment = await preparePayIn(client, escrow, { nonce, timeoutMs });
  const { timestamp } = await client.chain.getBlock();
  const receipt = await sendCallNow(client, {
    functionName: "openWorkflow",
    args: [
      { ...opening.terms, deadline: Number(timestamp) + opening.deadlineSeconds },
      opening.steps,
      escrow,
    ],
    timeoutMs,
    ...payment,
  });
  const [event] = parseEventLogs({
    abi: marketAbi,
    eventName: "WorkflowOpened",
    logs: receipt.logs,
  });
  if (!event)
    throw new FrobenError("market_invalid", "the contract opened no workflow", {
      value: receipt.transactionHash,
    });
  return { workflow: event.args.workflow, hash: receipt.transactionHash, opened: true };
}

/**
 * Pays for a run of a workflow: uploads its inputs, gives the coordinator the spec and opens it on-chain with every
 * task at its ceiling as escrow; what is not spent comes back. Safe to call again after a crash or a time-out.
 * @returns the workflow's id
 * @throws FrobenError the API's, `account_missing`, `transactions_pending`, and those of `sendCall`
 * @example const { workflow } = await submit(client, membershipWorkflow(options), { key: "block 1234" });
 */
export async function submit(
  client: Client,
  workflow: Workflow,
  options: SubmitOptions = {},
): Promise<Submitted> {
  const { address } = accountOf(client);
  const market = await client.market();
  const { feeBps = 0, timeoutMs = 120_000, deadlineSeconds = DAY_SECONDS } = options;
  const { silenceDelaySeconds: silenceDelay = SILENCE_DELAY_SECONDS, onWarning } = options;
  const steps = stepTermsOf(workflow.spec);
  const escrow = minimumEscrow(steps, feeBps);
  const key = workflowKey(workflow, options.key ?? "");

  const earlier = await findWorkflow(client, address, key);
  if (earlier) return { ...earlier, opened: false, escrow };
  if (onWarning) await warn(client, workflow, onWarning);
  await uploadArtifacts(client, workflow.artifacts);
  await giveSpec(client, workflow, feeBps);
  const specHash = toBytes32(workflow.digest);
  const coordinator = options.coordinator ?? market.coordinator;
  const terms = { specHash, key, coordinator, feeBps, silenceDelay };
  const opening = { terms, steps, escrow, deadlineSeconds, timeoutMs };
  // Another transaction may take the nonce, perhaps of another process that opens the same workflow: look again.
  const opened = await retrying(() => client.sending.run(() => openOnce(client, opening)), {
    timeoutMs,
    may: (error) => error instanceof FrobenError && error.code === "transaction_replaced",
  });
  return { ...opened, escrow };
}
