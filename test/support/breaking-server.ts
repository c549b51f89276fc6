import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Serves one artifact, and breaks off when told. */
export class BreakingServer {
  /** Ranges that were asked for. */
  readonly ranges: (string | undefined)[] = [];
  /** Bytes after which each answer breaks off; none: all of it. */
  breaks: (number | undefined)[] = [];
  withRanges = true;
  private readonly server = createServer((request, response) => {
    const { range } = request.headers;
    this.ranges.push(range);
    const from = this.withRanges ? Number(/^bytes=(\d+)-$/.exec(range ?? "bytes=0-")![1]) : 0;
    const rest = this.bytes.subarray(from);
    const end = this.breaks.shift();
    response.writeHead(from > 0 ? 206 : 200, { "content-length": rest.length });
    if (end === undefined) response.end(rest);
    else response.write(rest.subarray(0, end), () => response.destroy());
  });

  constructor(public bytes: Buffer) {}

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
