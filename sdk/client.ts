import { createPublicClient, http, type Address, type LocalAccount, type PublicClient } from "viem";
import { z } from "zod";
import { marketAbi } from "../protocol/abi";
import { marketDomain } from "../protocol/eip712";
import { FrobenError } from "../protocol/errors";
import { marketInfoSchema, type MarketInfo } from "../protocol/http";
import { schemaError } from "../protocol/validate-spec";
import { currencyOf, type Currency } from "./currency";
import { apiFetch, type ApiRequest, type Signer } from "./http";
import { SerialQueue } from "./serial-queue";

export interface ClientOptions {
  coordinatorUrl: string;
  rpcUrl: string;
  /** Signs transactions and requests; reading needs none. */
  account?: LocalAccount;
  /** The only market contract to talk to; without it the coordinator's word is taken. */
  market?: Address;
  /** How often chain state is looked at while waiting, milliseconds. */
  pollMs?: number;
}

/** A market, as its contract and its coordinator say. */
export interface Market extends MarketInfo {
  market: Address;
  coordinator: Address;
  currency: Currency;
}

/** What every action takes as its first argument. */
export interface Client {
  readonly coordinatorUrl: string;
  readonly chain: PublicClient;
  readonly account: LocalAccount | undefined;
  readonly pollMs: number;
  /** One transaction at a time, so that nonces don't collide. */
  readonly sending: SerialQueue;
  /** Chain id, contract, unit, currency; asked once. @throws FrobenError `chain_mismatch`, `market_mismatch`, `market_missing` */
  market(): Promise<Market>;
  /** @throws FrobenError `account_missing` */
  signer(): Promise<Signer>;
  /** Unsigned request whose answer has a known form. @throws FrobenError the API's, or `answer_invalid` */
  get<T>(path: string, schema: z.ZodType<T>, signal?: AbortSignal): Promise<T>;
  /** Signed request. */
  signed(request: ApiRequest): Promise<Response>;
}

/** @throws FrobenError `account_missing` when the client can only read */
export function accountOf(client: Pick<Client, "account">): LocalAccount {
  if (!client.account)
    throw new FrobenError("account_missing", "this needs an account that signs", {
      field: "account",
      hint: "pass `account` to createClient, e.g. privateKeyToAccount(key)",
    });
  return client.account;
}

/** Reads an answer. @throws FrobenError `answer_invalid` when it has another form than the protocol's */
export async function readAnswer<T>(response: Response, schema: z.ZodType<T>): Promise<T> {
  const json: unknown = await response.json();
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw schemaError(parsed.error, json, "answer_invalid");
  return parsed.data;
}

async function checkedMarket(
  options: ClientOptions,
  chain: PublicClient,
  info: MarketInfo,
): Promise<Market> {
  const chainId = await chain.getChainId();
  if (chainId !== info.chainId)
    throw new FrobenError("chain_mismatch", "the coordinator works on another chain", {
      field: "rpcUrl",
      limit: info.chainId,
      value: chainId,
    });
  const market = info.market as Address;
  if (options.market && options.market.toLowerCase() !== market.toLowerCase())
    throw new FrobenError("market_mismatch", "the coordinator serves another market contract", {
      field: "market",
      limit: options.market,
      value: market,
    });
  const read = { address: market, abi: marketAbi } as const;
  const [unit, token] = await Promise.all([
    chain.readContract({ ...read, functionName: "UNIT" }),
    chain.readContract({ ...read, functionName: "TOKEN" }),
  ]).catch((cause: unknown) => {
    throw new FrobenError("market_missing", `there is no market contract at ${market}`, {
      field: "market",
      value: market,
      cause,
    });
  });
  // The contract decides what a unit is worth, whatever the coordinator says.
  return {
    ...info,
    unit: unit.toString(),
    market,
    coordinator: info.coordinator as Address,
    currency: await currencyOf(chain, token),
  };
}

/**
 * A requester's (or reader's) view of one market: its coordinator and its chain.
 * @example
 * const client = createClient({ coordinatorUrl, rpcUrl, account: privateKeyToAccount(key) });
 * const { workflow } = await submit(client, myWorkflow);
 * await waitFor(client, workflow);
 * const proof = await fetchOutput(client, workflow, "proof");
 */
export function createClient(options: ClientOptions): Client {
  const { coordinatorUrl, account, pollMs = 500 } = options;
  const chain = createPublicClient({
    transport: http(options.rpcUrl),
    pollingInterval: pollMs,
    cacheTime: 0,
  });
  let market: ReturnType<Client["market"]> | undefined;
  const client: Client = {
    coordinatorUrl,
    chain,
    account,
    pollMs,
    sending: new SerialQueue(),
    market() {
      market ??= client
        .get("/v1/market", marketInfoSchema)
        .then((info) => checkedMarket(options, chain, info));
      // A failure is not remembered: the coordinator may only be starting.
      market.catch(() => (market = undefined));
      return market;
    },
    async signer() {
      const info = await client.market();
      return { account: accountOf(client), domain: marketDomain(info.chainId, info.market) };
    },
    async get(path, schema, signal) {
      return readAnswer(await apiFetch(coordinatorUrl, { method: "GET", path, signal }), schema);
    },
    async signed(request) {
      return apiFetch(coordinatorUrl, request, await client.signer());
    },
  };
  return client;
}
