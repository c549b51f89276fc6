/** Who calls it: the sync loop, for every assignment in an answer. Accepts into the journal, or refuses with a reason. */
import { keccak256, type Address, type Hex } from "viem";
import type { InputSource } from "../../protocol/assignment";
import type { Digest } from "../../protocol/digest";
import { marketDomain } from "../../protocol/eip712";
import { FrobenError } from "../../protocol/errors";
import type { SignedAssignment } from "../../protocol/http";
import { LIMITS } from "../../protocol/limits";
import { lockableStake } from "../../protocol/stake";
import { isSignedFor, typedHash } from "../../protocol/typed-hash";
import type { MarketFacts } from "../chain/market-facts";
import type { Strikes } from "../chain/strikes";
import { isLocalChain, type MarketChain } from "../chain/clients";
import type { SlotView } from "../chain/slot-view";
import type { Clock } from "../clock";
import type { OperatorConfig } from "../config";
import type { Holdings } from "../holdings/holdings";
import { isUnclaimed, type Holding } from "../holdings/phase";
import type { Journal } from "../journal/journal";
import { checkStandby } from "./standby";
import { assignmentFields } from "./step-terms";
import { verifyAssignment } from "./verify-assignment";
import { workloadOf } from "./workload";

/** Answers of a coordinator that is itself a contract (ERC-1271). */
const ERC1271_ABI = [
  {
    type: "function",
    name: "isValidSignature",
    stateMutability: "view",
    inputs: [{ type: "bytes32" }, { type: "bytes" }],
    outputs: [{ type: "bytes4" }],
  },
] as const;
const ERC1271_MAGIC = "0x1626ba7e";

export interface IntakeDeps {
  chain: MarketChain;
  config: Pick<
    OperatorConfig,
    "verifiers" | "offer" | "concurrency" | "pricing" | "revealSeconds" | "standby"
  >;
  operator: Address;
  holdings: Holdings;
  journal: Pick<Journal, "meanDuration">;
  programs: ReadonlySet<Digest>;
  /** Those of them that take none of the machine. */
  builtin: { has(program: Digest): boolean };
  slotView: Pick<SlotView, "slots">;
  facts: MarketFacts;
  strikes: Strikes;
  clock: Clock;
}

/** Whether a workflow's coordinator signed an assignment. */
export async function signedBy(
  { chain, operator }: Pick<IntakeDeps, "chain" | "operator">,
  signed: SignedAssignment,
  coordinator: Address,
): Promise<boolean> {
  const typed = {
    domain: marketDomain(chain.chainId, chain.market),
    primaryType: "Assignment",
    message: { ...assignmentFields(signed), operator },
  } as const;
  const signature = signed.signature as Hex;
  if (await isSignedFor(typed, signature, coordinator)) return true;
  const code = await chain.client.getCode({ address: coordinator });
  if (!code || code === "0x") return false;
  const call = {
    address: coordinator,
    abi: ERC1271_ABI,
    functionName: "isValidSignature",
  } as const;
  const magic = await chain.client
    .readContract({ ...call, args: [typedHash(typed), signature] })
    .catch(() => undefined);
  return magic === ERC1271_MAGIC;
}

/** Whether the operator trusts a verifier: by address, or by the hash of its code. */
async function verifierAllowed({ chain, config }: IntakeDeps, verifier: Address): Promise<boolean> {
  if (config.verifiers === "any") return isLocalChain(chain.chainId);
  if (config.verifiers.includes(verifier.toLowerCase())) return true;
  const code = await chain.client.getCode({ address: verifier });
  if (!code) return false;
  return config.verifiers.includes(keccak256(code));
}

/** The sources of an assignment's inputs. */
const sourcesOf = ({ tasks }: SignedAssignment): InputSource[] =>
  tasks
    .flatMap(({ inputs }) => Object.values(inputs))
    .flatMap(({ source }) => (source ? [source] : []));

/** Bonds that accepted assignments will need and the chain has not locked yet, units. */
function promised(holdings: Holding[]): bigint {
  return holdings
    .filter(isUnclaimed)
    .reduce((sum, { signed }) => sum + BigInt(signed.terms.bond) * BigInt(signed.tasks.length), 0n);
}

function workload({ holdings, slotView, clock, journal, builtin }: IntakeDeps, chainNow: number) {
  return workloadOf({
    holdings: holdings.undecided(),
    slots: slotView.slots(),
    chainNow,
    now: clock.now(),
    meanMs: (program) => journal.meanDuration(program),
    builtin,
  });
}

/**
 * Checks an assignment against the chain and this operator's limits, and writes it to the journal.
 * @param now Unix time of the chain, seconds
 * @returns the holding, new or known
 * @throws FrobenError `assignment_...` when it is refused; `chain_unreachable` style errors of the client pass through
 */
export async function takeIn(
  deps: IntakeDeps,
  signed: SignedAssignment,
  now: number,
): Promise<Holding> {
  const { chain, config, operator, holdings, journal, programs } = deps;
  const known = holdings.find(signed.workflow, signed.root);
  if (known) return known;
  const [workflow, account] = await Promise.all([
    deps.facts.workflowOf(signed.workflow),
    deps.facts.account(),
  ]);
  const [, coordinator, status, , deadline, , , terms] = workflow;
  const held = holdings.all();
  verifyAssignment(signed, {
    operator,
    now,
    workflow: { status, deadline, coordinator, terms },
    struckSources: await deps.strikes.among(signed.workflow, sourcesOf(signed)),
    signatureValid: await signedBy(deps, signed, coordinator),
    freeStake: lockableStake(account, chain.minStake) - promised(held),
    offer: config.offer,
    concurrency: config.concurrency,
    work: deps.builtin.has(signed.program) ? undefined : workload(deps, now),
    programs,
    verifierAllowed: await verifierAllowed(deps, signed.terms.judge.verifier as Address),
    pricing: config.pricing,
    revealSeconds: config.revealSeconds ?? (isLocalChain(chain.chainId) ? 0 : LIMITS.revealSeconds),
    meanMs: journal.meanDuration(signed.program),
  });
  for (const { task, attempt } of signed.tasks)
    if (holdings.task(signed.workflow, task, attempt))
      throw new FrobenError("assignment_duplicate", "the attempt is part of another assignment", {
        field: "tasks",
        value: task,
      });
  if (signed.standby) {
    const latest = Math.max(now, deps.clock.now() / 1000);
    await checkStandby(signed, config.standby, holdings, chain, latest);
  }
  return holdings.add(signed);
}
