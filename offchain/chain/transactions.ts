import { setTimeout as delay } from "node:timers/promises";
import { keccak256, type Address, type Hex, type LocalAccount, type PublicClient } from "viem";
import { FrobenError } from "../../protocol/errors";
import { AGREEING_LOOKS, isUsedByAnother, nonceGap } from "../../protocol/nonce-use";
import type { CoordinatorLog, TransactionSender } from "../coordinator/facade";
import type { Clock } from "../runtime/clock";
import type { JournalRow, SignedForm, TransactionJournal } from "./transaction-journal";

/** What the sender counts for whoever watches it. */
export interface TransactionMetrics {
  sent(): void;
  raised(): void;
  ended(outcome: "mined" | "reverted" | "replaced"): void;
}

/** The coordinator's sender, with what its owner needs besides `send`. */
export interface ManagedSender extends TransactionSender {
  /** Goes on with what an earlier life of this process sent. Call once, at the start. */
  recover(): void;
  /** Sends again what a reorganisation down to `ancestor` took back, but for what is to be asked for again. */
  reorganised(ancestor: number): void;
  /** Transactions that are waited for, and those of them that are slower than the time after which a fee is raised. */
  underWay(): { total: number; stuck: number };
  /** Stops waiting; what is under way stays in the journal for the next start. */
  stop(): Promise<void>;
}

export interface SenderOptions {
  client: PublicClient;
  chainId: number;
  account: LocalAccount;
  journal: TransactionJournal;
  clock: Clock;
  log: CoordinatorLog;
  metrics: TransactionMetrics;
  /** Whether one that a reorganisation took back, by its purpose, is not sent again before it is asked for again. */
  isLeft?: (purpose: string) => boolean;
  /** How often the chain is asked about a transaction, milliseconds. */
  pollMs: number;
  /** After this long without inclusion the fee is raised, milliseconds. */
  raiseAfterMs?: number;
}

interface Call {
  to: Address;
  data: Hex;
  value?: bigint;
  gas?: bigint;
}

const GAS_MARGIN_PERCENT = 30n;
/** Nodes take a replacement from 10 % more. */
const RAISE_PERCENT = 25n;
/** A node that still does not know a transaction is sent it again, milliseconds. */
const RESEND_AFTER_MS = 4_000;

/**
 * Sends the coordinator's transactions: the one owner of its key's nonces. A row in the journal, with the signed bytes, comes
 * before every broadcast, and an error of the RPC call is not believed: only the chain says what became of a transaction.
 */
