import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

/** What a test's server answers: a status, and a body that is JSON unless it is bytes. */
export interface Answer {
  status?: number;
  body?: unknown;
}

/** A server on a port of its own that answers as a test says and remembers what came in. */
export interface TestServer {
  url: string;
  received: Received[];
  stop(): Promise<void>;
}

export async function startServer(
  answer: (request: Received) => Answer | Promise<Answer>,
): Promise<TestServer> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const { method = "", url = "", headers } = request;
      const one = { method, url, headers, body: Buffer.concat(parts) };
      received.push(one);
      const { status = 200, body } = await answer(one);
      response.statusCode = status;
      response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body ?? {}));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
