/**
 * Who calls it: the chain loop. Claims of what is held: whether the chain shows them, which can be made now, and what becomes of those that it
 * refuses.
 */
import type { Address } from "viem";
import { FrobenError } from "../../protocol/errors";
import type { TakeOver } from "../../protocol/operations";
import type { Holdings } from "../holdings/holdings";
import { isDead, isUnclaimed, type HeldTask, type Holding } from "../holdings/phase";
import type { Log } from "../log";
import type { Refused } from "./advance";
import { claimable } from "./claimable";
import type { MarketChain } from "./clients";
import type { MarketFacts } from "./market-facts";
import { isCommitted, isOver, slotOfTask, slotsOf } from "./plan-state";
import type { SlotView } from "./slot-view";
import type { UnderWay } from "./under-way";

export interface ClaimsDeps {
  chain: MarketChain;
  /** Whose claims these are: the sender's own, or those of whom it is the delegate. */
  operator: Address;
  holdings: Holdings;
  slotView: SlotView;
  facts: MarketFacts;
  log: Log;
  /** Tasks whose claim is live: their results may go out. */
  onClaimed(holding: Holding, tasks: HeldTask[]): void;
  /** A task ends because its claim can't be had. */
  onUnclaimable(holding: Holding, task: HeldTask, error: FrobenError): void;
}

export interface Claims {
  /** Brings holdings up to what the chain says about their claims. */
  follow(): void;
  /** @param now Unix time of the chain, seconds @returns which of the wanted claims the chain would take, with the take-overs that they need */
  claimables(now: number): Promise<Map<Holding, TakeOver[]>>;
  /** The chain refuses to make some. @param held by the `id` of a part */
  refused(refused: Refused[], held: Holding[]): void;
}

/** Refusals of a claim by the chain, in different blocks, after which it is given up. */
const MAX_CLAIM_REFUSALS = 4;

export function createClaims(deps: ClaimsDeps, underWay: UnderWay): Claims {
  const { chain, operator, holdings, slotView, facts, log } = deps;
  /** Of the ticket with this `claimBy`. */
  const refusals = new Map<Holding, { claimBy: number; count: number; block: number }>();

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

  function refused(parts: Refused[], held: Holding[]): void {
    const { number: block } = slotView.head();
    for (const { part, reason } of parts) {
      if (part.kind !== "claim") continue;
      const holding = held[part.id]!;
      const { claimBy } = holding.signed;
      const known = refusals.get(holding);
      if (known?.block === block) continue;
      const count = known?.claimBy === claimBy ? known.count + 1 : 1;
      refusals.set(holding, { claimBy, count, block });
      if (count >= MAX_CLAIM_REFUSALS) giveUp(holding, `the chain refuses: ${reason}`);
    }
  }

  return { follow, claimables, refused };
}
