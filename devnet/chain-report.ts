import {
  decodeFunctionData,
  parseEventLogs,
  type Address,
  type Hex,
  type PublicClient,
  type TransactionReceipt,
} from "viem";
import { marketAbi } from "../protocol/abi";
import { attemptOfKey } from "../protocol/dispute-key";
import { Batches } from "./batches";

/** What one workflow cost on-chain. Amounts in units. */
export interface WorkflowCost {
  gasByCall: Record<string, { calls: number; gas: number }>;
  paid: bigint;
  slashed: bigint;
  refunded: bigint;
  strikes: { operator: Address; task: number; tx: Hex }[];
  completionTx: Hex | null;
}

/** What one operator made on-chain. Amounts in units. */
export interface OperatorIncome {
  /** Pay, and compensation for results that are void by another's fault. */
  earned: bigint;
  slashed: bigint;
}

export interface ChainReport {
  workflows: Map<number, WorkflowCost>;
  operators: Map<Address, OperatorIncome>;
}

const emptyCost = (): WorkflowCost => ({
  gasByCall: {},
  paid: 0n,
  slashed: 0n,
  refunded: 0n,
  strikes: [],
  completionTx: null,
});
const emptyIncome = (): OperatorIncome => ({ earned: 0n, slashed: 0n });

function of<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}

type MarketLog = ReturnType<typeof parseEventLogs<typeof marketAbi>>[number];

/** @returns the workflows that an event is about, one for each of its operations */
function apply(report: ChainReport, batches: Batches, log: MarketLog): number[] {
  const cost = (workflow: number) => of(report.workflows, workflow, emptyCost);
  const income = (operator: Address) => of(report.operators, operator, emptyIncome);
  const pay = (workflow: number, operator: Address, units: bigint) => {
    cost(workflow).paid += units;
    income(operator).earned += units;
  };
  const slash = (workflow: number, operator: Address, units: bigint) => {
    cost(workflow).slashed += units;
    income(operator).slashed += units;
  };
  switch (log.eventName) {
    case "Advanced": {
      const { operator, facts } = log.args;
      const { pays, workflows } = batches.advance(operator, facts);
      for (const { workflow, pay: units } of pays) pay(workflow, operator, units);
      return workflows;
    }
    case "FinalAccepted":
    case "DisputePaid":
      pay(log.args.workflow, log.args.operator, log.args.pay);
      break;
    case "Struck": {
      const { workflow, operator, bond, task } = log.args;
      batches.leave(log.args);
      slash(workflow, operator, bond);
      cost(workflow).strikes.push({ operator, task, tx: log.transactionHash });
      break;
    }
    case "Voided":
      batches.leave(log.args);
      income(log.args.operator).earned += log.args.compensation;
      break;
    case "Demanded":
    case "JuryCalled":
      batches.leave({ ...log.args, ...attemptOfKey(log.args.key) });
      break;
    case "Released":
    case "Expired": {
      const { workflow, operator, slot, mask, penalty } = log.args;
      batches.shrink(operator, slot, mask);
      slash(workflow, operator, penalty);
      break;
    }
    case "EscrowRefunded":
      cost(log.args.workflow).refunded += log.args.amount;
      break;
    case "WorkflowCompleted":
      cost(log.args.workflow).completionTx = log.transactionHash;
      break;
  }
  if ("workflow" in log.args) return [log.args.workflow];
  return "key" in log.args ? [attemptOfKey(log.args.key).workflow] : [];
}

/** Shares a transaction's gas between workflows, by how many of its operations and events are about each. */
function addGas(
  report: ChainReport,
  call: string,
  receipt: TransactionReceipt,
  named: number[],
): void {
  for (const workflow of new Set(named)) {
    const share = named.filter((other) => other === workflow).length / named.length;
    const entry = (of(report.workflows, workflow, emptyCost).gasByCall[call] ??= {
      calls: 0,
      gas: 0,
    });
    entry.calls += 1;
    entry.gas += Math.round(Number(receipt.gasUsed) * share);
  }
}

/**
 * Reads every transaction to the market since its deployment and adds up gas and money from receipts and events alone.
 * Meant for a local chain: it looks at every block.
 */
export async function readChain(
  client: PublicClient,
  market: Address,
  fromBlock: bigint,
): Promise<ChainReport> {
  const report: ChainReport = { workflows: new Map(), operators: new Map() };
  const batches = new Batches();
  const latest = await client.getBlockNumber({ cacheTime: 0 });
  for (let number = fromBlock; number <= latest; number++) {
    const block = await client.getBlock({ blockNumber: number, includeTransactions: true });
    for (const transaction of block.transactions) {
      if (transaction.to?.toLowerCase() !== market.toLowerCase()) continue;
      const receipt = await client.getTransactionReceipt({ hash: transaction.hash });
      if (receipt.status !== "success") continue;
      const { functionName } = decodeFunctionData({ abi: marketAbi, data: transaction.input });
      const logs = parseEventLogs({ abi: marketAbi, logs: receipt.logs });
      const named = logs.flatMap((log) => apply(report, batches, log));
      addGas(report, functionName, receipt, named);
    }
  }
  return report;
}
