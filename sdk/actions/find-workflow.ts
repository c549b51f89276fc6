import type { Address, GetContractEventsReturnType, Hex } from "viem";
import { marketAbi } from "../../protocol/abi";
import type { Client } from "../client";
import { poll } from "../wait";

const FIRST_RANGE = 50_000n;

type OpenedLog = GetContractEventsReturnType<typeof marketAbi, "WorkflowOpened", true>[number];

/** How a workflow was opened. */
export type Opening = OpenedLog["args"] & { hash: Hex };

/**
 * Looks on the chain for the opening of a workflow.
 * Asks for ranges of blocks, smaller ones where the node refuses large ones.
 * @param args indexed fields that it must have
 * @param matches what else must be true of it
 * @returns the oldest that there is, or undefined
 * @throws the node's error when even a single block is refused
 */
export async function findOpening(
  client: Client,
  args: { workflow: number } | { requester: Address },
  matches: (opening: OpenedLog["args"]) => boolean = () => true,
): Promise<Opening | undefined> {
  const { market, fromBlock } = await client.market();
  const head = await client.chain.getBlockNumber();
  let size = FIRST_RANGE;
  for (let from = BigInt(fromBlock); from <= head;) {
    const to = from + size - 1n < head ? from + size - 1n : head;
    let logs;
    try {
      logs = await client.chain.getContractEvents({
        address: market,
        abi: marketAbi,
        eventName: "WorkflowOpened",
        args,
        fromBlock: from,
        toBlock: to,
        strict: true,
      });
    } catch (error) {
      if (size === 1n) throw error;
      size = size / 4n || 1n;
      continue;
    }
    const found = logs.find((log) => matches(log.args));
    if (found) return { ...found.args, hash: found.transactionHash };
    from = to + 1n;
  }
  return undefined;
}

/**
 * Looks on the chain for a workflow that this requester opened with this key.
 * @param key WorkflowTerms.key
 * @returns the workflow's id and its transaction, or undefined
 * @throws as `findOpening`
 */
export async function findWorkflow(
  client: Client,
  requester: Address,
  key: Hex,
): Promise<{ workflow: number; hash: Hex } | undefined> {
  const isIt = ({ terms }: OpenedLog["args"]) => terms.key.toLowerCase() === key.toLowerCase();
  const opening = await findOpening(client, { requester }, isIt);
  return opening && { workflow: opening.workflow, hash: opening.hash };
}

/**
 * Waits until no transaction of an account is under way, so that what the chain shows is all there is.
 * @returns the account's next nonce, or undefined when time is up
 */
export async function settledNonce(
  client: Client,
  address: Address,
  timeoutMs: number,
): Promise<number | undefined> {
  return poll(
    async () => {
      const [pending, latest] = await Promise.all([
        client.chain.getTransactionCount({ address, blockTag: "pending" }),
        client.chain.getTransactionCount({ address, blockTag: "latest" }),
      ]);
      return pending <= latest ? latest : undefined;
    },
    { everyMs: client.pollMs, timeoutMs },
  );
}
