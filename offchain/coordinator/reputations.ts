import type { Address } from "viem";
import {
  reputationOf,
  standings,
  type ProgramEvidence,
  type Reputation,
  type Standings,
} from "../../protocol/reputation";
import type { ChainReader } from "./facade";

/** Reputations of operators as of the newest block that was read, see protocol/reputation.ts. */
export class Reputations {
  /** What was read last, by operator; it holds until the chain's tables change about it. */
  private readonly known = new Map<string, ProgramEvidence[]>();

  constructor(private readonly chain: Pick<ChainReader, "head" | "evidence">) {}

  /** @param operator lower-case; one that is registered, as what was read is kept */
  of(operator: Address): Reputation {
    return reputationOf(this.evidence(operator), this.chain.head().timestamp);
  }

  /** How it stands, over all programs and at each, for whoever has seen none of its attempts. @param operator as of `of` */
  standings(operator: Address): Standings {
    return standings(this.evidence(operator), this.chain.head().timestamp);
  }

  /** Something about these accounts has changed. */
  changed(accounts: Iterable<string>): void {
    for (const account of accounts) this.known.delete(account.toLowerCase());
  }

  private evidence(operator: Address): ProgramEvidence[] {
    let evidence = this.known.get(operator);
    if (!evidence) this.known.set(operator, (evidence = this.chain.evidence(operator)));
    return evidence;
  }
}
