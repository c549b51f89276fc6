import { expect } from "chai";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { sha256 } from "../../../protocol/digest";
import { marketDomain } from "../../../protocol/eip712";
import { LIMITS } from "../../../protocol/limits";
import { AUTH_HEADERS, signRequest } from "../../../protocol/request-auth";
import { apiFixture, operator, REGISTRATION } from "./api-fixture";

describe("requests to the HTTP API of a coordinator on a real chain", () => {
  const api = apiFixture();
  const { send, post, upload, refused, spec, domain } = api;

  describe("signatures", () => {
    it("takes a request that its sender signed", async () => {
      expect((await post("/v1/operators", REGISTRATION)).status).equal(200);
      const operators = (await (await fetch(`${api.running.url}/v1/operators`)).json()) as {
        address: string;
      }[];
      expect(operators.map(({ address }) => address.toLowerCase())).include(
        operator.address.toLowerCase(),
      );
    });

    it("refuses a request without one", () =>
      refused(
        () =>
          fetch(`${api.running.url}/v1/operators`, {
            method: "POST",
            body: JSON.stringify(REGISTRATION),
          }),
        401,
        { code: "auth_missing", field: AUTH_HEADERS.address },
      ));

    it("refuses one by another key", () =>
      refused(
        () =>
          post("/v1/operators", REGISTRATION, {
            account: privateKeyToAccount(generatePrivateKey()),
            headers: { [AUTH_HEADERS.address]: operator.address },
          }),
        401,
        { code: "auth_wrong_key", field: AUTH_HEADERS.signature, value: operator.address },
      ));

    it("refuses the same signed request a second time", async () => {
      const body = JSON.stringify(REGISTRATION);
      const path = "/v1/operators";
      const headers = await signRequest(
        operator,
        domain(),
        { method: "POST", path, body },
        Date.now(),
      );
      const again = () => fetch(api.running.url + path, { method: "POST", headers, body });
      expect((await again()).status).equal(200);
      await refused(again, 401, { code: "auth_replayed", field: AUTH_HEADERS.nonce });
    });

    it("uses a signature once also when many copies arrive at the same time", async () => {
      const body = JSON.stringify(REGISTRATION);
      const path = "/v1/operators";
      const headers = await signRequest(
        operator,
        domain(),
        { method: "POST", path, body },
        Date.now(),
      );
      const answers = await Promise.all(
        Array.from({ length: 8 }, () =>
          fetch(api.running.url + path, { method: "POST", headers, body }),
        ),
      );
      expect(answers.filter(({ status }) => status === 200)).length(1);
      expect(answers.filter(({ status }) => status === 401)).length(7);
    });

    it("refuses one that is too old, or of the future", async () => {
      for (const now of [
        Date.now() - LIMITS.maxRequestAgeMs - 5_000,
        Date.now() + LIMITS.maxRequestAgeMs + 5_000,
      ])
        await refused(() => post("/v1/operators", REGISTRATION, { now }), 401, {
          code: "auth_expired",
          field: AUTH_HEADERS.timestamp,
          limit: LIMITS.maxRequestAgeMs,
        });
    });

    it("refuses one that was made for another path, query or method", async () => {
      await refused(() => post("/v1/operators", REGISTRATION, { signedPath: "/v1/results" }), 401, {
        code: "auth_wrong_key",
      });
      await refused(() => post("/v1/specs?feeBps=100", spec(), { signedPath: "/v1/specs" }), 401, {
        code: "auth_wrong_key",
      });
      const bytes = Buffer.from("x");
      await refused(
        () => upload(bytes, sha256(bytes), { signedPath: `/v1/artifacts/${sha256("y")}` }),
        401,
        { code: "auth_wrong_key" },
      );
    });

    it("refuses one that was made for another body", async () => {
      const headers = await signRequest(
        operator,
        domain(),
        { method: "POST", path: "/v1/operators", body: "{}" },
        Date.now(),
      );
      await refused(
        () =>
          fetch(`${api.running.url}/v1/operators`, {
            method: "POST",
            headers,
            body: JSON.stringify(REGISTRATION),
          }),
        401,
        { code: "auth_wrong_key" },
      );
    });

    it("refuses one that was made for another contract", async () => {
      const body = JSON.stringify(REGISTRATION);
      const other = marketDomain(31337, `0x${"9".repeat(40)}`);
      const headers = await signRequest(
        operator,
        other,
        { method: "POST", path: "/v1/operators", body },
        Date.now(),
      );
      await refused(
        () => fetch(`${api.running.url}/v1/operators`, { method: "POST", headers, body }),
        401,
        { code: "auth_wrong_key" },
      );
    });
  });

  describe("routes and bodies", () => {
    it("says that a route is unknown", () =>
      refused(() => fetch(`${api.running.url}/v1/nothing`), 404, {
        code: "route_unknown",
        field: "path",
        value: "/v1/nothing",
      }));

    it("refuses a body over the limit and names it", () =>
      refused(() => send("/v1/operators", Buffer.alloc(LIMITS.maxBodyBytes + 1, 32)), 413, {
        code: "body_too_large",
        field: "body",
        limit: LIMITS.maxBodyBytes,
      }));

    it("refuses a body that is not JSON", () =>
      refused(() => send("/v1/operators", "{not json"), 400, {
        code: "body_not_json",
        field: "body",
      }));

    it("names the field, the limit and the value of a body that breaks a rule", async () => {
      await refused(() => post("/v1/operators", { ...REGISTRATION, concurrency: 2000 }), 422, {
        code: "body_invalid",
        field: "concurrency",
        limit: 1024,
        value: 2000,
      });
      await refused(() => post("/v1/operators", { ...REGISTRATION, surprise: 1 }), 422, {
        code: "body_invalid",
      });
    });

    it("refuses a workflow id that is none, and says when a workflow is unknown", async () => {
      await refused(() => fetch(`${api.running.url}/v1/workflows/abc`), 400, {
        code: "query_invalid",
        field: "id",
      });
      for (const view of ["", "/tasks", "/attempts", "/decisions", "/events"])
        await refused(() => fetch(`${api.running.url}/v1/workflows/999${view}`), 404, {
          code: "workflow_unknown",
        });
    });

    it("refuses work from an operator that never registered", () =>
      refused(
        () =>
          post(
            "/v1/operators/sync",
            { running: [], draining: false, known: [], seenVerdicts: [], waitMs: 0 },
            { account: privateKeyToAccount(generatePrivateKey()) },
          ),
        409,
        { code: "operator_unknown" },
      ));
  });
});
