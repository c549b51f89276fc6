import { expect } from "chai";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { LocalAccount } from "viem";
import { devnetAccount, devnetKey, ROLES } from "../../../devnet/chain";
import { readConfig } from "../../../offchain/config";
import { startCoordinator, type RunningCoordinator } from "../../../offchain/start";
import { sha256, toBytes32 } from "../../../protocol/digest";
import { marketDomain } from "../../../protocol/eip712";
import type { ErrorBody } from "../../../protocol/errors";
import { signRequest } from "../../../protocol/request-auth";
import type { SpecInput } from "../../../protocol/spec";
import { minimumEscrow, stepTermsOf } from "../../../protocol/terms";
import { parseSpec } from "../../../protocol/validate-spec";
import { startTestChain, type TestChain } from "../../support/chain";
import { silentLog } from "../../support/silent-log";

export const PROGRAM = sha256("a program");
export const MAX_ARTIFACT = 2_000_000;
export const operator = devnetAccount(ROLES.operators);
export const requester = devnetAccount(ROLES.requesters);

export const REGISTRATION = {
  name: "operator",
  machine: { id: "machine", cores: 2, memoryMb: 1024, gpus: [] },
  offer: { cores: 2, memoryMb: 1024 },
  programs: [PROGRAM],
  concurrency: 1,
  priceBps: 10_000,
  speed: 1,
};

/** A coordinator on a real chain for the tests of the describe block that this is called in, and ways to ask it. */
export function apiFixture() {
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

  /** Opens workflow 1, whose spec never comes. @returns its escrow, units */
  async function openWithoutSpec(): Promise<bigint> {
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
    return escrow;
  }

  const giveSpec = (body: SpecInput, path = "/v1/specs") =>
    post(path, body, { account: requester });

  return {
    get chain() {
      return chain;
    },
    get running() {
      return running;
    },
    domain,
    send,
    post,
    upload,
    state,
    refused,
    spec,
    giveSpec,
    openWithoutSpec,
  };
}
