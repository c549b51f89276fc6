import { expect } from "chai";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { LocalAccount } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { devnetAccount, devnetKey, ROLES } from "../../../devnet/chain";
import { readConfig } from "../../../offchain/config";
import { startCoordinator, type RunningCoordinator } from "../../../offchain/start";
import { canonicalJson, sha256, toBytes32 } from "../../../protocol/digest";
import { marketDomain } from "../../../protocol/eip712";
import type { ErrorBody } from "../../../protocol/errors";
import { LIMITS } from "../../../protocol/limits";
import { AUTH_HEADERS, signRequest } from "../../../protocol/request-auth";
import type { SpecInput } from "../../../protocol/spec";
import { minimumEscrow, stepTermsOf } from "../../../protocol/terms";
import { parseSpec } from "../../../protocol/validate-spec";
import { startTestChain, type TestChain } from "../../support/chain";
import { silentLog } from "../../support/silent-log";

const PROGRAM = sha256("a program");
const MAX_ARTIFACT = 2_000_000;
const operator = devnetAccount(ROLES.operators);
const requester = devnetAccount(ROLES.requesters);

const REGISTRATION = {
  name: "operator",
  machine: { id: "machine", cores: 2, memoryMb: 1024, gpus: [] },
  offer: { cores: 2, memoryMb: 1024 },
  programs: [PROGRAM],
  concurrency: 1,
  priceBps: 10_000,
  speed: 1,
};

