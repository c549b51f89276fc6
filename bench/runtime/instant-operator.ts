import { readFileSync } from "node:fs";
import {
  decodeFunctionData,
  keccak256,
  type Address,
  type Hex,
  type TransactionReceipt,
} from "viem";
import { hardhat } from "viem/chains";
import { marketAbi, WORKFLOW_STATUS } from "../../protocol/abi";
import { decodeOperations } from "../../protocol/operations";
import { stepTermsOf, workflowTerms } from "../../protocol/terms";
import { parseSpec } from "../../protocol/validate-spec";
import type { MarketChain } from "../../operator/chain/clients";
import type { ChainParts } from "../../operator/chain/parts";
import { applyEvent, copyOf, emptyState } from "../../operator/chain/slots";
import { runOperatorProcess } from "../../operator/process";
import { CHAIN_ID, MARKET } from "./market";

// The operator's process of the bench without a chain: the product's own, its chain loop and plans included, but for the node. What it
// sends is on-chain at once.

const FAR = 2 ** 40 - 1;

/** What a market's read functions answer while nothing goes wrong. */
function answers(coordinator: Address): Record<string, () => unknown> {
  let terms: bigint | undefined;
  const termsOf = () => {
    const spec = parseSpec(JSON.parse(readFileSync(process.env.BENCH_SPEC!, "utf8")));
    return workflowTerms(coordinator, stepTermsOf(spec));
  };
  return {
    accountOf: () => [10n ** 12n, 0n, 0n],
    workflowOf: () => [
      coordinator,
      coordinator,
      WORKFLOW_STATUS.open,
      0,
      FAR,
      0n,
      0n,
      (terms ??= termsOf()),
      0,
    ],
    taskWordOf: () => [0n, 0n],
  };
}

function instantChain(): ChainParts {
  let state = emptyState();
  let block = 1;
  const head = () => ({
    number: block,
    hash: keccak256(`0x${block.toString(16).padStart(16, "0")}`),
    timestamp: Math.floor(Date.now() / 1000),
  });
  return {
    connect(_rpcUrl, info) {
      const read = answers(info.coordinator as Address);
      const client = {
        readContract: ({ functionName }: { functionName: string }) =>
          Promise.resolve(read[functionName]!()),
        getLogs: () => Promise.resolve([]),
        estimateGas: () => Promise.resolve(1n),
      };
      return Promise.resolve({
        client: client as unknown as MarketChain["client"],
        chain: hardhat,
        chainId: CHAIN_ID,
        market: MARKET,
        unit: 1n,
        minStake: 1n,
        lateClaims: 0,
        fromBlock: 0,
      });
    },
    slotView: () => ({
      slots: () => state.slots,
      disputes: () => state.disputes,
      hasEnded: (root) => state.ended.has(root as Hex),
      head,
      sync: () => Promise.resolve({ newBlock: true, changed: true }),
      expect: () => {},
      rebuild: () => Promise.resolve(),
    }),
    sender: ({ account }) => ({
      address: account.address,
      send({ data }) {
        const { args } = decodeFunctionData({ abi: marketAbi, data });
        const operations = decodeOperations(args![0] as Hex);
        state = copyOf(state);
        applyEvent(state, { name: "Advanced", operations, timestamp: head().timestamp });
        block++;
        const receipt = { status: "success", blockNumber: BigInt(block) };
        return Promise.resolve(receipt as TransactionReceipt);
      },
      recover: () => Promise.resolve(),
    }),
  };
}

runOperatorProcess({ chainParts: instantChain() });
