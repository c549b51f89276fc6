/** Who calls it: operator.ts at the start, the chain loop after that. Keeps the operator's stake at what it is configured to be. */
import type { Address } from "viem";
import { marketAbi } from "../../protocol/abi";
import type { Clock } from "../clock";
import type { OperatorConfig } from "../config";
import type { DepositRow, Journal } from "../journal/journal";
import type { Log } from "../log";
import type { MarketChain } from "./clients";
import { accountOf, depositStake } from "./stake";
import type { TransactionSender } from "./transaction-sender";

export interface StakeKeeper {
  /** Brings the stake to what it should be. @throws FrobenError `stake_unaffordable`, or as the sender */
  fill(): Promise<void>;
  /** The same once in a while, for the chain loop. @returns what is being done about it */
  turn(): Promise<void>[];
}

export interface StakeKeeperDeps {
  chain: MarketChain;
  sender: TransactionSender;
  /** Whose stake it is. */
  operator: Address;
  config: Pick<OperatorConfig, "stake" | "refillPerDay">;
  journal: Pick<Journal, "deposits">;
  clock: Clock;
  log: Log;
  /** Who is leaving puts nothing more in. */
  isDraining(): boolean;
}

/** What decides about a deposit; units. */
export interface StakeFacts {
  /** Free and locked together. */
  stake: bigint;
  target: bigint;
  /** What an earlier deposit was to bring it to; 0: there was none. */
  kept: bigint;
  /** What has taken the place of losses within a day. */
  refilled: bigint;
  refillPerDay: bigint;
  /** Its owner is taking out so much. */
  unbonding: bigint;
  /** Least stake that the contract accepts. */
  minStake: bigint;
}

const DAY_MS = 24 * 3600 * 1000;
/** How often the stake is looked at, milliseconds. */
const LOOK_MS = 60_000;
/** A smaller part of the stake is not worth a transaction, unless the market's minimum is not kept. */
const WORTH_SHARE = 20n;

const least = (a: bigint, b: bigint) => (a < b ? a : b);
const positive = (a: bigint) => (a > 0n ? a : 0n);

/**
 * Decides what to deposit. What is missing because the configuration wants more than before is deposited whatever it is; what was
 * lost, only up to the day's limit, and not while its owner takes stake out.
 * @returns units to deposit, and how much of that takes the place of what was lost
 */
export function topUpOf(facts: StakeFacts): { units: bigint; refill: bigint } {
  const { stake, target, kept, minStake } = facts;
  const missing = positive(target - stake);
  const raised = least(missing, positive(target - kept));
  const lost = missing - raised;
  const isWorthIt = raised > 0n || stake < minStake || lost * WORTH_SHARE >= target;
  const allowed = facts.unbonding > 0n ? 0n : positive(facts.refillPerDay - facts.refilled);
  const refill = isWorthIt ? least(lost, allowed) : 0n;
  const units = raised + refill;
  if (units === 0n || stake + units >= minStake) return { units, refill };
  // The contract takes no deposit that leaves less than its minimum: the first is raised to that, later ones wait.
  return kept === 0n ? { units: minStake - stake, refill } : { units: 0n, refill: 0n };
}

/** @returns the part of a stake that takes the place of losses and was signed for since then, each nonce once */
function refilledSince(deposits: DepositRow[], since: number): bigint {
  const byNonce = new Map(
    deposits.filter(({ signedAt }) => signedAt > since).map(({ nonce, refill }) => [nonce, refill]),
  );
  return [...byNonce.values()].reduce((sum, refill) => sum + refill, 0n);
}

export function createStakeKeeper(deps: StakeKeeperDeps): StakeKeeper {
  const { chain, sender, operator, config, journal, clock, log } = deps;
  const account = `${chain.chainId}:${chain.market}:${operator}`.toLowerCase();
  let lookedAt = 0;
  let complaint = "";

  /** Says a thing once, until there is another one to say. */
  function complain(facts: object, message: string): void {
    if (complaint !== message) log.warn(facts, message);
    complaint = message;
  }

  /** Whether the chain has a deposit: a reorganisation may have taken it back. Of the older ones nodes may have forgotten. */
  async function isThere({ hash }: DepositRow): Promise<boolean> {
    try {
      await chain.client.getTransactionReceipt({ hash });
      return true;
    } catch (error) {
      if ((error as Error).name === "TransactionReceiptNotFoundError") return false;
      throw error;
    }
  }

  async function standing(since: number): Promise<DepositRow[]> {
    const rows = journal.deposits(account, since);
    const there = await Promise.all(rows.map(async (row) => row.signedAt <= since || isThere(row)));
    return rows.filter((_, i) => there[i]);
  }

  async function fill(): Promise<void> {
    lookedAt = clock.now();
    if (config.stake === 0n) return;
    const { free, locked } = await accountOf(chain, operator);
    const stake = free + locked;
    if (stake >= config.stake) {
      complaint = "";
      return;
    }
    const since = clock.now() - DAY_MS;
    const args = [operator] as const;
    const call = { address: chain.market, abi: marketAbi, functionName: "unbondingOf" } as const;
    const [unbonding] = await chain.client.readContract({ ...call, args });
    const deposits = await standing(since);
    const { units, refill } = topUpOf({
      stake,
      target: config.stake,
      kept: deposits[0]?.target ?? 0n,
      refilled: refilledSince(deposits, since),
      refillPerDay: config.refillPerDay,
      unbonding,
      minStake: chain.minStake,
    });
    const facts = { stake: String(stake), wanted: String(config.stake) };
    if (stake + units < chain.minStake)
      complain(
        { ...facts, perDay: String(config.refillPerDay) },
        "the stake stays below the market's minimum, which takes more than may be put in today",
      );
    if (units === 0n) return;
    log.info({ ...facts, units: String(units), refill: String(refill) }, "depositing stake");
    await depositStake(chain, sender, operator, units, { account, target: config.stake, refill });
  }

  return {
    fill,
    turn() {
      const isDue = clock.now() - lookedAt >= LOOK_MS;
      if (!isDue || deps.isDraining()) return [];
      const filled = fill().catch((error: unknown) => {
        complain({ err: error }, "the stake can't be topped up");
      });
      return [filled];
    },
  };
}