describe("HTTP API of a coordinator on a real chain", () => {
  let chain: TestChain;
  let running: RunningCoordinator;

  before(async function () {
    this.timeout(120_000);
    chain = await startTestChain();
    running = await startCoordinator(
      readConfig({
        FROBEN_RPC_URL: chain.rpcUrl,
        FROBEN_MARKET: chain.market,
        FROBEN_FROM_BLOCK: String(chain.fromBlock),
        FROBEN_COORDINATOR_KEY: devnetKey(ROLES.coordinator),
        FROBEN_DATA_DIR: join(chain.folder, "coordinator"),
        FROBEN_PORT: "0",
        FROBEN_POLL_MS: "50",
        FROBEN_MAX_ARTIFACT_BYTES: String(MAX_ARTIFACT),
      }),
      { log: silentLog },
    );
  });
  after(async () => {
    await running?.stop();
    await chain?.stop();
  });

  const domain = () => marketDomain(31337, chain.market);

  interface Signed {
    method?: string;
    /** Signed in place of the path that is asked for. */
    signedPath?: string;
    account?: LocalAccount;
    /** Merged over the signed headers. */
    headers?: Record<string, string>;
    now?: number;
    digest?: string;
  }

  /** Sends a signed request. */
  async function send(
    path: string,
    body: string | Uint8Array,
    how: Signed = {},
  ): Promise<Response> {
    const {
      method = "POST",
      signedPath = path,
      account = operator,
      now = Date.now(),
      digest,
    } = how;
    const headers = await signRequest(
      account,
      domain(),
      { method, path: signedPath, body: digest ? { digest } : body },
      now,
    );
    return fetch(running.url + path, {
      method,
      headers: { ...headers, ...how.headers },
      body: body as string | Uint8Array<ArrayBuffer>,
    });
  }

  const post = (path: string, body: unknown, how?: Signed) => send(path, JSON.stringify(body), how);
  const upload = (bytes: Uint8Array, digest = sha256(bytes), how: Signed = {}) =>
    send(`/v1/artifacts/${digest}`, bytes, { method: "PUT", digest, account: requester, ...how });

  /** Everything that a request could change: rows (but for used nonces) and artifacts. */
  function state(): string {
    const { db, config } = running.context;
    const tables = db.$client
      .prepare<[], { name: string }>(
        "select name from sqlite_master where type = 'table' and name not in ('request_nonces', 'chain_blocks', 'sqlite_sequence')",
      )
      .all();
    const rows = tables.map(({ name }) => [
      name,
      db.$client.prepare(`select * from "${name}"`).all(),
    ]);
    const files = readdirSync(join(config.dataDir, "artifacts"), { recursive: true });
    return JSON.stringify([rows, files.map(String).sort()]);
  }

  /** Expects a typed error, and that nothing changed. */
  async function refused(
    request: () => Promise<Response>,
    status: number,
    expected: Partial<ErrorBody>,
  ): Promise<ErrorBody> {
    const before = state();
    const response = await request();
    const { error } = (await response.json()) as { error: ErrorBody };
    expect(error).include(expected);
    expect(response.status).equal(status);
    expect(error.message).not.equal("");
    expect(state()).equal(before);
    return error;
  }

  function spec(change: (spec: SpecInput) => void = () => {}): SpecInput {
    const made: SpecInput = {
      version: 1,
      name: "test",
      inputs: {},
      steps: [
        {
          id: "first",
          program: PROGRAM,
          params: {},
          fanOut: { kind: "single" },
          inputs: { statement: { input: "statement" } },
          outputs: { out: "file" },
          statement: "statement",
          resources: { cores: 1, memoryMb: 100 },
          maxTasks: 1,
          reward: 10,
          bond: 10,
          claimSeconds: 60,
          windowSeconds: 10,
          maxRevealBytes: 0,
          rule: { kind: "verifier", address: `0x${"1".repeat(40)}`, gas: 100_000 },
          limits: { startSeconds: 10, runSeconds: 10, silenceSeconds: 10 },
          retry: { attempts: 2, backoffSeconds: 0 },
        },
      ],
      outputs: { out: { step: "first", output: "out" } },
    };
    made.inputs.statement = { kind: "file", digest: sha256("the statement") };
    change(made);
    return made;
  }

  const giveSpec = (body: SpecInput, path = "/v1/specs") =>
    post(path, body, { account: requester });

  describe("signatures", () => {
    it("takes a request that its sender signed", async () => {
      expect((await post("/v1/operators", REGISTRATION)).status).equal(200);
      const operators = (await (await fetch(`${running.url}/v1/operators`)).json()) as {
        address: string;
      }[];
      expect(operators.map(({ address }) => address.toLowerCase())).include(
        operator.address.toLowerCase(),
      );
    });

    it("refuses a request without one", () =>
      refused(
        () =>
          fetch(`${running.url}/v1/operators`, {
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
      const again = () => fetch(running.url + path, { method: "POST", headers, body });
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
          fetch(running.url + path, { method: "POST", headers, body }),
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
          fetch(`${running.url}/v1/operators`, {
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
        () => fetch(`${running.url}/v1/operators`, { method: "POST", headers, body }),
        401,
        { code: "auth_wrong_key" },
      );
    });
  });

  describe("routes and bodies", () => {
    it("says that a route is unknown", () =>
      refused(() => fetch(`${running.url}/v1/nothing`), 404, {
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
      await refused(() => fetch(`${running.url}/v1/workflows/abc`), 400, {
        code: "query_invalid",
        field: "id",
      });
      for (const view of ["", "/tasks", "/attempts", "/decisions", "/events"])
        await refused(() => fetch(`${running.url}/v1/workflows/999${view}`), 404, {
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

  describe("artifacts", () => {
    it("stores what is uploaded, and gives it whole or in ranges", async () => {
      const bytes = Buffer.from("0123456789");
      const digest = sha256(bytes);
      const url = `${running.url}/v1/artifacts/${digest}`;
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
        fetch(running.url + path, {
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
      await fetch(running.url + path, {
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
      expect((await fetch(running.url + path)).status).equal(404);
      expect((await upload(bytes)).status).equal(201);
    });

    it("refuses a name that is no digest, and says when there is no such artifact", async () => {
      await refused(() => fetch(`${running.url}/v1/artifacts/..%2f..%2fetc%2fpasswd`), 400, {
        code: "digest_malformed",
        field: "digest",
      });
      await refused(() => fetch(`${running.url}/v1/artifacts/${sha256("nowhere")}`), 404, {
        code: "artifact_missing",
        value: sha256("nowhere"),
      });
    });
  });

  describe("specs", () => {
    before(async () => {
      await post("/v1/operators", REGISTRATION);
      await upload(Buffer.from("the statement"));
    });

    it("keeps a good one under the digest that goes on-chain, and says what it costs", async () => {
      const answer = (await (await giveSpec(spec(), "/v1/specs?feeBps=1000")).json()) as Record<
        string,
        unknown
      >;
      expect(answer).include({ minimumEscrow: "11", tasks: 1 });
      const stored = await (
        await fetch(`${running.url}/v1/artifacts/${String(answer.digest)}`)
      ).text();
      expect(stored).equal(canonicalJson(JSON.parse(stored)));
      expect((JSON.parse(stored) as SpecInput).name).equal("test");
    });

    const first = (s: SpecInput) => s.steps[0]!;
    const second = (s: SpecInput) => {
      const step = { ...structuredClone(first(s)), id: "second" };
      s.steps.push(step);
      return step;
    };
    const BAD: [what: string, change: (s: SpecInput) => void, expected: Partial<ErrorBody>][] = [
      [
        "steps that depend on each other in a circle",
        (s) => {
          second(s).inputs.other = { step: "first", output: "out" };
          first(s).inputs.other = { step: "second", output: "out" };
        },
        { code: "spec_cycle", field: "steps" },
      ],
      [
        "an unknown step",
        (s) => (first(s).inputs.other = { step: "nowhere", output: "out" }),
        { code: "spec_unknown_step", field: "steps[0].inputs.other", value: "nowhere" },
      ],
      [
        "no task at all",
        (s) => (first(s).maxTasks = 0),
        { code: "spec_invalid", field: "steps[0].maxTasks", limit: 1, value: 0 },
      ],
      [
        "too many tasks of one step",
        (s) => (first(s).maxTasks = LIMITS.maxTasks + 1),
        {
          code: "spec_invalid",
          field: "steps[0].maxTasks",
          limit: LIMITS.maxTasks,
          value: LIMITS.maxTasks + 1,
        },
      ],
      [
        "too many tasks of all steps",
        (s) => {
          for (const step of [first(s), second(s)]) {
            step.maxTasks = LIMITS.maxTasks;
            step.fanOut = { kind: "map", over: ["statement"] };
          }
        },
        { code: "spec_too_many_tasks", limit: LIMITS.maxTasks, value: 2 * LIMITS.maxTasks },
      ],
      [
        "a reward of zero",
        (s) => (first(s).reward = 0),
        { code: "spec_invalid", field: "steps[0].reward", limit: 1, value: 0 },
      ],
      [
        "rewards that no escrow can hold",
        (s) => {
          const list = Array.from({ length: 2 }, () => sha256("the statement"));
          s.inputs.statement = { kind: "collection", items: list };
          Object.assign(first(s), {
            maxTasks: 100_000,
            reward: LIMITS.maxAmount,
            fanOut: { kind: "map", over: ["statement"] },
          });
          s.outputs = {};
        },
        { code: "spec_escrow_too_large", field: "steps", limit: (2n ** 64n - 1n).toString() },
      ],
      [
        "a program that nobody has",
        (s) => (first(s).program = sha256("no such program")),
        {
          code: "program_unavailable",
          field: "steps[0].program",
          value: sha256("no such program"),
        },
      ],
      [
        "a validation program that the coordinator does not have",
        (s) => (first(s).rule = { kind: "accepted", validation: sha256("no such check") }),
        { code: "validation_unavailable", field: "steps[0].rule.validation" },
      ],
      [
        "an artifact that is not here",
        (s) => (s.inputs.statement = { kind: "file", digest: sha256("not uploaded") }),
        {
          code: "spec_artifact_missing",
          field: "inputs.statement.digest",
          value: sha256("not uploaded"),
        },
      ],
    ];
    for (const [what, change, expected] of BAD)
      it(`refuses one with ${what}`, () => refused(() => giveSpec(spec(change)), 422, expected));

    it("refuses a fee that is none", () =>
      refused(() => giveSpec(spec(), "/v1/specs?feeBps=10001"), 400, {
        code: "query_invalid",
        field: "feeBps",
        limit: 10_000,
      }));
  });

  describe("public views", () => {
    it("names the market, and how well the coordinator keeps up", async () => {
      const market = (await (await fetch(`${running.url}/v1/market`)).json()) as Record<
        string,
        unknown
      >;
      expect(market).include({
        chainId: 31337,
        unit: chain.unit.toString(),
        fromBlock: chain.fromBlock,
      });
      await running.indexer.caughtUp();
      const status = (await (await fetch(`${running.url}/v1/status`)).json()) as Record<
        string,
        number
      >;
      expect(status.block).equal(Number(await chain.client.getBlockNumber()));
    });

    it("describes every route that it has", async () => {
      const document = (await (await fetch(`${running.url}/openapi.json`)).json()) as {
        openapi: string;
        paths: Record<string, Record<string, unknown>>;
      };
      expect(document.openapi).equal("3.1.0");
      for (const [path, methods] of Object.entries(document.paths))
        for (const method of Object.keys(methods)) {
          const real = path.replace("{digest}", sha256("none")).replace("{id}", "999");
          const response = await fetch(running.url + real, { method: method.toUpperCase() });
          const text = await response.text();
          expect(text, `${method} ${path}`).not.include("route_unknown");
        }
    });

    it("shows a page without scripts, and with every name escaped", async () => {
      await post("/v1/operators", { ...REGISTRATION, name: "<script>alert(1)</script>" });
      const response = await fetch(running.url);
      const html = await response.text();
      expect(response.headers.get("content-security-policy")).include("default-src 'none'");
      expect(html).include("&lt;script&gt;alert(1)").and.not.include("<script");
    });

    it("shows a workflow with what the contract said about it, amounts as text", async () => {
      // Any contract passes for a verifier that is never asked.
      const rule = { kind: "verifier", address: chain.market, gas: 1 } as const;
      const steps = stepTermsOf(parseSpec(spec((made) => (made.steps[0]!.rule = rule))));
      const { timestamp } = await chain.client.getBlock();
      const terms = {
        specHash: toBytes32(sha256("a spec that never comes")),
        key: toBytes32(sha256("key")),
        coordinator: devnetAccount(ROLES.coordinator).address,
        feeBps: 0,
        deadline: Number(timestamp) + 1_000,
        silenceDelay: 0,
      };
      const escrow = minimumEscrow(steps, 0);
      const value = escrow * chain.unit;
      await chain.call(ROLES.requesters, "openWorkflow", [terms, steps, escrow], value);
      await chain.call(ROLES.requesters, "cancel", [1]);
      await running.indexer.caughtUp();
      const read = async (path: string) => (await fetch(running.url + path)).json();
      expect(await read("/v1/workflows/1")).include({ workflow: 1, escrow: escrow.toString() });
      const events = (await read("/v1/workflows/1/events")) as {
        name: string;
        args: Record<string, unknown>;
      }[];
      expect(events.map(({ name }) => name)).deep.equal(["WorkflowOpened", "WorkflowCancelled"]);
      expect(events[0]!.args.escrow).equal(escrow.toString());
    });
  });
});
