/** Who calls it: the intake. Which results were struck, read from the market's events: they are few, results are many. */
import { getAbiItem, type Address } from "viem";
import type { InputSource } from "../../protocol/assignment";
import { marketAbi } from "../../protocol/abi";
import type { MarketChain } from "./clients";

export interface Strikes {
  /** @returns those of the sources that were struck on-chain, as of the newest block seen */
  among(workflow: number, sources: InputSource[]): Promise<InputSource[]>;
}

const STRUCK = getAbiItem({ abi: marketAbi, name: "Struck" });
/** Most blocks that one query for events spans. */
const MAX_RANGE = 5_000;
/** So many of the blocks that were read are read again: a reorganisation may have changed them. */
const READ_AGAIN = 64;

const keyOf = (workflow: number, { task, attempt }: Pick<InputSource, "task" | "attempt">) =>
  `${workflow}/${task}/${attempt}`;

/** @param head the newest block seen */
export function createStrikes(
  { client, market, fromBlock }: Pick<MarketChain, "client" | "market" | "fromBlock">,
  head: () => { number: number; hash: string },
): Strikes {
  let struck: { block: number; key: string }[] = [];
  let read = { number: fromBlock - 1, hash: "" };

  async function between(address: Address, from: number, to: number): Promise<typeof struck> {
    const range = { fromBlock: BigInt(from), toBlock: BigInt(to) };
    const logs = await client.getLogs({ address, event: STRUCK, strict: true, ...range });
    return logs.map(({ blockNumber, args }) => ({
      block: Number(blockNumber),
      key: keyOf(args.workflow, args),
    }));
  }

  async function readOn(): Promise<void> {
    const { number, hash } = head();
    if (hash === read.hash) return;
    const first = Math.max(fromBlock, Math.min(read.number, number) + 1 - READ_AGAIN);
    const found = struck.filter(({ block }) => block < first);
    for (let from = first; from <= number; from += MAX_RANGE)
      found.push(...(await between(market, from, Math.min(number, from + MAX_RANGE - 1))));
    struck = found;
    read = { number, hash };
  }

  return {
    async among(workflow, sources) {
      if (sources.length === 0) return [];
      await readOn();
      const keys = new Set(struck.map(({ key }) => key));
      return sources.filter((source) => keys.has(keyOf(workflow, source)));
    },
  };
}
