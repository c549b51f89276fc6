import { expect } from "chai";
import { sha256 } from "../../../protocol/digest";
import type { FrobenError } from "../../../protocol/errors";
import type { WorkflowView } from "../../../protocol/http";
import {
  createClient,
  fetchArtifact,
  fetchOutput,
  fetchOutputs,
  waitFor,
  watch,
  type Client,
} from "../../../sdk";
import { startServer, type Answer, type Received, type TestServer } from "./server";

const view = (version: number, change: Partial<WorkflowView> = {}): WorkflowView => ({
  workflow: 7,
  name: "test",
  requester: `0x${"11".repeat(20)}`,
  spec: sha256("spec"),
  state: "running",
  reason: null,
  version,
  openedAt: 0,
  endedAt: null,
  settled: false,
  paused: false,
  escrow: "1",
  spent: "0",
  refunded: "0",
  feePaid: "0",
  counts: {},
  attempts: 0,
  reused: 0,
  outputs: {},
  completionTx: null,
  ...change,
});
const SETTLED = { state: "completed", settled: true } as const;
const AWAY: Answer = { status: 503 };
const UNKNOWN: Answer = {
  status: 404,
  body: { error: { code: "workflow_unknown", message: "no", retryable: false } },
};

describe("watching a workflow", () => {
  let server: TestServer;
  let client: Client;
  let answers: (Answer | ((request: Received) => Answer))[];
  beforeEach(async () => {
    server = await startServer((request) => {
      const next = answers.shift() ?? { status: 500 };
      return typeof next === "function" ? next(request) : next;
    });
    client = createClient({ coordinatorUrl: server.url, rpcUrl: "http://127.0.0.1:1" });
  });
  afterEach(() => server.stop());

  const seen = async (patienceMs?: number): Promise<number[]> => {
    const versions: number[] = [];
    for await (const { version } of watch(client, 7, { patienceMs })) versions.push(version);
    return versions;
  };
  const errorOf = (attempt: Promise<unknown>): Promise<FrobenError> =>
    attempt.then(
      () => expect.fail("nothing was thrown"),
      (error: FrobenError) => error,
    );
  const bodies = (...views: WorkflowView[]): Answer[] => views.map((body) => ({ body }));

  it("gives every change once and ends when the payments are final", async () => {
    answers = bodies(view(1), view(1), view(3), view(4, { state: "completed" }), view(5, SETTLED));
    expect(await seen()).to.deep.equal([1, 3, 4, 5]);
  });

  it("asks for what comes after the version that it has", async () => {
    answers = bodies(view(4), view(9, SETTLED));
    await seen();
    expect(server.received.map(({ url }) => url)).to.deep.equal([
      "/v1/workflows/7",
      "/v1/workflows/7?after=4&waitMs=20000",
    ]);
  });

  it("sits out a coordinator that is away, or does not know the workflow yet", async () => {
    answers = [UNKNOWN, ...bodies(view(1)), AWAY, ...bodies(view(2, SETTLED))];
    expect(await seen()).to.deep.equal([1, 2]);
  });

  it("gives up when its patience ends, with the last error", async () => {
    answers = [UNKNOWN];
    expect((await errorOf(seen(0))).code).to.equal("workflow_unknown");
  });

  it("refuses an answer of another form, and names the field", async () => {
    answers = [{ body: { ...view(1), version: "one" } }];
    expect(await errorOf(seen())).to.include({ code: "answer_invalid", field: "version" });
  });

  it("can be waited for until the end, or until the payments are final", async () => {
    answers = bodies(view(1), view(2, { state: "completed" }));
    expect((await waitFor(client, 7)).version).to.equal(2);
    answers = bodies(view(1), view(2, { state: "completed" }), view(3, SETTLED));
    expect((await waitFor(client, 7, { until: "settled" })).version).to.equal(3);
  });

  for (const state of ["failed", "cancelled", "refused"] as const)
    it(`throws the reason when the workflow is ${state}`, async () => {
      answers = bodies(view(1, { state, reason: "because" }));
      expect(await errorOf(waitFor(client, 7))).to.include({
        code: "workflow_failed",
        value: "because",
      });
    });

  it("fetches an output that is one file, and one that is a list in its order", async () => {
    const outputs = { one: sha256("1"), list: [sha256("1"), sha256("2")] };
    const files = ["1", "2"].map((text) => ({ body: Buffer.from(text) }));
    answers = [...bodies(view(1, { outputs })), files[0]!];
    expect((await fetchOutput(client, 7, "one")).toString()).to.equal("1");
    answers = [...bodies(view(1, { outputs })), ...files];
    expect((await fetchOutputs(client, 7, "list")).map(String)).to.deep.equal(["1", "2"]);
    answers = bodies(view(1, { outputs }), view(1, { outputs }));
    expect((await errorOf(fetchOutput(client, 7, "list"))).code).to.equal("output_is_list");
    expect((await errorOf(fetchOutput(client, 7, "none"))).code).to.equal("output_missing");
  });

  it("takes no artifact with another digest, and none that is too large", async () => {
    answers = [{ body: Buffer.from("evil") }];
    expect(await errorOf(fetchArtifact(client, sha256("good")))).to.include({
      code: "artifact_digest_mismatch",
      limit: sha256("good"),
      value: sha256("evil"),
    });
    answers = [{ body: Buffer.from("large") }];
    expect(await errorOf(fetchArtifact(client, sha256("large"), 4))).to.include({
      code: "artifact_too_large",
      limit: 4,
    });
  });
});
