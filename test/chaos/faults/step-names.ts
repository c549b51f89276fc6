/** Names of the steps at which crash-hook.ts can kill a process. Pure. */
import { decodeFunctionData, parseTransaction, type Hex } from "viem";
import { marketAbi } from "../../../protocol/abi";
import { decodeOperations } from "../../../protocol/operations";

/** @returns the name of the file that arms a step */
export const fileOf = (step: string): string => encodeURIComponent(step);

/** @returns the step that a file arms */
export const stepOf = (file: string): string => decodeURIComponent(file);

/** Values of columns that say what state a row is in now: they tell one write of a table from another. */
const STATES = new Set([
  ...["queued", "running", "computed", "reported", "valid", "invalid", "failed", "cancelled"],
  ...["wanted", "claimed", "given_up", "signed", "included", "reverted", "replaced"],
  ...["waiting", "ready", "assigned", "validating", "done", "offered", "ended"],
  ...["committed", "settled", "credited", "sent", "mined", "completed"],
]);

/**
 * @param values what is bound to the statement
 * @returns such as `write tasks computed`; undefined for a statement that writes nothing
 */
export function writeName(sql: string, values: unknown[]): string | undefined {
  const table = /^\s*(?:insert (?:or \w+ )?into|update|delete from) ["`]?(\w+)/i.exec(sql)?.[1];
  if (!table) return undefined;
  const bound = values.filter((value): value is string => typeof value === "string");
  const state =
    bound.find((value) => STATES.has(value)) ?? /'(wanted|queued|signed)'/.exec(sql)?.[1];
  return `write ${table}${state ? ` ${state}` : ""}`;
}

function callNames(raw: Hex): string[] {
  const { data } = parseTransaction(raw);
  if (!data) return ["send fill"]; // it does nothing but use its nonce
  const { functionName, args } = decodeFunctionData({ abi: marketAbi, data });
  if (functionName !== "advance") return [`send ${functionName}`];
  const { settles, commits, claims } = decodeOperations(args[0]);
  return Object.entries({ settle: settles, commit: commits, claim: claims })
    .filter(([, operations]) => operations.length > 0)
    .map(([kind]) => `send ${kind}`);
}

const path = (url: string) => new URL(url, "http://any").pathname.replace(/[0-9a-f]{64}/, "*");

/** @returns names for a request that changes something elsewhere, none for one that only asks */
export function requestNames(input: string | URL | Request, init?: RequestInit): string[] {
  if (init?.method === "PUT") return [`send PUT ${path(String(input))}`];
  if (init?.method !== "POST" || typeof init.body !== "string") return [];
  const body = JSON.parse(init.body) as unknown;
  const calls = [body].flat() as { method?: string; params?: unknown[] }[];
  if (calls[0]?.method === undefined) return [`send POST ${path(String(input))}`];
  return calls
    .filter(({ method }) => method === "eth_sendRawTransaction")
    .flatMap(({ params }) => callNames(params![0] as Hex));
}

/** What an answer to a heartbeat may bring. */
const NEWS = ["assignments", "verdicts", "renewals"] as const;

/** @returns names for an answer that tells or promises something */
export function answerNames(method: string, url: string, body: unknown): string[] {
  const name = `answer ${method} ${path(url)}`;
  if (method !== "POST" && method !== "PUT") return [];
  if (!url.startsWith("/v1/operators/sync")) return [name];
  const text = typeof body === "string" || Buffer.isBuffer(body) ? String(body) : "{}";
  const news = JSON.parse(text) as Partial<Record<(typeof NEWS)[number], unknown[]>>;
  return NEWS.filter((kind) => (news[kind]?.length ?? 0) > 0).map((kind) => `${name} with ${kind}`);
}
