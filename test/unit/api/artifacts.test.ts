import { expect } from "chai";
import { sha256 } from "../../../protocol/digest";
import { signRequest } from "../../../protocol/request-auth";
import { apiFixture, MAX_ARTIFACT, requester } from "./api-fixture";

describe("artifacts over the HTTP API of a coordinator on a real chain", () => {
  const api = apiFixture();
  const { upload, refused, domain, state } = api;

  it("stores what is uploaded, and gives it whole or in ranges", async () => {
    const bytes = Buffer.from("0123456789");
    const digest = sha256(bytes);
    const url = `${api.running.url}/v1/artifacts/${digest}`;
    expect((await fetch(url, { method: "HEAD" })).status).equal(404);
    expect((await upload(bytes)).status).equal(201);
    expect((await upload(bytes)).status).equal(200);
    const head = await fetch(url, { method: "HEAD" });
    expect(head.headers.get("content-length")).equal("10");
    expect(await (await fetch(url)).text()).equal("0123456789");
    const part = await fetch(url, { headers: { range: "bytes=4-" } });
    expect(part.status).equal(206);
    expect(part.headers.get("content-range")).equal("bytes 4-9/10");
    expect(await part.text()).equal("456789");
    expect(part.headers.get("etag")).equal(`"${digest}"`);
    await refused(() => fetch(url, { headers: { range: "bytes=10-" } }), 416, {
      code: "range_invalid",
      limit: 10,
    });
  });

  it("refuses one that is not what its name says", () =>
    refused(() => upload(Buffer.from("other bytes"), sha256("these bytes")), 422, {
      code: "artifact_digest_mismatch",
      field: "digest",
      limit: sha256("these bytes"),
    }));

  it("refuses one that is too large, announced or not", async () => {
    const bytes = Buffer.alloc(MAX_ARTIFACT + 1);
    await refused(() => upload(bytes), 413, {
      code: "artifact_too_large",
      field: "content-length",
      limit: MAX_ARTIFACT,
      value: MAX_ARTIFACT + 1,
    });
    const digest = sha256(bytes);
    const path = `/v1/artifacts/${digest}`;
    const headers = await signRequest(
      requester,
      domain(),
      { method: "PUT", path, body: { digest } },
      Date.now(),
    );
    const streamed = () =>
      fetch(api.running.url + path, {
        method: "PUT",
        headers,
        body: new Blob([bytes]).stream(),
        duplex: "half",
      } as RequestInit);
    await refused(streamed, 413, {
      code: "artifact_too_large",
      field: "body",
      limit: MAX_ARTIFACT,
    });
  });

  it("keeps nothing of an upload that is cut off, and takes it afterwards", async () => {
    const bytes = Buffer.alloc(100_000, 5);
    const digest = sha256(bytes);
    const path = `/v1/artifacts/${digest}`;
    const before = state();
    const headers = await signRequest(
      requester,
      domain(),
      { method: "PUT", path, body: { digest } },
      Date.now(),
    );
    const abort = new AbortController();
    const half = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytes.subarray(0, 50_000)),
      pull: () => abort.abort(),
    });
    await fetch(api.running.url + path, {
      method: "PUT",
      headers,
      body: half,
      duplex: "half",
      signal: abort.signal,
    } as RequestInit).then(
      () => expect.fail("it should have been cut off"),
      () => undefined,
    );
    while (state() !== before) await new Promise(setImmediate); // until the server has seen the end
    expect((await fetch(api.running.url + path)).status).equal(404);
    expect((await upload(bytes)).status).equal(201);
  });

  it("refuses a name that is no digest, and says when there is no such artifact", async () => {
    await refused(() => fetch(`${api.running.url}/v1/artifacts/..%2f..%2fetc%2fpasswd`), 400, {
      code: "digest_malformed",
      field: "digest",
    });
    await refused(() => fetch(`${api.running.url}/v1/artifacts/${sha256("nowhere")}`), 404, {
      code: "artifact_missing",
      value: sha256("nowhere"),
    });
  });
});
