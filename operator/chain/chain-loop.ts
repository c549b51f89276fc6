/**
 * Who calls it: operator.ts runs it for the operator's whole life. Looks at the chain, decides (plan/plan.ts) and sends;
 * tells the reporter whose claims are on-chain.
 */
import type { Address, Hex, TransactionReceipt } from "viem";
import type { BlockPace } from "../../protocol/block-pace";
import { commitmentsRoot } from "../../protocol/commitment";
import { FrobenError } from "../../protocol/errors";
import type { SignedAssignment } from "../../protocol/http";
import type { TakeOver } from "../../protocol/operations";
import type { ArtifactCache } from "../artifacts/cache";
import { assignmentFields, termsOf } from "../assignments/step-terms";
import type { CoordinatorClient } from "../coordinator-client/client";
import type { OperatorConfig } from "../config";
import type { Clock } from "../clock";
import type { Holdings } from "../holdings/holdings";
import { isDead, isUnclaimed, type HeldTask, type Holding } from "../holdings/phase";
import type { Log } from "../log";
import { plan } from "../plan/plan";
import type { Plan, PlannedExit, PlanPolicy } from "../plan/plan-types";
import { stepOf, stepsOf, type TaskTraces } from "../traces";
import { createAcceptances } from "./acceptances";
import { encoderFor, tryCallOn, workingParts, type Part, type Refused } from "./advance";
import { claimable } from "./claimable";
import type { MarketChain } from "./clients";
import type { MarketFacts } from "./market-facts";
import type { Defence } from "./defence";
import { exitCall } from "./exit-call";
import { finalCall } from "./final-call";
import { isCommitted, isOver, planHolding, slotOfTask, slotsOf } from "./plan-state";
import { MAX_PARTS, sendInMs } from "./send-time";
import type { Slot } from "./slots";
import type { SlotView } from "./slot-view";
import type { StakeKeeper } from "./stake-keeper";
import type { Call, TransactionSender } from "./transaction-sender";
import { UnderWay, type Changes } from "./under-way";

export interface ChainLoop {
  /** One look, and what follows from it is sent. Not waited for: see `onIncluded`. */
  turn(): Promise<void>;
  /** Whether a claim is live, a batch waits to be settled, or a result is in dispute, or a transaction is under way. */
  busy(): boolean;
  /** When claims are sent that wait for more to go along, Unix milliseconds; Infinity if there are none. */
  sendsAt(): number;
  /** Whether a claim is on its way. */
  isClaiming(holding: Holding): boolean;
  /** Resolves when nothing is under way. */
  ended(): Promise<void>;
}

export interface ChainLoopDeps {
  chain: MarketChain;
  /** Whose claims these are: the sender's own, or those of whom it is the delegate. */
  operator: Address;
  config: Pick<OperatorConfig, "commitPatienceSeconds" | "settlePatienceSeconds" | "pollMs">;
  clock: Clock;
  holdings: Holdings;
  slotView: SlotView;
  facts: MarketFacts;
  sender: TransactionSender;
  defence: Defence;
  stakeKeeper: Pick<StakeKeeper, "turn">;
  coordinator: Pick<CoordinatorClient, "acceptance">;
  cache: ArtifactCache;
  log: Log;
  traces: TaskTraces;
  /** Hears of each look at the chain. */
  pace: Pick<BlockPace, "saw" | "spareMs">;
  /** Tasks whose claim is live: their results may go out. */
  onClaimed(holding: Holding, tasks: HeldTask[]): void;
  /** A transaction is included: there is something to see. */
  onIncluded(): void;
  /** A task ends because its claim can't be had. */
  onUnclaimable(holding: Holding, task: HeldTask, error: FrobenError): void;
}

/** Refusals of a claim by the chain, in different blocks, after which it is given up. */
const MAX_CLAIM_REFUSALS = 4;
/** Blocks may be full, and an answer may be lost: what is committable is committed this long before the deadline. */
const DEADLINE_MARGIN_SECONDS = 20;

/** Units that claiming all of an assignment locks. */
const bondsOf = ({ terms, tasks }: SignedAssignment) => BigInt(terms.bond) * BigInt(tasks.length);

const message = (error: unknown) => (error instanceof Error ? error.message : String(error));

