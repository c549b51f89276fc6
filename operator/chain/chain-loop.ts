/**
 * Who calls it: operator.ts runs it for the operator's whole life. Looks at the chain, decides (plan/plan.ts) and sends;
 * tells the reporter whose claims are on-chain.
 */
import type { BlockPace } from "../../protocol/block-pace";
import type { Clock } from "../clock";
import type { OperatorConfig } from "../config";
import type { Holding } from "../holdings/phase";
import { plan } from "../plan/plan";
import type { PlanPolicy } from "../plan/plan-types";
import { createClaims, type ClaimsDeps } from "./claims";
import type { Defence } from "./defence";
import { createOutgoing, type OutgoingDeps } from "./outgoing";
import { isCommitted, planHolding } from "./plan-state";
import { MAX_PARTS, sendInMs } from "./send-time";
import type { StakeKeeper } from "./stake-keeper";
import { UnderWay } from "./under-way";

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

export interface ChainLoopDeps extends ClaimsDeps, OutgoingDeps {
  config: Pick<OperatorConfig, "commitPatienceSeconds" | "settlePatienceSeconds" | "pollMs">;
  clock: Clock;
  defence: Defence;
  stakeKeeper: Pick<StakeKeeper, "turn">;
  /** Hears of each look at the chain. */
  pace: Pick<BlockPace, "saw" | "spareMs">;
  /** A transaction is included: there is something to see. */
  onIncluded(): void;
}

/** Blocks may be full, and an answer may be lost: what is committable is committed this long before the deadline. */
const DEADLINE_MARGIN_SECONDS = 20;

const message = (error: unknown) => (error instanceof Error ? error.message : String(error));

export function createChainLoop(deps: ChainLoopDeps): ChainLoop {
  const { chain, operator, config, clock, holdings, slotView, facts, pace, log } = deps;
  const context = { chainId: chain.chainId, market: chain.market, operator };
  const policy: PlanPolicy = {
    commitPatience: config.commitPatienceSeconds,
    settlePatience: config.settlePatienceSeconds,
    deadlineMargin: DEADLINE_MARGIN_SECONDS,
    maxParts: MAX_PARTS,
  };
  /** When new blocks were last looked for, Unix milliseconds. */
  let lookedAt = 0;
  let sendAt = Infinity;
  const underWay = new UnderWay(deps.onIncluded, (error) =>
    log.warn({ err: error }, message(error)),
  );
  const claims = createClaims(deps, underWay);
  const outgoing = createOutgoing(deps, underWay, claims);

  /** Reads new blocks. News from the coordinator makes the chain no newer than it was a moment ago. */
  async function look(): Promise<void> {
    if (!underWay.hasNews() && clock.now() - lookedAt < config.pollMs) return;
    await slotView.sync();
    lookedAt = clock.now();
    underWay.seen(slotView.head().number);
    pace.saw(slotView.head(), lookedAt);
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
      holdings.together(claims.follow);
      const { timestamp: now } = slotView.head();
      const takeOvers = await claims.claimables(now);
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
      outgoing.submitFinals(held, busy);
      next.exits.forEach(outgoing.exit);
      const outcomes = await Promise.allSettled([
        ...(waitMs === 0 ? [outgoing.advance(next, held, takeOvers)] : []),
        ...(await deps.defence.turn()),
        ...deps.stakeKeeper.turn(),
      ]);
      for (const outcome of outcomes)
        if (outcome.status === "rejected")
          log.warn({ err: outcome.reason as unknown }, message(outcome.reason));
    },
  };
}
