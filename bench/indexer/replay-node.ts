import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { readRecording, type RecordedBlock } from "./recording";

// A node that answers what the recorded chain's node answered: heads, headers and logs. Argument: the recording's file.

interface Request {
  id: number;
  method: string;
  params?: [{ fromBlock?: string; toBlock?: string; blockHash?: string } & string];
}

function answer({ method, params }: Request, blocks: RecordedBlock[]): string {
  const head = blocks.at(-1)!;
  const first = params?.[0];
  if (method === "eth_blockNumber") return JSON.stringify(`0x${head.number.toString(16)}`);
  if (method === "eth_getBlockByNumber" && first)
    return first === "latest" ? head.header : (blocks[Number(first)]?.header ?? "null");
  if (method === "eth_getLogs" && first) {
    const of = first.blockHash
      ? blocks.filter(({ hash }) => hash === first.blockHash)
      : blocks.slice(Number(first.fromBlock), Number(first.toBlock) + 1);
    return `[${of.flatMap(({ logs }) => (logs === "" ? [] : [logs])).join(",")}]`;
  }
  throw new Error(`the recorded node does not answer ${method}`);
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

async function main(): Promise<void> {
  const { blocks } = await readRecording(process.argv[2]!);
  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      const call = JSON.parse(text) as Request;
      const body = `{"jsonrpc":"2.0","id":${call.id},"result":${answer(call, blocks)}}`;
      const length = Buffer.byteLength(body);
      response.writeHead(200, { "content-type": "application/json", "content-length": length });
      response.end(body);
    });
  });
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo;
    process.stdout.write(`http://127.0.0.1:${port}\n`);
  });
}

void main();
