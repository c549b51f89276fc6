import { expect } from "chai";
import { privateKeyToAccount } from "viem/accounts";
import { sha256 } from "../../../protocol/digest";
import { marketDomain } from "../../../protocol/eip712";
import { LIMITS } from "../../../protocol/limits";
import { AUTH_HEADERS, signRequest, verifyRequest } from "../../../protocol/request-auth";

const account = privateKeyToAccount(`0x${"11".repeat(32)}`);
const other = privateKeyToAccount(`0x${"22".repeat(32)}`);
const domain = marketDomain(31337, `0x${"ab".repeat(20)}`);
const NOW = 1_800_000_000_000;
const BODY = '{"a":1}';
const request = { method: "POST", path: "/v1/specs?x=1", body: BODY };
const received = { method: "POST", path: "/v1/specs?x=1", bodyDigest: sha256(BODY) };

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => "accepted",
    (error: { code: string; status: number }) => {
      expect(error.status).to.equal(401);
      return error.code;
    },
  );
}

describe("signed requests", () => {
  it("name their signer", async () => {
    const headers = await signRequest(account, domain, request, NOW);
    expect((await verifyRequest(headers, domain, received, NOW)).address).to.equal(account.address);
  });

  it("carry a fresh nonce each time", async () => {
    const [a, b] = await Promise.all([1, 2].map(() => signRequest(account, domain, request, NOW)));
    expect(a![AUTH_HEADERS.nonce]).to.not.equal(b![AUTH_HEADERS.nonce]);
  });

  for (const [what, change] of Object.entries({
    "another body": { bodyDigest: sha256("{}") },
    "another path": { path: "/v1/specs?x=2" },
    "another method": { method: "PUT" },
  }))
    it(`are refused for ${what}`, async () => {
      const headers = await signRequest(account, domain, request, NOW);
      const code = await codeOf(verifyRequest(headers, domain, { ...received, ...change }, NOW));
      expect(code).to.equal("auth_wrong_key");
    });

  it("are refused under another chain or contract", async () => {
    const headers = await signRequest(account, domain, request, NOW);
    for (const foreign of [
      marketDomain(1, `0x${"ab".repeat(20)}`),
      marketDomain(31337, `0x${"cd".repeat(20)}`),
    ])
      expect(await codeOf(verifyRequest(headers, foreign, received, NOW))).to.equal(
        "auth_wrong_key",
      );
  });

  it("are refused in another's name", async () => {
    const headers = await signRequest(account, domain, request, NOW);
    const stolen = { ...headers, [AUTH_HEADERS.address]: other.address };
    expect(await codeOf(verifyRequest(stolen, domain, received, NOW))).to.equal("auth_wrong_key");
  });

  it("are accepted from an operator's delegate, and name the operator", async () => {
    const headers = await signRequest(account, domain, request, NOW, other.address);
    const mayActFor = (signer: string, of: string) =>
      signer === account.address && of === other.address;
    const { address } = await verifyRequest(headers, domain, received, NOW, mayActFor);
    expect(address).to.equal(other.address);
    expect(await codeOf(verifyRequest(headers, domain, received, NOW))).to.equal("auth_wrong_key");
  });

  it("of a delegate are good for the operator alone that they were signed for", async () => {
    const headers = await signRequest(account, domain, request, NOW, other.address);
    const anybody = { ...headers, [AUTH_HEADERS.address]: `0x${"33".repeat(20)}` };
    const mayActFor = (signer: string) => signer === account.address;
    const attempt = verifyRequest(anybody, domain, received, NOW, mayActFor);
    expect(await codeOf(attempt)).to.equal("auth_wrong_key");
  });

  it("are refused when they are too old, or from the future", async () => {
    const headers = await signRequest(account, domain, request, NOW);
    for (const now of [NOW + LIMITS.maxRequestAgeMs + 1, NOW - LIMITS.maxRequestAgeMs - 1])
      expect(await codeOf(verifyRequest(headers, domain, received, now))).to.equal("auth_expired");
  });

  for (const header of Object.values(AUTH_HEADERS))
    it(`are refused without ${header}`, async () => {
      const { [header]: _left, ...rest } = await signRequest(account, domain, request, NOW);
      expect(await codeOf(verifyRequest(rest, domain, received, NOW))).to.equal("auth_missing");
    });

  for (const [header, value, code] of [
    [AUTH_HEADERS.address, "me", "auth_malformed"],
    [AUTH_HEADERS.timestamp, "soon", "auth_malformed"],
    [AUTH_HEADERS.nonce, "0x12", "auth_malformed"],
    [AUTH_HEADERS.signature, "0x12", "auth_wrong_key"],
  ] as const)
    it(`are refused with a malformed ${header}`, async () => {
      const headers = await signRequest(account, domain, request, NOW);
      const attempt = verifyRequest({ ...headers, [header]: value }, domain, received, NOW);
      expect(await codeOf(attempt)).to.equal(code);
    });
});