export function createChainLoop(deps: ChainLoopDeps): ChainLoop {
  const { chain, operator, config, clock, holdings, slotView, facts, sender, cache, log } = deps;
  const { pace } = deps;
  const encode = encoderFor(operator, sender.address);
  const context = { chainId: chain.chainId, market: chain.market, operator };
  const policy: PlanPolicy = {
    commitPatience: config.commitPatienceSeconds,
    settlePatience: config.settlePatienceSeconds,
    deadlineMargin: DEADLINE_MARGIN_SECONDS,
    maxParts: MAX_PARTS,
  };
  /** Of the ticket with this `claimBy`. */
  const refusals = new Map<Holding, { claimBy: number; count: number; block: number }>();
  /** When new blocks were last looked for, Unix milliseconds. */
  let lookedAt = 0;
  let sendAt = Infinity;
  const acceptance = createAcceptances(deps.coordinator, log);
  const underWay = new UnderWay(deps.onIncluded, (error) =>
    log.warn({ err: error }, message(error)),
  );
  const tryCall = tryCallOn(chain, sender.address);

  /** Reads new blocks. News from the coordinator makes the chain no newer than it was a moment ago. */
  async function look(): Promise<void> {
    if (!underWay.hasNews() && clock.now() - lookedAt < config.pollMs) return;
    await slotView.sync();
    lookedAt = clock.now();
    underWay.seen(slotView.head().number);
    pace.saw(slotView.head(), lookedAt);
  }

  async function send(call: Omit<Call, "to">): Promise<TransactionReceipt> {
    const receipt = await sender.send({ ...call, to: chain.market });
    slotView.expect(receipt);
    return receipt;
  }

  /**
   * Whether a reorganisation took a claim back, which can be made again: at once, or with the renewed ticket that the coordinator gives.
   * A slot remembers what it held until it is used again.
   */
  function isTakenBack({ claim, signed, tasks }: Holding): boolean {
    if (claim !== "claimed") return false;
    const known =
      slotsOf(slotView.slots(), signed.workflow, signed.root).length > 0 ||
      slotView.hasEnded(signed.root);
    const alive = tasks.some((task) => !isDead(task.phase));
    const until = signed.claimBy + signed.terms.claimTime;
    return !known && alive && slotView.head().timestamp < until;
  }

  /** The coordinator has seen a reorganisation that this view may be yet to see. */
  const mayBeTakenBack = ({ signed }: Holding) =>
    signed.renewed === true && slotView.head().timestamp < signed.claimBy;

  /** Brings holdings up to what the chain says about their claims. */
  function follow(): void {
    const slots = slotView.slots();
    for (const holding of holdings.all()) {
      if (underWay.claims(holding)) continue; // what becomes of it is not known
      if (holding.claim === "claimed" && isCommitted(holding, slots)) continue; // until it is settled
      const live = holding.tasks.filter((task) => slotOfTask(slots, task)?.state === "claimed");
      const claimed = live.length > 0 || holding.tasks.some((task) => slotOfTask(slots, task));
      if (claimed && holding.claim !== "claimed") {
        holdings.setClaim(holding, "claimed");
        log.info({ workflow: holding.signed.workflow, root: holding.signed.root }, "claimed");
      }
      if (live.length > 0) deps.onClaimed(holding, live);
      holding.takenBack = isTakenBack(holding);
      if (holding.claim === "wanted" && holding.tasks.every((task) => isDead(task.phase)))
        holdings.setClaim(holding, "given_up");
      if (isOver(holding, slots) && !mayBeTakenBack(holding)) {
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
    const isRenewed = ({ takenBack, signed }: Holding) => !takenBack || now < signed.claimBy;
    const wanted = holdings
      .all()
      .filter((one) => isUnclaimed(one) && isRenewed(one) && !underWay.claims(one));
    await Promise.all(
      wanted.map(async (holding) => {
        const mask = BigInt(holding.signed.mask);
        const answer = await claimable(chain, facts, holding.signed, mask, now, operator);
        if (answer.claimable) ready.set(holding, answer.takeOvers);
        else if (answer.final) giveUp(holding, answer.reason);
      }),
    );
    return ready;
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
    const signatures = await Promise.all(next.commits.map(acceptance));
    for (const [i, commit] of next.commits.entries()) {
      const signature = signatures[i];
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
      const { claimBy } = holding.signed;
      const known = refusals.get(holding);
      if (known?.block === block) continue;
      const count = known?.claimBy === claimBy ? known.count + 1 : 1;
      refusals.set(holding, { claimBy, count, block });
      if (count >= MAX_CLAIM_REFUSALS) giveUp(holding, `the chain refuses: ${reason}`);
    }
    // The view may be what is wrong: the chain is right.
    if (refused.some(({ part }) => part.kind !== "claim")) await slotView.rebuild();
  }

  /** What some parts change, and so must be left alone until the view shows it. */
  function changesOf(parts: Part[], held: Holding[]): Changes {
    const slots = parts.flatMap((part) =>
      part.kind === "commit" && part.call.subMask !== 0n
        ? [part.call.slot, part.call.partSlot]
        : [part.call.slot],
    );
    const claims = parts.flatMap((part) => (part.kind === "claim" ? [held[part.id]!] : []));
    const bonds = claims.reduce((sum, holding) => sum + bondsOf(holding.signed), 0n);
    return { slots, claims, bonds };
  }

  /** Sends what is planned in one transaction, if there is anything. */
  async function advance(
    next: Plan,
    held: Holding[],
    takeOvers: Map<Holding, TakeOver[]>,
  ): Promise<void> {
    const planned = await partsOf(next, held, takeOvers);
    const { parts, gas: estimated, refused } = await workingParts(planned, encode, tryCall);
    if (refused.length > 0) await handleRefused(refused, held);
    if (parts.length === 0) return;
    const purpose = `advance: ${parts.map((part) => part.label).join(", ")}`;
    const steps = stepsOf(parts, held, holdings);
    const data = encode(parts);
    underWay.begin(changesOf(parts, held), () =>
      deps.traces.during(steps, () => send({ purpose, data, estimated })),
    );
  }

  function exit(planned: PlannedExit): void {
    const purpose = `${planned.kind} of slot ${planned.slot}`;
    underWay.begin({ slots: [planned.slot], claims: [], bonds: 0n }, () =>
      send({ purpose, data: exitCall(operator, planned) }),
    );
  }

  function submitFinal(holding: Holding, task: HeldTask, slot: Slot): void {
    const purpose = `final proof of workflow ${task.workflow}`;
    const step = stepOf("submit final proof", holding, task);
    underWay.begin({ slots: [slot.slot], claims: [], bonds: 0n }, async () => {
      const call = await finalCall(cache, operator, holding, task, slot);
      return deps.traces.during([step], () => send({ purpose, ...call }));
    });
  }

  function submitFinals(held: Holding[], busy: ReadonlySet<number>): void {
    const slots = slotView.slots();
    for (const holding of held) {
      const { terms, statement } = holding.signed;
      if (!terms.isFinal || statement === undefined) continue;
      const task = holding.tasks[0]!;
      const slot = slotOfTask(slots, task);
      const told = task.phase === "reported" || task.phase === "valid";
      if (told && slot?.state === "claimed" && !busy.has(slot.slot))
        submitFinal(holding, task, slot);
    }
  }

  return {
    busy: () =>
      underWay.size > 0 ||
      slotView.disputes().size > 0 ||
      [...slotView.slots().values()].some((slot) => slot.state !== "credited"),
    sendsAt: () => sendAt,
    isClaiming: (holding) => underWay.claims(holding),
    ended: () => underWay.ended(),
    async turn() {
      await look();
      holdings.together(follow);
      const { timestamp: now } = slotView.head();
      const takeOvers = await claimables(now);
      const held = holdings.all().filter((one) => !isCommitted(one, slotView.slots()));
      const free = takeOvers.size > 0 ? (await facts.account()).free : 0n;
      const busy = underWay.slots();
      const state = {
        slots: [...slotView.slots().values()],
        holdings: held.map((one, id) => planHolding(one, id, takeOvers.has(one), context)),
        freeStake: free - underWay.bonds(),
        busy,
      };
      const next = plan(state, now, policy);
      const waitMs = sendInMs(next.claims.length, underWay.size, pace.spareMs(clock.now()));
      sendAt = waitMs > 0 ? clock.now() + waitMs : Infinity;
      submitFinals(held, busy);
      next.exits.forEach(exit);
      const outcomes = await Promise.allSettled([
        ...(waitMs === 0 ? [advance(next, held, takeOvers)] : []),
        ...(await deps.defence.turn()),
        ...deps.stakeKeeper.turn(),
      ]);
      for (const outcome of outcomes)
        if (outcome.status === "rejected")
          log.warn({ err: outcome.reason as unknown }, message(outcome.reason));
    },
  };
}
