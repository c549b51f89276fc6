import { expect } from "chai";
import { ROLES } from "../../../devnet/chain";
import { workflowViewSchema } from "../../../protocol/http";
import { AUTH_HEADERS } from "../../../protocol/request-auth";
import { apiFixture, operator, requester } from "./api-fixture";

describe("pausing a workflow over HTTP", () => {
  const api = apiFixture();
  const { post, refused } = api;

  before(async () => {
    await api.openWithoutSpec();
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
