import { startServer, type TestServer } from "./server";

interface RpcRequest {
  id: number;
  method: string;
  params: unknown[];
}

/** What a node that can't be relied on answers; undefined: what the real node answers. */
export type Interference = (request: RpcRequest, real: () => Promise<unknown>) => Promise<unknown>;

/** A node between a client and the real one. */
export function startProxy(rpcUrl: string, interfere: Interference): Promise<TestServer> {
  const handle = async (request: RpcRequest): Promise<unknown> => {
    const real = async (): Promise<unknown> => {
      const response = await fetch(rpcUrl, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(request),
      });
      return response.json();
    };
    const answer = await interfere(request, real);
    return answer === undefined
      ? real()
      : { jsonrpc: "2.0", id: request.id, ...(answer as object) };
  };
  return startServer(async ({ body }) => {
    const json = JSON.parse(body.toString()) as RpcRequest | RpcRequest[];
    return { body: Array.isArray(json) ? await Promise.all(json.map(handle)) : await handle(json) };
  });
}
