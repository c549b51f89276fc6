/**
 * Who calls it: the chain loop and the stake keeper; nobody else sends. The one owner of the key's nonce.
 * A transaction is written to the journal before it is broadcast, and only the chain says what became of it: an
 * error of the RPC call proves nothing, since the transaction may have landed all the same.
 */
import {
  keccak256,
  type Address,
  type Hex,
  type LocalAccount,
  type TransactionReceipt,
} from "viem";
import { FrobenError } from "../../protocol/errors";
import { AGREEING_LOOKS, isUsedByAnother, nonceGap } from "../../protocol/nonce-use";
import type { Clock } from "../clock";
import type { DepositIntent, Journal } from "../journal/journal";
import type { Log } from "../log";
import type { MarketChain } from "./clients";
import { revertReason } from "./revert-reason";

export interface Call {
  /** What it is for; only logged. */
  purpose: string;
  to: Address;
  data: Hex;
  /** Wei. */
  value?: bigint;
  /** For a call that must be given more than it uses, which not every node can estimate. */
  gas?: bigint;
  /** What the node has just estimated for it: it is not asked again. */
  estimated?: bigint;
  /** What it is for, if it deposits stake: the journal has it together with the transaction. */
  deposit?: DepositIntent;
}

export interface TransactionSender {
  /** Whose key signs. */
  readonly address: Address;
  /**
   * Sends and waits until the chain has it.
   * @returns the receipt of a success
   * @throws FrobenError `tx_would_revert`, `funds_too_low`, `chain_unreachable` (nothing was sent), `tx_reverted`, `tx_replaced` (another holder of the key used the nonce)
   */
  send(call: Call): Promise<TransactionReceipt>;
  /** Finds out what became of the transactions of an earlier life; broadcasts those again that the chain does not know. */
  recover(): Promise<void>;
}

/** What the sender counts for whoever watches it. */
export interface TransactionMetrics {
  sent(): void;
  raised(): void;
  ended(outcome: "included" | "reverted" | "replaced"): void;
}

export interface SenderOptions {
  metrics?: TransactionMetrics | undefined;
  chain: MarketChain;
  account: LocalAccount;
  journal: Pick<
    Journal,
    "addTransaction" | "endTransaction" | "openTransactions" | "endedTransactions"
  >;
  clock: Clock;
  log: Log;
  /** How long to wait before the chain is asked again, milliseconds. */
  pauseMs: () => number;
  /** After this long without inclusion the fee is raised, milliseconds. */
  bumpAfterMs?: number;
}

const GAS_MARGIN_PERCENT = 30n;
const withMargin = (gas: bigint) => gas + (gas * GAS_MARGIN_PERCENT) / 100n;
/** Nodes accept a replacement from 10 % more. */
const BUMP_PERCENT = 25n;
/** A node that does not know a transaction this long after it was sent never got it, milliseconds. */
const RESEND_AFTER_MS = 4_000;
/** What a transaction takes that does nothing. */
const TRANSFER_GAS = 21_000n;
/** How long the start waits for transactions of an earlier life, milliseconds. */
const RECOVER_MS = 60_000;

interface Flight {
  nonce: number;
  hashes: Hex[];
  raw: Hex;
}

interface Fee {
  maxFeePerGas: bigint;
  maxPriorityFeePerGas: bigint;
}

interface Launched {
  flight: Flight;
  limit: bigint;
  fee: Fee;
}

