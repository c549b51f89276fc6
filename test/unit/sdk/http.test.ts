import { expect } from "chai";
import { privateKeyToAccount } from "viem/accounts";
import { sha256 } from "../../../protocol/digest";
import { marketDomain } from "../../../protocol/eip712";
import { FrobenError } from "../../../protocol/errors";
import { verifyRequest } from "../../../protocol/request-auth";
import { apiFetch } from "../../../sdk";
import { startServer, type Answer, type TestServer } from "./server";

const account = privateKeyToAccount(`0x${"11".repeat(32)}`);
const domain = marketDomain(31337, `0x${"ab".repeat(20)}`);
const signer = { account, domain };

async function errorOf(attempt: Promise<unknown>): Promise<FrobenError> {
  return attempt.then(
    () => expect.fail("nothing was thrown"),
    (error: FrobenError) => error,
  );
}

describe("apiFetch", () => {
  let server: TestServer;
  let answer: Answer;
  beforeEach(async () => {
    answer = {};
    server = await startServer(() => answer);
  });
  afterEach(() => server.stop());

  it("signs method, path with query, and body", async () => {
    const body = { a: [1, "é"] };
    await apiFetch(`${server.url}/`, { method: "POST", path: "/v1/x?y=1", body }, signer);
    const [received] = server.received;
    expect(received!.url).to.equal("/v1/x?y=1");
    const { address } = await verifyRequest(
      received!.headers,
      domain,
      { method: "POST", path: received!.url, bodyDigest: sha256(received!.body) },
      Date.now(),
    );
    expect(address).to.equal(account.address);
    expect(JSON.parse(received!.body.toString())).to.deep.equal(body);
  });

  it("signs an upload with the artifact's own digest", async () => {
    const body = Buffer.from("artifact");
    const digest = sha256(body);
    await apiFetch(
      server.url,
      { method: "PUT", path: "/v1/artifacts/x", body, bodyDigest: digest },
      signer,
    );
    const [received] = server.received;
    expect(received!.body.equals(body)).to.equal(true);
    const request = { method: "PUT", path: received!.url, bodyDigest: digest };
    expect((await verifyRequest(received!.headers, domain, request, Date.now())).address).to.equal(
      account.address,
    );
  });

  it("sends no signature where none was asked for", async () => {
    await apiFetch(server.url, { method: "GET", path: "/v1/market" });
    const names = Object.keys(server.received[0]!.headers);
    expect(names.filter((name) => name.startsWith("x-froben"))).to.deep.equal([]);
  });

  it("throws the API's own error with its field, limit, value and status", async () => {
    const error = {
      code: "spec_invalid",
      message: "m",
      field: "steps",
      limit: 64,
      value: 65,
      hint: "h",
      retryable: false,
    };
    answer = { status: 422, body: { error } };
    const thrown = await errorOf(apiFetch(server.url, { method: "GET", path: "/v1/x" }));
    expect(thrown).to.be.instanceOf(FrobenError);
    expect(thrown.toJSON()).to.deep.equal(error);
    expect(thrown.status).to.equal(422);
  });

  it("calls an answer that is not the API's retryable only if the server is at fault", async () => {
    for (const [status, retryable] of [
      [404, false],
      [429, true],
      [502, true],
    ] as const) {
      answer = { status, body: Buffer.from("<html>") };
      const thrown = await errorOf(apiFetch(server.url, { method: "GET", path: "/v1/x" }));
      expect([thrown.code, thrown.status, thrown.retryable]).to.deep.equal([
        "http_error",
        status,
        retryable,
      ]);
    }
  });

  it("says that nobody answers, and that trying again may help", async () => {
    await server.stop();
    const thrown = await errorOf(apiFetch(server.url, { method: "GET", path: "/v1/x" }));
    expect([thrown.code, thrown.retryable]).to.deep.equal(["coordinator_unreachable", true]);
    server = await startServer(() => ({}));
  });
});
