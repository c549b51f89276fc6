import { expect } from "chai";
import fc from "fast-check";
import { sha256 } from "../../../protocol/digest";
import type { ErrorBody } from "../../../protocol/errors";
import { changed } from "../../support/junk";
import { apiFixture, PROGRAM, REGISTRATION, requester } from "./api-fixture";

/** A request of a kind that a route takes. */
interface Sample {
  method: string;
  path: string;
  /** Parsed JSON. */
  body?: unknown;
}

const BYTES32 = `0x${"ab".repeat(32)}`;
const task = { workflow: 1, task: 0, attempt: 1 };
const usage = { wallMs: 1, cpuMs: 1, maxRssMb: 1 };
const FAR = "99999999999999999999999";

describe("malformed requests", function () {
  this.timeout(120_000);
  const api = apiFixture();

  const samples = (): Sample[] => [
    { method: "POST", path: "/v1/operators", body: REGISTRATION },
    {
      method: "POST",
      path: "/v1/operators/sync",
      body: {
        running: [{ ...task, progress: 0.5, note: "half" }],
        draining: false,
        known: [BYTES32],
        renewed: [{ root: BYTES32, claimBy: 1 }],
        seenVerdicts: [task],
        waitMs: 0,
      },
    },
    {
      method: "POST",
      path: "/v1/results",
      body: {
        results: [{ ...task, root: BYTES32, result: sha256("result"), usage }],
        receipts: `0x${"11".repeat(65)}`,
      },
    },
    {
      method: "POST",
      path: "/v1/failures",
      body: { ...task, root: BYTES32, code: "run_failed", message: "no", inputRefused: false },
    },
    {
      method: "POST",
      path: "/v1/acceptances",
      body: {
        ...{ workflow: 1, step: 0, attempt: 1, word: 0, mask: "0x1", root: BYTES32 },
        commitments: [BYTES32],
      },
    },
    {
      method: "POST",
      path: "/v1/canaries",
      body: {
        canary: "6f6dd4b5-4f52-4b2c-9d5c-0a6d3c5b1f10",
        outcome: "computed",
        result: sha256("result"),
        usage,
      },
    },
    { method: "POST", path: "/v1/specs", body: api.spec() },
    { method: "POST", path: "/v1/estimates", body: { spec: api.spec(), durations: { first: 1 } } },
    { method: "POST", path: "/v1/workflows/1/pause", body: {} },
    { method: "GET", path: "/v1/workflows/1/tasks/0/why?operators=10" },
    { method: "GET", path: "/v1/workflows/1/decisions?after=0&limit=10" },
    { method: "GET", path: "/v1/workflows/1/events?after=0" },
    { method: "GET", path: `/v1/operators/0x${"11".repeat(20)}` },
    { method: "GET", path: `/v1/artifacts/${PROGRAM}` },
    { method: "PUT", path: `/v1/artifacts/${PROGRAM}` },
  ];

  /** Parts of a path, some of them something else. */
  const changedPath = (path: string): fc.Arbitrary<string> => {
    const parts = path.split(/(?<=[/?&=])/);
    const part = fc.oneof(
      fc.constantFrom("-1", "0", "1e9", FAR, "%", "%00", "..", "null", "a".repeat(300)),
      fc.string({ maxLength: 12 }).map(encodeURIComponent),
    );
    return fc
      .tuple(fc.nat(parts.length - 1), part)
      .map(([at, other]) => parts.map((own, i) => (i === at && i > 0 ? other : own)).join(""));
  };

  const requests = (): fc.Arbitrary<Sample> =>
    fc.constantFrom(...samples()).chain(({ method, path, body }) =>
      fc.record({
        method: fc.constant(method),
        path: fc.oneof({ weight: 3, arbitrary: fc.constant(path) }, changedPath(path)),
        body: body === undefined ? fc.constant(undefined) : changed(body),
      }),
    );

  async function ask({ method, path, body }: Sample): Promise<Response> {
    if (method === "GET") return fetch(api.running.url + path);
    if (method === "PUT")
      return api.send(path, "bytes", { method, digest: sha256("bytes"), account: requester });
    const account = /specs|pause/.test(path) ? { account: requester } : {};
    return api.send(path, JSON.stringify(body) ?? "", account);
  }

  it("of every kind are answered with what is wrong, by a coordinator that goes on", async () => {
    await fc.assert(
      fc.asyncProperty(requests(), async (request) => {
        const response = await ask(request);
        const text = await response.text();
        if (response.status < 400) return;
        const { error } = JSON.parse(text) as { error: ErrorBody };
        expect(error.code, text).to.match(/^[a-z0-9_]+$/);
        expect(error.code, JSON.stringify(request).slice(0, 500)).not.equal("internal");
        expect(error.message).not.equal("");
        expect(text.length < 5_000, "what was sent is not sent back whole").equal(true);
      }),
      { numRuns: 500 },
    );
    expect((await fetch(`${api.running.url}/readyz`)).status).equal(200);
  });
});