export function createTransactionSender(options: SenderOptions): TransactionSender {
  const { account, journal, clock, log, metrics, pauseMs } = options;
  const { client, chain } = options.chain;
  const bumpAfterMs = options.bumpAfterMs ?? 45_000;
  /** Nonces of what is under way in this life. */
  const inFlight = new Set<number>();
  /** Transactions of the account that were on the chain at the last look. */
  let counted = 0;
  let turn: Promise<unknown> = Promise.resolve();

  async function receiptOf(hashes: Hex[]): Promise<TransactionReceipt | undefined> {
    for (const hash of hashes) {
      const receipt = await client.getTransactionReceipt({ hash }).catch(() => undefined);
      if (receipt) return receipt;
    }
    return undefined;
  }

  async function broadcast(raw: Hex): Promise<void> {
    try {
      await client.sendRawTransaction({ serializedTransaction: raw });
    } catch (error) {
      // "already known", "nonce too low", a time-out, a revert reported by a node that mined it: the chain will tell.
      log.debug({ err: error }, "the node answered an error to a transaction; looking on-chain");
    }
  }

  async function fees(): Promise<Fee> {
    const { maxFeePerGas, maxPriorityFeePerGas } = await client.estimateFeesPerGas();
    return { maxFeePerGas, maxPriorityFeePerGas };
  }

  async function sign(
    call: Call,
    nonce: number,
    gas: bigint,
    fee: Fee,
  ): Promise<{ hash: Hex; raw: Hex }> {
    const raw = await account.signTransaction({
      type: "eip1559",
      chainId: chain.id,
      nonce,
      to: call.to,
      data: call.data,
      value: call.value ?? 0n,
      gas,
      ...fee,
    });
    const hash = keccak256(raw);
    journal.addTransaction({ purpose: call.purpose, nonce, hash, raw }, call.deposit);
    return { hash, raw };
  }

  /** Whether the node has any of the transactions in its pool. */
  async function isPending(hashes: Hex[]): Promise<boolean> {
    for (const hash of hashes)
      if (await client.getTransaction({ hash }).catch(() => undefined)) return true;
    return false;
  }

  /** What a reorganisation took back, and nobody has included again, stands in the way of all that came after it. */
  async function sendAgain(from: number, to: number): Promise<void> {
    for (const { nonce, raw } of journal.endedTransactions(from, to))
      if (!inFlight.has(nonce)) await broadcast(raw);
  }

  /**
   * Another holder's transaction that a reorganisation took back can't be sent again by us: one that does nothing takes its nonce.
   * @param isLate what waits for it has waited for long: then one of our own, which is sent again with each look, seems not to be taken any more
   */
  async function fillGap(to: number, isLate: boolean): Promise<void> {
    const { address } = account;
    const nonce = await nonceGap(client, address, to);
    if (nonce === undefined || inFlight.has(nonce)) return;
    if (!isLate && journal.endedTransactions(nonce, nonce + 1).length > 0) return;
    inFlight.add(nonce);
    const call = { purpose: `fill nonce ${nonce}`, to: address, data: "0x" as const };
    const launched = fees().then((fee) => begin(call, nonce, TRANSFER_GAS, fee));
    void launched
      .then((what) => land(call, what))
      .catch((err: unknown) => log.warn({ err, nonce }, "the gap of a nonce was not filled by us"))
      .finally(() => inFlight.delete(nonce));
    await launched.catch(() => {});
  }

  /**
   * Waits for any of a nonce's transactions; broadcasts again what the node lost, raises the fee when it takes long.
   * @returns the receipt; undefined when the nonce was used by a transaction that is not ours, or `giveUpMs` passed
   */
  async function settle(
    flight: Flight,
    raise: (() => Promise<{ hash: Hex; raw: Hex }>) | undefined,
    giveUpMs = Infinity,
  ): Promise<TransactionReceipt | undefined> {
    const started = clock.now();
    let since = started;
    let lookedAt = started;
    let before = counted;
    /** Looks in a row by which another transaction has the nonce. */
    let lost = 0;
    for (;;) {
      const used = await client
        .getTransactionCount({ address: account.address })
        .catch(() => undefined);
      // Fewer than there were: a reorganisation took some back, which is made good at once, as claims have their time.
      const isTakenBack = used !== undefined && used < before;
      before = counted = used ?? before;
      const isUsed = used !== undefined && used > flight.nonce;
      if (isUsed) {
        const receipt = await receiptOf(flight.hashes);
        if (receipt) return receipt;
        const { nonce, hashes } = flight;
        lost = (await isUsedByAnother(client, account.address, nonce, hashes)) ? lost + 1 : 0;
        if (lost === AGREEING_LOOKS) return undefined;
      }
      if (clock.now() - started > giveUpMs) return undefined;
      if (!isUsed && raise && clock.now() - since > bumpAfterMs) {
        since = clock.now();
        const { hash, raw } = await raise();
        flight.hashes.push(hash);
        flight.raw = raw;
      } else if (!isUsed && (isTakenBack || clock.now() - lookedAt > RESEND_AFTER_MS)) {
        lookedAt = clock.now();
        if (used !== undefined) await sendAgain(used, flight.nonce);
        if (!(await isPending(flight.hashes))) await broadcast(flight.raw);
        const isLate = clock.now() - started > bumpAfterMs;
        if (!isTakenBack) await fillGap(flight.nonce, isLate);
      }
      await clock.sleep(pauseMs());
    }
  }

  function finish(flight: Flight, receipt: TransactionReceipt | undefined, purpose: string) {
    const hash = receipt?.transactionHash ?? flight.hashes.at(-1)!;
    const state = !receipt ? "replaced" : receipt.status === "success" ? "included" : "reverted";
    journal.endTransaction(flight.nonce, hash, state);
    metrics?.ended(state);
    const facts = { purpose, hash, nonce: flight.nonce, gas: receipt && Number(receipt.gasUsed) };
    log[state === "included" ? "info" : "warn"](facts, `transaction ${state}`);
    if (state === "replaced" || !receipt)
      throw new FrobenError("tx_replaced", "another transaction used the nonce", {
        value: flight.nonce,
        hint: "is this key used by another process?",
        retryable: true,
      });
    if (state === "reverted")
      throw new FrobenError("tx_reverted", "the transaction was included and reverted", {
        value: hash,
        retryable: true,
      });
    return receipt;
  }

  /** @returns the gas to send a call with, if it succeeds now */
  async function gasFor(call: Call): Promise<bigint> {
    const { purpose, to, data, value = 0n, gas, estimated } = call;
    if (estimated !== undefined) return withMargin(estimated);
    const asked = { account: account.address, to, data, value };
    try {
      if (gas !== undefined) {
        await client.call({ ...asked, gas });
        return gas;
      }
      return withMargin(await client.estimateGas(asked));
    } catch (cause) {
      const reason = revertReason(cause);
      if (reason === undefined)
        throw new FrobenError("chain_unreachable", `the chain can't be asked about ${purpose}`, {
          retryable: true,
          cause,
        });
      throw new FrobenError("tx_would_revert", `${purpose} would revert: ${reason}`, {
        value: reason,
        retryable: true,
      });
    }
  }

  /** Signs and broadcasts; the caller holds the turn, so that nonces are used in order. */
  async function launch(call: Call): Promise<Launched> {
    const { value = 0n } = call;
    const limit = await gasFor(call);
    const { address } = account;
    const [onChain, fee, balance] = await Promise.all([
      client.getTransactionCount({ address }),
      fees(),
      client.getBalance({ address }),
    ]);
    // Of what has ended the chain knows best: a reorganisation may have given its nonce back.
    const nonce = Math.max(onChain, ...[...inFlight].map((used) => used + 1));
    if (balance < value + limit * fee.maxFeePerGas)
      throw new FrobenError("funds_too_low", "the wallet can't pay for the transaction", {
        limit: String(balance),
        value: String(value + limit * fee.maxFeePerGas),
        hint: `send ether to ${address}`,
        retryable: true,
      });
    return begin(call, nonce, limit, fee);
  }

  async function begin(call: Call, nonce: number, limit: bigint, fee: Fee): Promise<Launched> {
    const { hash, raw } = await sign(call, nonce, limit, fee);
    inFlight.add(nonce);
    metrics?.sent();
    await broadcast(raw);
    return { flight: { nonce, hashes: [hash], raw }, limit, fee };
  }

  async function land(call: Call, { flight, limit, fee }: Launched): Promise<TransactionReceipt> {
    let paid = fee;
    const receipt = await settle(flight, async () => {
      const market = await fees();
      const raised = (old: bigint, now: bigint) => {
        const least = old + (old * BUMP_PERCENT) / 100n + 1n;
        return now > least ? now : least;
      };
      paid = {
        maxFeePerGas: raised(paid.maxFeePerGas, market.maxFeePerGas),
        maxPriorityFeePerGas: raised(paid.maxPriorityFeePerGas, market.maxPriorityFeePerGas),
      };
      const next = await sign(call, flight.nonce, limit, paid);
      log.warn({ purpose: call.purpose, nonce: flight.nonce, hash: next.hash }, "raising the fee");
      metrics?.raised();
      await broadcast(next.raw);
      return next;
    });
    return finish(flight, receipt, call.purpose);
  }

  return {
    address: account.address,
    send(call) {
      const launched = turn.then(() => launch(call));
      turn = launched.catch(() => undefined);
      return launched.then((what) =>
        land(call, what).finally(() => inFlight.delete(what.flight.nonce)),
      );
    },
    async recover() {
      const flights = new Map<number, Flight & { purpose: string }>();
      for (const row of journal.openTransactions()) {
        const flight = flights.get(row.nonce);
        if (flight) {
          flight.hashes.push(row.hash);
          flight.raw = row.raw;
        } else
          flights.set(row.nonce, {
            nonce: row.nonce,
            hashes: [row.hash],
            raw: row.raw,
            purpose: row.purpose,
          });
      }
      for (const flight of [...flights.values()].sort((a, b) => a.nonce - b.nonce)) {
        if (!(await receiptOf(flight.hashes))) await broadcast(flight.raw);
        // One that is given up can't land later: the next transaction takes its nonce.
        const receipt = await settle(flight, undefined, RECOVER_MS);
        try {
          finish(flight, receipt, flight.purpose);
        } catch (error) {
          log.warn(
            { err: error, purpose: flight.purpose },
            "an earlier transaction came to nothing",
          );
        }
      }
    },
  };
}
