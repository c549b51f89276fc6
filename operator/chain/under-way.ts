/**
 * Who calls it: the chain loop. Transactions that are sent and whose effect the view does not show yet. Several are under way at a time,
 * so that a claim does not wait for a block because another one does; what one of them changes, the next leaves alone.
 */
import type { TransactionReceipt } from "viem";
import type { Holding } from "../holdings/phase";

/** What a transaction changes. */
export interface Changes {
  slots: number[];
  /** Whose claim it makes. */
  claims: Holding[];
  /** Units of free stake that it locks. */
  bonds: bigint;
}

interface Entry {
  changes: Changes;
  /** Where it was included. */
  block?: number;
}

export class UnderWay {
  private readonly entries = new Map<Entry, Promise<void>>();

  /**
   * @param onIncluded a transaction is on the chain: its effect can be read
   * @param onFailed it was not sent, or came to nothing: what it was to change is as before
   */
  constructor(
    private readonly onIncluded: () => void,
    private readonly onFailed: (error: unknown) => void,
  ) {}

  /** @param send sends, and resolves once the chain has it */
  begin(changes: Changes, send: () => Promise<Pick<TransactionReceipt, "blockNumber">>): void {
    const entry: Entry = { changes };
    const sending = send().then(
      ({ blockNumber }) => {
        entry.block = Number(blockNumber);
        this.onIncluded();
      },
      (error: unknown) => {
        this.entries.delete(entry);
        this.onFailed(error);
      },
    );
    this.entries.set(entry, sending);
  }

  /** The view shows the chain up to a block. */
  seen(block: number): void {
    for (const entry of this.entries.keys())
      if (entry.block !== undefined && entry.block <= block) this.entries.delete(entry);
  }

  /** Whether some are included, and the view is to show that yet. */
  hasNews(): boolean {
    return [...this.entries.keys()].some(({ block }) => block !== undefined);
  }

  /** How many there are. */
  get size(): number {
    return this.entries.size;
  }

  slots(): Set<number> {
    return new Set(this.all().flatMap(({ slots }) => slots));
  }

  /** Whether a claim is on its way. */
  claims(holding: Holding): boolean {
    return this.all().some(({ claims }) => claims.includes(holding));
  }

  /** Units. */
  bonds(): bigint {
    return this.all().reduce((sum, { bonds }) => sum + bonds, 0n);
  }

  /** Resolves when the chain has said of all of them what became of them. */
  async ended(): Promise<void> {
    await Promise.all(this.entries.values());
  }

  private all(): Changes[] {
    return [...this.entries.keys()].map(({ changes }) => changes);
  }
}
