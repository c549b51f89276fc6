import {
  Agent,
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { AddressInfo } from "node:net";

/** One request on its way through a proxy. */
export interface Passing {
  method: string;
  path: string;
  body: Buffer;
}

/** What the other side answered. */
export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/**
 * What happens to a request.
 * @param forward gives it to the other side and brings the answer; may be called never, once or more often
 * @returns what the asker gets; undefined: its connection is cut
 */
export type Weather = (
  passing: Passing,
  forward: () => Promise<Answer>,
) => Promise<Answer | undefined>;

export const CALM: Weather = (_, forward) => forward();

/** An HTTP proxy in front of one server, whose address may change, for one asker. */
export interface Proxy {
  url: string;
  /** Where to, e.g. "http://127.0.0.1:8100". */
  target: string;
  weather: Weather;
  /** Cuts all connections and closes. */
  close(): void;
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function forwardTo(
  { target, agent }: { target: string; agent: Agent | false },
  incoming: IncomingMessage,
  body: Buffer,
  asker: ServerResponse,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method, url = "/" } = incoming;
    const { host: _, connection: __, "transfer-encoding": ___, ...rest } = incoming.headers;
    const headers = { ...rest, ...(body.length > 0 ? { "content-length": body.length } : {}) };
    const outgoing = request(new URL(url, target), { method, headers, agent });
    outgoing.on("error", (error) => {
      // The other side has just closed a connection that nobody used: it did not read the request.
      if (outgoing.reusedSocket && !asker.destroyed)
        resolve(forwardTo({ target, agent: false }, incoming, body, asker));
      else reject(error);
    });
    outgoing.on("response", (response) => {
      bytesOf(response).then(
        (bytes) =>
          resolve({ status: response.statusCode!, headers: response.headers, body: bytes }),
        reject,
      );
    });
    // Whoever hangs up here hangs up there: the coordinator sees a long poll end.
    asker.once("close", () => outgoing.destroy());
    outgoing.end(body);
  });
}

/** @param target may be set later */
export async function startProxy(target = ""): Promise<Proxy> {
  // Most of what a request costs on its way is a new connection.
  const agent = new Agent({ keepAlive: true });
  const server: Server = createServer((incoming, outgoing) => {
    const pass = async () => {
      const body = await bytesOf(incoming);
      const passing = { method: incoming.method!, path: incoming.url ?? "/", body };
      const answer = await proxy.weather(passing, () =>
        forwardTo({ target: proxy.target, agent }, incoming, body, outgoing),
      );
      if (!answer) return incoming.socket.destroy();
      const { "transfer-encoding": _, connection: __, ...headers } = answer.headers;
      outgoing.writeHead(answer.status, headers);
      outgoing.end(answer.body);
    };
    pass().catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const proxy: Proxy = {
    url: `http://127.0.0.1:${port}`,
    target,
    weather: CALM,
    close() {
      agent.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
  return proxy;
}

/** Shares of requests, from 0 to 1, that meet with something; milliseconds of a delay at most. */
export interface Storm {
  dropRequest: number;
  dropAnswer: number;
  duplicate: number;
  delay: number;
  delayMs: number;
}

/** Requests that are delayed by different times arrive in another order than they were sent in. */
export function storm(random: () => number, of: Storm): Weather {
  return async (_, forward) => {
    if (random() < of.delay) await delay(random() * of.delayMs);
    if (random() < of.dropRequest) return undefined;
    if (random() < of.duplicate) {
      // What a network does: the same bytes arrive twice, and the first answer is the one that is read.
      const first = await forward();
      await forward().catch(() => undefined);
      return first;
    }
    const answer = await forward();
    return random() < of.dropAnswer ? undefined : answer;
  };
}
