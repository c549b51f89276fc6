/**
 * Who calls it: operator.ts runs it for the operator's whole life. Looks at the chain, decides (plan/plan.ts) and sends;
 * tells the reporter whose claims are on-chain.
 */
import { encodeFunctionData, toHex, type Address, type Hex } from "viem";
import { assignmentPath, leavesOf } from "../../protocol/assignment";
import { marketAbi } from "../../protocol/abi";
import { commitmentsRoot } from "../../protocol/commitment";
import { FrobenError } from "../../protocol/errors";
import { verifiedCallGas } from "../../protocol/gas";
import type { TakeOver } from "../../protocol/operations";
import { ticketStruct, unpackTicket } from "../../protocol/ticket";
import type { ArtifactCache } from "../artifacts/cache";
import { assignmentFields, termsOf } from "../assignments/step-terms";
import type { CoordinatorClient } from "../coordinator-client/client";
import type { OperatorConfig } from "../config";
import type { Holdings } from "../holdings/holdings";
import { isDead, type HeldTask, type Holding } from "../holdings/phase";
import type { Log } from "../log";
import { plan } from "../plan/plan";
import type { Plan, PlannedCommit, PlannedExit, PlanPolicy } from "../plan/plan-types";
import { encoderFor, tryCallOn, workingParts, type Part, type Refused } from "./advance";
import { claimable } from "./claimable";
import type { MarketChain } from "./clients";
import type { Defence } from "./defence";
import { isCommitted, isOver, planHolding, slotOfTask, slotsOf } from "./plan-state";
import type { Slot } from "./slots";
import type { SlotView } from "./slot-view";
import { accountOf } from "./stake";
import type { StakeKeeper } from "./stake-keeper";
import { stepOf, stepsOf, type TaskTraces } from "../traces";
import type { TransactionSender } from "./transaction-sender";

export interface ChainLoop {
  /** One look and what follows from it. */
  turn(): Promise<void>;
  /** Whether a claim is live, a batch waits to be settled, or a result is in dispute. */
  busy(): boolean;
}

export interface ChainLoopDeps {
  chain: MarketChain;
  /** Whose claims these are: the sender's own, or those of whom it is the delegate. */
  operator: Address;
  config: Pick<OperatorConfig, "commitPatienceSeconds" | "settlePatienceSeconds">;
  holdings: Holdings;
  slotView: SlotView;
  sender: TransactionSender;
  defence: Defence;
  stakeKeeper: Pick<StakeKeeper, "turn">;
  coordinator: Pick<CoordinatorClient, "acceptance">;
  cache: ArtifactCache;
  log: Log;
  traces: TaskTraces;
  /** Tasks whose claim is live: their results may go out. */
  onClaimed(holding: Holding, tasks: HeldTask[]): void;
  /** A task ends because its claim can't be had. */
  onUnclaimable(holding: Holding, task: HeldTask, error: FrobenError): void;
}

/** Refusals of a claim by the chain, in different blocks, after which it is given up. */
const MAX_CLAIM_REFUSALS = 4;
/** Parts of each kind in one transaction. */
export const MAX_PARTS = 16;
/** Signatures that are kept for a commit which did not get through. */
const MAX_ACCEPTANCES = 256;
/** Blocks may be full, and an answer may be lost: what is committable is committed this long before the deadline. */
const DEADLINE_MARGIN_SECONDS = 20;

const message = (error: unknown) => (error instanceof Error ? error.message : String(error));

