import { expect } from "chai";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { createArtifactCache } from "../../../operator/artifacts/cache";
import { createArtifactTransfer } from "../../../operator/artifacts/transfer";
import { marketDomain } from "../../../protocol/eip712";

describe("an operator's uploads", () => {
  const { signal } = new AbortController();
  const requests: string[] = [];
  /** Artifacts that the coordinator has, by path. */
  const there = new Set<string>();
  let folder: string;
  let server: Server;
  let url: string;
  let now = 0;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "froben-transfer-"));
    server = createServer((request, response) => {
      requests.push(request.method!);
      if (request.method === "PUT") there.add(request.url!);
      request.resume().on("end", () => {
        response.writeHead(there.has(request.url!) ? 200 : 404).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  it("ask about an artifact once in a minute, however many results it is", async () => {
    const cache = createArtifactCache(folder);
    const account = privateKeyToAccount(generatePrivateKey());
    const domain = marketDomain(1, `0x${"11".repeat(20)}`);
    const clock = { now: () => now, sleep: () => Promise.resolve() };
    const transfer = createArtifactTransfer(url, { account, domain }, cache, clock);
    const digest = await cache.putBytes(Buffer.from("the same for all"));
    const upload = () => transfer.upload(digest, signal);
    await Promise.all([upload(), upload(), upload()]);
    await upload();
    expect(requests.splice(0)).to.deep.equal(["HEAD", "PUT"]);
    now += 60_001;
    await upload();
    expect(requests.splice(0)).to.deep.equal(["HEAD"]);
    there.clear();
    now += 60_001;
    await upload();
    expect(requests.splice(0)).to.deep.equal(["HEAD", "PUT"]);
  });
});
