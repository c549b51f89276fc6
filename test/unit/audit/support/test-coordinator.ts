import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Served } from "./sample-workflow";
import type { TestChain } from "./test-chain";

/** Serves what a run left, on a free port, as the coordinator's API does; tests tamper with `served` meanwhile. */
export async function serveCoordinator(
  env: TestChain,
  served: Map<number, Served>,
): Promise<{ url: string; stop(): Promise<void> }> {
  const market = {
    chainId: env.chain.chain.id,
    market: env.market,
    coordinator: env.accounts[1]!.address,
    unit: String(env.parameters.unit),
    fromBlock: env.fromBlock,
    version: "test",
  };
  const answer = (path: string): unknown => {
    if (path === "/v1/market") return market;
    const [, id, what] = /^\/v1\/workflows\/(\d+)\/(tasks|decisions)$/.exec(path) ?? [];
    return served.get(Number(id ?? -1))?.[what as "tasks" | "decisions"];
  };
  const server: Server = createServer((request, response) => {
    const path = request.url ?? "/";
    const digest = /^\/v1\/artifacts\/([0-9a-f]{64})$/.exec(path)?.[1];
    const bytes = digest && [...served.values()].map((s) => s.artifacts.get(digest)).find(Boolean);
    const body = bytes || answer(path);
    response.statusCode = body === undefined || body === "" ? 404 : 200;
    response.end(bytes ? bytes : JSON.stringify(body ?? {}));
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}