export function createChainLoop(deps: ChainLoopDeps): ChainLoop {
  const { chain, operator, config, holdings, slotView, sender, coordinator, cache, log } = deps;
  const encode = encoderFor(operator, sender.address);
  const context = { chainId: chain.chainId, market: chain.market, operator };
  const policy: PlanPolicy = {
    commitPatience: config.commitPatienceSeconds,
    settlePatience: config.settlePatienceSeconds,
    deadlineMargin: DEADLINE_MARGIN_SECONDS,
    maxParts: MAX_PARTS,
  };
  const refusals = new Map<Holding, { count: number; block: number }>();
  const acceptances = new Map<string, Hex>();
  const tryCall = tryCallOn(chain, sender.address);

  async function send(purpose: string, data: Hex, gas?: bigint): Promise<void> {
    slotView.expect(await sender.send({ purpose, to: chain.market, data, gas }));
  }

  /** Whether a reorganisation took a claim back, which can be made again. A slot remembers what it held until it is used again. */
  function isTakenBack({ signed, tasks }: Holding): boolean {
    const known =
      slotsOf(slotView.slots(), signed.workflow, signed.root).length > 0 ||
      slotView.hasEnded(signed.root);
    const alive = tasks.some((task) => !isDead(task.phase));
    return !known && alive && slotView.head().timestamp < signed.claimBy;
  }

  /** Brings holdings up to what the chain says about their claims. */
  function follow(): void {
    const slots = slotView.slots();
    for (const holding of holdings.all()) {
      if (holding.claim === "claimed" && isCommitted(holding, slots)) continue; // until it is settled
      const live = holding.tasks.filter((task) => slotOfTask(slots, task)?.state === "claimed");
      const claimed = live.length > 0 || holding.tasks.some((task) => slotOfTask(slots, task));
      if (claimed && holding.claim !== "claimed") {
        holdings.setClaim(holding, "claimed");
        log.info({ workflow: holding.signed.workflow, root: holding.signed.root }, "claimed");
      }
      if (live.length > 0) deps.onClaimed(holding, live);
      if (holding.claim === "claimed" && isTakenBack(holding)) holdings.setClaim(holding, "wanted");
      if (holding.claim === "wanted" && holding.tasks.every((task) => isDead(task.phase)))
        holdings.setClaim(holding, "given_up");
      if (isOver(holding, slots)) {
        refusals.delete(holding);
        holdings.close(holding);
      }
    }
  }

  function giveUp(holding: Holding, reason: string): void {
    const error = new FrobenError("claim_unavailable", reason, { retryable: true });
    holdings.together(() => {
      for (const task of holding.tasks)
        if (!isDead(task.phase) && holdings.move(task, "failed", { reason }))
          deps.onUnclaimable(holding, task, error);
      holdings.setClaim(holding, "given_up");
    });
  }

  /** Which of the wanted claims the chain would take now, with the take-overs that they need. */
  async function claimables(now: number): Promise<Map<Holding, TakeOver[]>> {
    const ready = new Map<Holding, TakeOver[]>();
    const wanted = holdings.all().filter((holding) => holding.claim === "wanted");
    await Promise.all(
      wanted.map(async (holding) => {
        const mask = BigInt(holding.signed.mask);
        const answer = await claimable(chain, holding.signed, mask, now, operator);
        if (answer.claimable) ready.set(holding, answer.takeOvers);
        else if (answer.final) giveUp(holding, answer.reason);
      }),
    );
    return ready;
  }

  /** @returns the coordinator's signature over a commit, or undefined when it does not give it now */
  async function acceptance(commit: PlannedCommit): Promise<Hex | undefined> {
    if (!commit.needsAcceptance) return "0x";
    const { workflow, step, attempt, word, root } = unpackTicket(commit.ticket);
    const mask = toHex(commit.mask, { size: 24 });
    const key = `${workflow}:${root}:${mask}:${commitmentsRoot(commit.commitments)}`;
    const known = acceptances.get(key);
    if (known) return known;
    try {
      const { commitments } = commit;
      const body = { workflow, step, attempt, word, mask, root, commitments };
      const signature = await coordinator.acceptance(body);
      if (acceptances.size >= MAX_ACCEPTANCES) acceptances.clear(); // they can be asked for again
      acceptances.set(key, signature);
      return signature;
    } catch (error) {
      log.warn({ workflow, step, attempt, err: error }, "no acceptance yet");
      return undefined;
    }
  }

  async function partsOf(
    next: Plan,
    held: Holding[],
    takeOvers: Map<Holding, TakeOver[]>,
  ): Promise<Part[]> {
    const parts: Part[] = next.settles.map(({ slot, ticket, commitments }) => ({
      kind: "settle",
      label: `settle slot ${slot}`,
      call: { slot, ticket, commitmentsRoot: commitmentsRoot(commitments) },
    }));
    for (const commit of next.commits) {
      const signature = await acceptance(commit);
      if (signature === undefined) continue;
      const { slot, ticket, subMask, partSlot, commitments } = commit;
      const call = { slot, ticket, subMask, partSlot, commitments, acceptance: signature };
      parts.push({ kind: "commit", label: `commit ${commitments.length} of slot ${slot}`, call });
    }
    for (const { id, slot, claimMask } of next.claims) {
      const { signed } = held[id]!;
      parts.push({
        kind: "claim",
        id,
        label: `claim ${signed.tasks.length} of workflow ${signed.workflow}`,
        call: {
          slot,
          assignment: assignmentFields(signed),
          claimMask,
          signature: signed.signature as Hex,
          opening: { terms: termsOf(signed), path: signed.termsPath as Hex[] },
          takeOvers: takeOvers.get(held[id]!) ?? [],
        },
      });
    }
    return parts;
  }

  async function handleRefused(refused: Refused[], held: Holding[]): Promise<void> {
    const { number: block } = slotView.head();
    for (const { part, reason } of refused) {
      log.warn({ part: part.label, reason }, "the chain refuses a part");
      if (part.kind !== "claim") continue;
      const holding = held[part.id]!;
      const before = refusals.get(holding) ?? { count: 0, block: -1 };
      if (before.block === block) continue;
      refusals.set(holding, { count: before.count + 1, block });
      if (before.count + 1 >= MAX_CLAIM_REFUSALS) giveUp(holding, `the chain refuses: ${reason}`);
    }
    // The view may be what is wrong: the chain is right.
    if (refused.some(({ part }) => part.kind !== "claim")) await slotView.rebuild();
  }

  /** @returns whether there was anything to send */
  async function advance(
    next: Plan,
    held: Holding[],
    takeOvers: Map<Holding, TakeOver[]>,
  ): Promise<boolean> {
    const planned = await partsOf(next, held, takeOvers);
    const { parts, refused } = await workingParts(planned, encode, tryCall);
    if (refused.length > 0) await handleRefused(refused, held);
    if (parts.length === 0) return false;
    const purpose = `advance: ${parts.map((part) => part.label).join(", ")}`;
    const steps = stepsOf(parts, held, holdings);
    await deps.traces.during(steps, () => send(purpose, encode(parts)));
    return true;
  }

  function exitCall({ kind, slot, ticket, subMask, signature, commitments }: PlannedExit): Hex {
    const part = subMask === unpackTicket(ticket).mask ? 0n : subMask;
    const what = [operator, slot, ticketStruct(ticket)] as const;
    const abi = marketAbi;
    switch (kind) {
      case "expire":
        return encodeFunctionData({ abi, functionName: "expire", args: what });
      case "release": {
        const args = [...what, part, signature!] as const;
        return encodeFunctionData({ abi, functionName: "release", args });
      }
      case "concede": {
        const args = [...what, part, commitments!] as const;
        return encodeFunctionData({ abi, functionName: "concede", args });
      }
    }
  }

  async function exit(planned: PlannedExit) {
    const purpose = `${planned.kind} of slot ${planned.slot}`;
    await send(purpose, exitCall(planned));
  }

  /** Delivers a final step's proof, which is verified in this very transaction. */
  async function submitFinal(holding: Holding, task: HeldTask, { slot, ticket }: Slot) {
    const { signed } = holding;
    const leaves = leavesOf(signed);
    const position = leaves.findIndex((leaf) => leaf.task === task.task);
    const { inputs } = signed.tasks[position]!;
    const statement = toHex(await cache.bytes(inputs[signed.statement!]!.digest));
    const result = toHex(await cache.bytes(task.result!));
    const leaf = { leaf: leaves[position]!, path: assignmentPath(leaves, position) };
    const { judge } = termsOf(signed);
    const data = encodeFunctionData({
      abi: marketAbi,
      functionName: "submitFinal",
      args: [operator, slot, ticketStruct(ticket), ticket.root, judge, leaf, statement, result],
    });
    const { workflow } = task;
    await deps.traces.during([stepOf("submit final proof", holding, task)], () =>
      send(`final proof of workflow ${workflow}`, data, verifiedCallGas(judge.verifierGas, data)),
    );
  }

  function finals(held: Holding[]): Promise<void>[] {
    const slots = slotView.slots();
    return held
      .filter(({ signed }) => signed.terms.isFinal && signed.statement !== undefined)
      .flatMap((holding) => {
        const task = holding.tasks[0]!;
        const slot = slotOfTask(slots, task);
        const told = task.phase === "reported" || task.phase === "valid";
        return told && slot?.state === "claimed" ? [submitFinal(holding, task, slot)] : [];
      });
  }

  return {
    busy: () =>
      slotView.disputes().size > 0 ||
      [...slotView.slots().values()].some((slot) => slot.state !== "credited"),
    async turn() {
      await slotView.sync();
      holdings.together(follow);
      const { timestamp: now } = slotView.head();
      const takeOvers = await claimables(now);
      const held = holdings.all().filter((one) => !isCommitted(one, slotView.slots()));
      const state = {
        slots: [...slotView.slots().values()],
        holdings: held.map((one, id) => planHolding(one, id, takeOvers.has(one), context)),
        freeStake: takeOvers.size > 0 ? (await accountOf(chain, operator)).free : 0n,
      };
      const next = plan(state, now, policy);
      const others = [
        ...(await deps.defence.turn()),
        ...finals(held),
        ...next.exits.map(exit),
        ...deps.stakeKeeper.turn(),
      ];
      const outcomes = await Promise.allSettled([advance(next, held, takeOvers), ...others]);
      for (const outcome of outcomes)
        if (outcome.status === "rejected")
          log.warn({ err: outcome.reason as unknown }, message(outcome.reason));
      const [advanced] = outcomes;
      if (others.length === 0 && advanced!.status === "fulfilled" && !advanced.value) return;
      await slotView.sync();
      holdings.together(follow);
    },
  };
}
