import { getAddress, type Address } from "viem";
import { createChainReader } from "../../../../offchain/chain/chain-reader";
import { catchUp } from "../../../../offchain/chain/follow-chain";
import { Ledger } from "../../../../offchain/chain/ledger";
import { readOpenedSpecs } from "../../../../offchain/chain/opened-specs";
import { Reputations } from "../../../../offchain/coordinator/reputations";
import { closeDatabase, openDatabase, type Db } from "../../../../offchain/db/client";
import { missing } from "../../../../offchain/artifacts/artifact-store";
import type { Digest } from "../../../../protocol/digest";
import type { Reputation } from "../../../../protocol/reputation";
import type { AuditedMarket } from "./audited-market";

/** A coordinator's tables of the market, which it fills as it reads the chain. */
export class CoordinatorBooks {
  private readonly ledger: Ledger;
  private readonly reputations: Reputations;
  readonly db: Db = openDatabase(":memory:");

  /** @param artifacts what its store has */
  constructor(
    private readonly world: AuditedMarket,
    private readonly artifacts: ReadonlyMap<Digest, Uint8Array> = new Map(),
  ) {
    const { chain, fromBlock, parameters } = world.env;
    const market = world.env.market.toLowerCase() as Address;
    const identity = { chainId: chain.chain.id, market, fromBlock };
    this.ledger = new Ledger(this.db, identity, BigInt(parameters.minStake), 0);
    this.reputations = new Reputations(createChainReader(this.db, this.ledger));
    this.ledger.setListener(({ accounts }) => this.reputations.changed(accounts));
  }

  /** Reads up to the chain's head. @param finality blocks on top of one that is read in a range, with no way back */
  async read(finality: number): Promise<void> {
    const { chain: client, market, fromBlock } = this.world.env;
    const bytes = (digest: Digest) => {
      const found = this.artifacts.get(digest);
      return found ? Promise.resolve(found) : Promise.reject(missing(digest));
    };
    const store = {
      has: (digest: Digest) => Promise.resolve(this.artifacts.has(digest)),
      size: async (digest: Digest) => (await bytes(digest)).length,
      read: bytes,
    };
    for await (const step of catchUp({ client, market, fromBlock, finality }, this.ledger)) {
      await readOpenedSpecs(this.db, store, step);
      this.ledger.apply(step);
    }
  }

  of(operator: Address): Reputation {
    return this.reputations.of(operator.toLowerCase() as Address);
  }

  close(): void {
    closeDatabase(this.db);
  }
}

/** @returns what the audit and a coordinator say of each operator that ever had stake */
export async function bothReputations(
  world: AuditedMarket,
  audited: (Reputation & { operator: Address })[],
  artifacts?: ReadonlyMap<Digest, Uint8Array>,
): Promise<{ audit: [Address, Reputation][]; coordinator: [Address, Reputation][] }> {
  const books = new CoordinatorBooks(world, artifacts);
  await books.read(0);
  const of = audited.map(({ operator }) => getAddress(operator));
  const audit = audited.map(({ operator, reputation, reputationByProgram }): [Address, Reputation] => [getAddress(operator), { reputation, reputationByProgram }]); // prettier-ignore
  const coordinator = of.map((operator): [Address, Reputation] => [operator, books.of(operator)]);
  books.close();
  return { audit, coordinator };
}
