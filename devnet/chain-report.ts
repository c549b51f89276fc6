import {
  decodeFunctionData,
  parseEventLogs,
  type Address,
  type Hex,
  type PublicClient,
  type TransactionReceipt,
} from "viem";
import { marketAbi } from "../protocol/abi";

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
  tasksPaid: number;
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
const emptyIncome = (): OperatorIncome => ({ tasksPaid: 0, earned: 0n, slashed: 0n });

function of<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}

type MarketLog = ReturnType<typeof parseEventLogs<typeof marketAbi>>[number];

function addMoney(report: ChainReport, log: MarketLog): void {
  switch (log.eventName) {
    case "Settled":
    case "FinalAccepted": {
      of(report.workflows, log.args.workflow, emptyCost).paid += log.args.pay;
      const income = of(report.operators, log.args.operator, emptyIncome);
      income.earned += log.args.pay;
      if (log.eventName === "FinalAccepted") income.tasksPaid += 1;
      break;
    }
    case "Struck": {
      const { workflow, operator, bond, task } = log.args;
      const cost = of(report.workflows, workflow, emptyCost);
      cost.slashed += bond;
      cost.strikes.push({ operator, task, tx: log.transactionHash });
      of(report.operators, operator, emptyIncome).slashed += bond;
      break;
    }
    case "Expired":
      of(report.workflows, log.args.workflow, emptyCost).slashed += log.args.penalty;
      of(report.operators, log.args.operator, emptyIncome).slashed += log.args.penalty;
      break;
    case "EscrowRefunded":
      of(report.workflows, log.args.workflow, emptyCost).refunded += log.args.amount;
      break;
    case "WorkflowCompleted":
      of(report.workflows, log.args.workflow, emptyCost).completionTx = log.transactionHash;
      break;
  }
}

/** Shares a transaction's gas between the workflows that its events name, by the number of events. */
function addGas(
  report: ChainReport,
  call: string,
  receipt: TransactionReceipt,
  logs: MarketLog[],
): void {
  const named = logs.flatMap((log) => ("workflow" in log.args ? [Number(log.args.workflow)] : []));
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
  const latest = await client.getBlockNumber({ cacheTime: 0 });
  for (let number = fromBlock; number <= latest; number++) {
    const block = await client.getBlock({ blockNumber: number, includeTransactions: true });
    for (const transaction of block.transactions) {
      if (transaction.to?.toLowerCase() !== market.toLowerCase()) continue;
      const receipt = await client.getTransactionReceipt({ hash: transaction.hash });
      if (receipt.status !== "success") continue;
      const { functionName } = decodeFunctionData({ abi: marketAbi, data: transaction.input });
      const logs = parseEventLogs({ abi: marketAbi, logs: receipt.logs });
      logs.forEach((log) => addMoney(report, log));
      addGas(report, functionName, receipt, logs);
    }
  }
  return report;
}
