import type { Ticket } from "../../../protocol/ticket";

export interface LedgerAccount {
  free: bigint;
  locked: bigint;
  owed: bigint;
  unbonding: bigint;
}
export interface Escrow {
  requester: string;
  coordinator: string;
  tasks: number;
  in: bigint;
  refunded: bigint;
  fee: bigint;
  paid: bigint;
}

/** What an operator's slot holds. */
export interface Held {
  workflow: bigint;
  committed: boolean;
  bond: bigint;
  price: bigint;
  count: bigint;
  removed: bigint;
  voided: bigint;
}

/** The bookkeeper's books, as far as its parts share them. */
export interface Books {
  readonly accounts: Map<string, LedgerAccount>;
  readonly workflows: Map<bigint, Escrow>;
  readonly slots: Map<string, Held>;
  burned: bigint;
  account(address: string): LedgerAccount;
  put(address: string, slot: number, ticket: Ticket): void;
}
