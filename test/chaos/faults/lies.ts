import type { Answer, Weather } from "./proxy";

// A node that does not tell the truth. Each lie is about single calls, also inside a batch.

interface Call {
  id: number;
  method: string;
  params?: unknown[];
}

interface Result {
  id: number;
  jsonrpc: "2.0";
  result?: unknown;
  error?: { code: number; message: string };
}

/** @returns what the asker is told instead; undefined: the truth */
type Lie = (call: Call, truth: Result) => Promise<Result | undefined> | Result | undefined;

function tell(lie: Lie): Weather {
  return async ({ body }, forward) => {
    const answer: Answer = await forward();
    const calls = [JSON.parse(String(body)) as Call | Call[]].flat();
    const parsed = JSON.parse(String(answer.body)) as Result | Result[];
    const told = await Promise.all(
      [parsed].flat().map(async (truth) => {
        const call = calls.find(({ id }) => id === truth.id);
        return (call && (await lie(call, truth))) ?? truth;
      }),
    );
    const bytes = Buffer.from(JSON.stringify(Array.isArray(parsed) ? told : told[0]));
    const headers = { ...answer.headers, "content-length": String(bytes.length) };
    return { ...answer, headers, body: bytes };
  };
}

const failed = (id: number, message: string): Result => ({
  id,
  jsonrpc: "2.0",
  error: { code: -32000, message },
});

/** Says that a transaction failed, after it took it. */
export const saysFailed = (): Weather =>
  tell(({ id, method }) =>
    method === "eth_sendRawTransaction" ? failed(id, "internal error: try again") : undefined,
  );

/** Hangs up on whoever sends a transaction. */
export const takesNoTransactions: Weather = async ({ body }, forward) =>
  String(body).includes("eth_sendRawTransaction") ? undefined : forward();

/** Finds no logs where there are some, the first time that it is asked. @param share of the questions that are answered that way */
export function missesLogs(random: () => number, share: number): Weather {
  const asked = new Set<string>();
  return tell(({ method, params }, truth) => {
    if (method !== "eth_getLogs" || !Array.isArray(truth.result)) return undefined;
    const question = JSON.stringify(params);
    if (truth.result.length === 0 || asked.has(question)) return undefined;
    asked.add(question);
    return random() < share ? { ...truth, result: [] } : undefined;
  });
}

/** Stands some blocks behind, now and then. @param rpcUrl of the node that knows better */
export const isStale = (random: () => number, rpcUrl: string, blocks: number): Weather =>
  tell(async ({ method, params }, truth) => {
    const head = method === "eth_blockNumber" || params?.[0] === "latest";
    if (!head || random() > 0.3) return undefined;
    if (method === "eth_blockNumber")
      return { ...truth, result: `0x${(Number(truth.result) - blocks).toString(16)}` };
    if (method !== "eth_getBlockByNumber") return undefined;
    const number = Number((truth.result as { number: string }).number) - blocks;
    const body = { id: 1, jsonrpc: "2.0", method, params: [`0x${number.toString(16)}`, false] };
    const headers = { "content-type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    const older = (await (await fetch(rpcUrl, init)).json()) as Result;
    return { ...truth, result: older.result };
  });