export function createTransactionSender(options: SenderOptions): ManagedSender {
  const { client, account, journal, clock, log, metrics, pollMs } = options;
  const { raiseAfterMs = 45_000, isLeft = () => false } = options;
  const abort = new AbortController();
  const following = new Map<number, Promise<{ hash: Hex }>>();
  const since = new Map<number, number>();
  const launching = new Map<string, Promise<{ hash: Hex }>>();
  let turn: Promise<unknown> = Promise.resolve();

  async function sign(call: Call, nonce: number, gas: bigint, least = 0n): Promise<SignedForm> {
    const fees = await client.estimateFeesPerGas();
    const maxFeePerGas = fees.maxFeePerGas > least ? fees.maxFeePerGas : least;
    // A replacement must raise the tip as well, so that it follows the fee.
    const maxPriorityFeePerGas = least > 0n ? maxFeePerGas : fees.maxPriorityFeePerGas;
    const raw = await account.signTransaction({
      type: "eip1559",
      chainId: options.chainId,
      nonce,
      to: call.to,
      data: call.data,
      value: call.value ?? 0n,
      gas,
      maxFeePerGas,
      maxPriorityFeePerGas,
    });
    return {
      hash: keccak256(raw),
      raw,
      gas: gas.toString(),
      maxFeePerGas: maxFeePerGas.toString(),
    };
  }

  async function broadcast(raw: Hex): Promise<void> {
    try {
      await client.sendRawTransaction({ serializedTransaction: raw });
    } catch (error) {
      // "already known", "nonce too low", a time-out: none of them tells whether it landed.
      log.info({ err: error }, "the node answered an error to a transaction; looking on-chain");
    }
  }

  async function receiptOf(row: JournalRow) {
    for (const { hash } of row.signed) {
      const receipt = await client.getTransactionReceipt({ hash }).catch(() => undefined);
      if (receipt) return receipt;
    }
    return undefined;
  }

  async function isKnown(row: JournalRow): Promise<boolean> {
    for (const { hash } of row.signed)
      if (await client.getTransaction({ hash }).catch(() => undefined)) return true;
    return false;
  }

  /** @returns what became of it on-chain by one look, or undefined while nothing did */
  async function outcome(
    row: JournalRow,
  ): Promise<(Partial<JournalRow> & { state: "mined" | "reverted" | "replaced" }) | undefined> {
    const { address } = account;
    const used = await client.getTransactionCount({ address }).catch(() => 0);
    if (used <= row.nonce) return undefined;
    const receipt = await receiptOf(row);
    if (!receipt) {
      const hashes = row.signed.map(({ hash }) => hash);
      const isLost = await isUsedByAnother(client, address, row.nonce, hashes);
      return isLost ? { state: "replaced" } : undefined;
    }
    return {
      state: receipt.status === "success" ? "mined" : "reverted",
      hash: receipt.transactionHash,
      block: Number(receipt.blockNumber),
    };
  }

  async function raise(row: JournalRow): Promise<void> {
    const last = row.signed.at(-1)!;
    const least = (BigInt(last.maxFeePerGas) * (100n + RAISE_PERCENT)) / 100n;
    const call = { to: row.to, data: row.data, value: BigInt(row.value) };
    const signed = [...row.signed, await sign(call, row.nonce, BigInt(last.gas), least)];
    row.signed = signed;
    journal.update(row.id, { signed, sentAt: clock.now() });
    metrics.raised();
    await broadcast(signed.at(-1)!.raw);
  }

  /**
   * Waits for a transaction's end; broadcasts again what the node lost, raises the fee when it takes long.
   * @param isFresh it was broadcast just now: a node that does not know it yet is given time
   */
  async function follow(row: JournalRow, isFresh: boolean): Promise<{ hash: Hex }> {
    const { purpose } = row;
    let raisedAt = clock.now();
    let lookedAt = isFresh ? raisedAt : -Infinity;
    /** Looks in a row by which another transaction has the nonce. */
    let lost = 0;
    for (;;) {
      abort.signal.throwIfAborted();
      const ended = await outcome(row);
      lost = ended?.state === "replaced" ? lost + 1 : 0;
      if (ended && (lost === 0 || lost === AGREEING_LOOKS)) {
        journal.update(row.id, ended);
        metrics.ended(ended.state);
        log.info({ purpose, ...ended, nonce: row.nonce }, `transaction ${ended.state}`);
        return verdict({ ...row, ...ended });
      }
      const now = clock.now();
      if (now - raisedAt > raiseAfterMs) {
        raisedAt = now;
        await raise(row).catch((err: unknown) => log.warn({ err, purpose }, "fee not raised"));
      } else if (now - lookedAt > RESEND_AFTER_MS) {
        lookedAt = now;
        if (!(await isKnown(row))) await broadcast(row.signed.at(-1)!.raw);
        await fillGap(row.nonce);
      }
      await delay(pollMs, undefined, { signal: abort.signal });
    }
  }

  /** Another holder's transaction that a reorganisation took back can't be sent again by us: one that does nothing takes its nonce. */
  async function fillGap(to: number): Promise<void> {
    const { address } = account;
    const nonce = await nonceGap(client, address, to);
    if (nonce === undefined || journal.underWay().some((row) => row.nonce === nonce)) return;
    const purpose = `fill nonce ${nonce}`;
    const fill = () =>
      launch(purpose, { to: address, data: "0x" }, { again: journal.find(purpose), nonce });
    const filled = turn.then(fill);
    turn = filled.catch(() => {});
    await filled.then(
      (row) => void watch(row, true),
      (err: unknown) => log.warn({ err, nonce }, "the gap of a nonce was not filled"),
    );
  }

  function watch(row: JournalRow, isFresh = false): Promise<{ hash: Hex }> {
    let ended = following.get(row.id);
    if (!ended) {
      since.set(row.id, clock.now());
      ended = follow(row, isFresh).finally(() => {
        following.delete(row.id);
        since.delete(row.id);
      });
      ended.catch(() => {}); // not everybody who starts it waits for it
      following.set(row.id, ended);
    }
    return ended;
  }

  function verdict(row: JournalRow): { hash: Hex } {
    if (row.state === "mined") return { hash: row.hash! };
    throw row.state === "reverted"
      ? new FrobenError("tx_reverted", `${row.purpose} was included and reverted`, {
          value: row.hash,
        })
      : new FrobenError("tx_replaced", `another transaction used the nonce of ${row.purpose}`, {
          value: row.nonce,
          retryable: true,
          hint: "is the coordinator's key used by another process?",
        });
  }

  /** @returns the gas to send a call with, if it succeeds now */
  async function gasFor({ to, data, value = 0n, gas }: Call): Promise<bigint> {
    const call = { account: account.address, to, data, value };
    if (gas !== undefined) {
      await client.call({ ...call, gas });
      return gas;
    }
    const estimate = await client.estimateGas(call);
    return estimate + (estimate * GAS_MARGIN_PERCENT) / 100n;
  }

  /**
   * Estimates, signs, writes down, broadcasts: one at a time, so that nonces are given in order.
   * @param as again: the row of the same purpose that came to nothing; nonce: in place of the next one
   */
  async function launch(
    purpose: string,
    call: Call,
    as: { again: JournalRow | undefined; nonce?: number },
  ): Promise<JournalRow> {
    const { again } = as;
    const { to, data, value = 0n } = call;
    const gas = await gasFor(call).catch((cause: unknown) => {
      throw new FrobenError("tx_would_revert", `${purpose} would revert`, {
        retryable: true,
        cause,
      });
    });
    const nonce = as.nonce ?? (await nextNonce());
    const signed = await sign(call, nonce, gas);
    const sentAt = clock.now();
    let row: JournalRow;
    if (again) {
      row = { ...again, nonce, signed: [signed], state: "sent", sentAt };
      journal.update(again.id, row);
    } else row = journal.add({ purpose, to, data, value, nonce, signed, sentAt });
    metrics.sent();
    await broadcast(signed.raw);
    return row;
  }

  /** Of what has ended the chain knows best: a reorganisation may have given its nonce back. */
  async function nextNonce(): Promise<number> {
    const next = (journal.highestNonceUnderWay() ?? -1) + 1;
    return Math.max(
      next,
      await client.getTransactionCount({ address: account.address, blockTag: "latest" }),
    );
  }

  async function sendOnce(purpose: string, call: Call): Promise<{ hash: Hex }> {
    const known = journal.find(purpose);
    if (known?.state === "sent") return watch(known);
    if (known && known.state !== "replaced") return verdict(known);
    const launched = turn.then(() => launch(purpose, call, { again: known }));
    turn = launched.catch(() => {});
    return watch(await launched, true);
  }

  return {
    send(purpose, call) {
      let sent = launching.get(purpose);
      if (!sent) {
        sent = sendOnce(purpose, call).finally(() => launching.delete(purpose));
        launching.set(purpose, sent);
      }
      return sent;
    },
    recover() {
      for (const row of journal.underWay()) void watch(row).catch(() => {});
    },
    reorganised(ancestor) {
      journal.reopenAbove(ancestor, isLeft);
      for (const row of journal.underWay()) void watch(row).catch(() => {});
    },
    underWay() {
      const late = clock.now() - raiseAfterMs;
      const stuck = [...since.values()].filter((at) => at < late).length;
      return { total: since.size, stuck };
    },
    async stop() {
      abort.abort();
      await Promise.allSettled([...following.values(), ...launching.values()]);
    },
  };
}
