import {
  recoverTypedDataAddress,
  type Address,
  type Hex,
  type TypedDataDefinition,
  type TypedDataDomain,
} from "viem";
import { marketDomain, TYPES } from "../../../protocol/eip712";
import type { EventPlace } from "../chain/market-event";
import type { Workflow } from "../replay/ledger";
import type { Scene } from "./scene";

/** What a coordinator or an operator signs, in the form that the contract hashes. */
export type Signed = Pick<
  TypedDataDefinition<typeof TYPES, "Assignment" | "Acceptance" | "Release" | "Receipts">,
  "primaryType" | "message"
>;

/** Who signed for a workflow when an event happened. */
export function coordinatorAt(workflow: Workflow, event: EventPlace): Address {
  const past = workflow.coordinators.filter(
    ({ since: [block, logIndex] }) =>
      block < event.block || (block === event.block && logIndex < event.logIndex),
  );
  return (past.at(-1) ?? workflow.coordinators[0]!).coordinator;
}

/** @returns whether `signer` signed the message, with its key or as a contract (ERC-1271) at the audited block */
export async function isSignedBy(
  { client, chainId, market, toBlock }: Scene,
  signer: Address,
  signed: Signed,
  signature: Hex,
): Promise<boolean> {
  const domain: TypedDataDomain = marketDomain(chainId, market);
  const typed = { domain, types: TYPES, ...signed } as TypedDataDefinition;
  const recovered = await recoverTypedDataAddress({ ...typed, signature }).catch(() => undefined);
  if (recovered?.toLowerCase() === signer.toLowerCase()) return true;
  const code = await client.getCode({ address: signer, blockNumber: toBlock });
  if (!code) return false;
  return client.verifyTypedData({ ...typed, address: signer, signature, blockNumber: toBlock });
}
