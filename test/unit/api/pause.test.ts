import { expect } from "chai";
import { devnetAccount, ROLES } from "../../../devnet/chain";
import { sha256, toBytes32 } from "../../../protocol/digest";
import { workflowViewSchema } from "../../../protocol/http";
import { AUTH_HEADERS } from "../../../protocol/request-auth";
import { minimumEscrow, stepTermsOf } from "../../../protocol/terms";
import { parseSpec } from "../../../protocol/validate-spec";
import { apiFixture, operator, requester } from "./api-fixture";

describe("pausing a workflow over HTTP", () => {
  const api = apiFixture();
  const { post, refused, spec } = api;

  before(async () => {
    const rule = { kind: "verifier", address: api.chain.market, gas: 1 } as const;
    const steps = stepTermsOf(parseSpec(spec((made) => (made.steps[0]!.rule = rule))));
    const { timestamp } = await api.chain.client.getBlock();
    const terms = {
      specHash: toBytes32(sha256("a spec that never comes")),
      key: toBytes32(sha256("key")),
      coordinator: devnetAccount(ROLES.coordinator).address,
      feeBps: 0,
      deadline: Number(timestamp) + 1_000,
      silenceDelay: 0,
    };
    const escrow = minimumEscrow(steps, 0);
    const value = escrow * api.chain.unit;
    await api.chain.call(ROLES.requesters, "openWorkflow", [terms, steps, escrow], value);
    // The requester's delegate acts for it as an operator, and not as a requester.
    await api.chain.call(ROLES.requesters, "setDelegate", [operator.address]);
    await api.running.indexer.caughtUp();
  });

  const asRequester = { account: requester };

  it("is refused without the requester's own signature, and changes nothing then", async () => {
    const path = "/v1/workflows/1/pause";
    await refused(() => post(path, {}), 403, { code: "not_requester" });
    await refused(() => fetch(api.running.url + path, { method: "POST", body: "{}" }), 401, {
      code: "auth_missing",
    });
    const headers = { [AUTH_HEADERS.address]: requester.address };
    await refused(() => post(path, {}, { headers }), 401, { code: "auth_wrong_key" });
    const resuming = { ...asRequester, signedPath: "/v1/workflows/1/resume" };
    await refused(() => post(path, {}, resuming), 401, { code: "auth_wrong_key" });
    await refused(() => post(path, { until: 1 }, asRequester), 422, { code: "body_invalid" });
    await refused(() => post("/v1/workflows/9/pause", {}, asRequester), 404, {
      code: "workflow_unknown",
    });
  });

  it("answers with the workflow, which stays as it is until it is resumed", async () => {
    for (const [what, paused] of [
      ["pause", true],
      ["pause", true],
      ["resume", false],
    ] as const) {
      const response = await post(`/v1/workflows/1/${what}`, {}, asRequester);
      expect(response.status).equal(200);
      const view = workflowViewSchema.parse(await response.json());
      expect(view).include({ workflow: 1, state: "running", paused });
      const seen = await (await fetch(`${api.running.url}/v1/workflows/1`)).json();
      expect(seen).include({ paused });
    }
  });
});
