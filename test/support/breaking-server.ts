import { LocalServer } from "./local-server";

/** Serves one artifact, and breaks off when told. */
export class BreakingServer extends LocalServer {
  /** Ranges that were asked for. */
  readonly ranges: (string | undefined)[] = [];
  /** Bytes after which each answer breaks off; none: all of it. */
  breaks: (number | undefined)[] = [];
  withRanges = true;

  constructor(public bytes: Buffer) {
    super((request, response) => {
      const { range } = request.headers;
      this.ranges.push(range);
      const from = this.withRanges ? Number(/^bytes=(\d+)-$/.exec(range ?? "bytes=0-")![1]) : 0;
      const rest = this.bytes.subarray(from);
      const end = this.breaks.shift();
      response.writeHead(from > 0 ? 206 : 200, { "content-length": rest.length });
      if (end === undefined) response.end(rest);
      else response.write(rest.subarray(0, end), () => response.destroy());
    });
  }
}
