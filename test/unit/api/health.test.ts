import { expect } from "chai";
import { once } from "node:events";
import { request } from "node:http";
import { readinessOf, SILENT_MS, type Readiness } from "../../../offchain/api/readiness";
import { sha256 } from "../../../protocol/digest";
import { signRequest } from "../../../protocol/request-auth";
import { apiFixture, requester } from "./api-fixture";

describe("readiness", () => {
  const good = {
    draining: false,
    databaseOpen: true,
    health: { block: 90, blockTime: 1, head: 92, polledAt: 1_000, failures: 0 },
    now: 2_000,
    maxBehind: 2,
  };
  const codes = (change: Partial<typeof good>, health: Partial<(typeof good)["health"]> = {}) =>
    readinessOf({ ...good, ...change, health: { ...good.health, ...health } }).reasons.map(
      ({ code }) => code,
    );

  it("is given while nothing speaks against it, and a few failed looks at the chain do not", () => {
    expect(codes({})).deep.equal([]);
    expect(codes({ now: 1_000 + SILENT_MS }, { failures: 9 })).deep.equal([]);
  });

  it("names every reason against it, with the value and its limit", () => {
    expect(codes({ draining: true, databaseOpen: false }, { head: 93 })).deep.equal([
      "draining",
      "database_closed",
      "chain_behind",
    ]);
    expect(codes({ now: 1_001 + SILENT_MS }, { failures: 1 })).deep.equal(["chain_silent"]);
    expect(readinessOf({ ...good, maxBehind: 1 }).reasons[0]).include({ value: 2, limit: 1 });
  });
});

describe("a coordinator that ends", () => {
  const api = apiFixture();
  const ask = async (path: string) => {
    const response = await fetch(api.running.url + path);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it("is up and ready before that", async () => {
    await api.running.indexer.caughtUp();
    expect(await ask("/healthz")).deep.equal({ status: 200, body: { up: true } });
    expect(await ask("/readyz")).deep.equal({ status: 200, body: { ready: true, reasons: [] } });
  });

  it("is not ready, refuses what is new, and ends what is under way", async () => {
    const bytes = Buffer.from("an artifact that comes in two parts");
    const path = `/v1/artifacts/${sha256(bytes)}`;
    const body = { digest: sha256(bytes) };
    const how = { method: "PUT", path, body };
    const headers = await signRequest(requester, api.domain(), how, Date.now());
    const upload = request(api.running.url + path, {
      method: "PUT",
      headers: { ...headers, "content-length": bytes.length, expect: "100-continue" },
    });
    upload.flushHeaders();
    await once(upload, "continue"); // it is under way
    upload.write(bytes.subarray(0, 10));

    const stopped = api.running.stop();
    const { status, body: readiness } = await ask("/readyz");
    expect(status).equal(503);
    expect((readiness as Readiness).reasons.map(({ code }) => code)).deep.equal(["draining"]);
    expect((await ask("/healthz")).status).equal(200);
    const refused = await ask("/v1/status");
    expect(refused.status).equal(503);
    expect(refused.body.error).include({ code: "draining", retryable: true });

    upload.end(bytes.subarray(10));
    const [response] = (await once(upload, "response")) as [{ statusCode: number }];
    expect(response.statusCode).equal(201);
    await stopped;
    await fetch(`${api.running.url}/healthz`).then(
      () => expect.fail("the port should be closed"),
      () => undefined,
    );
  });
});
