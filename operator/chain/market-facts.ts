/**
 * Who calls it: the intake and the chain loop. What the market says as of the newest block seen: asked for once a block, however many
 * assignments and claims want to know it.
 */
import type { Address, ContractFunctionReturnType } from "viem";
import { marketAbi } from "../../protocol/abi";
import type { MarketChain } from "./clients";
import { accountOf, type Account } from "./stake";

type WorkflowFacts = ContractFunctionReturnType<typeof marketAbi, "view", "workflowOf">;

export interface MarketFacts {
  workflowOf(workflow: number): Promise<WorkflowFacts>;
  /** @returns the claimed bits of a word of a workflow's tasks */
  claimedOf(workflow: number, word: number): Promise<bigint>;
  /** @returns the operator's stake */
  account(): Promise<Account>;
}

/**
 * @param operator whose account it is
 * @param head the newest block seen
 */
export function createMarketFacts(
  chain: Pick<MarketChain, "client" | "market">,
  operator: Address,
  head: () => { hash: string },
): MarketFacts {
  const read = { address: chain.market, abi: marketAbi } as const;
  let known = new Map<string, Promise<unknown>>();
  let asOf = "";

  function once<T>(what: string, ask: () => Promise<T>): Promise<T> {
    const { hash } = head();
    if (hash !== asOf) [known, asOf] = [new Map(), hash];
    const answers = known;
    const before = answers.get(what) as Promise<T> | undefined;
    if (before) return before;
    const answer = ask();
    answers.set(what, answer);
    answer.catch(() => answers.delete(what)); // whoever asks next asks the node
    return answer;
  }

  return {
    workflowOf: (workflow) =>
      once(`workflow ${workflow}`, () => {
        const call = { ...read, functionName: "workflowOf", args: [workflow] } as const;
        return chain.client.readContract(call);
      }),
    claimedOf: (workflow, word) =>
      once(`word ${workflow} ${word}`, async () => {
        const call = { ...read, functionName: "taskWordOf", args: [workflow, word] } as const;
        return (await chain.client.readContract(call))[0];
      }),
    account: () => once("account", () => accountOf(chain, operator)),
  };
}
