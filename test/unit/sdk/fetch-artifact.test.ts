import { expect } from "chai";
import { sha256 } from "../../../protocol/digest";
import { createClient, fetchArtifact } from "../../../sdk";
import { BreakingServer } from "../../support/breaking-server";

describe("fetching an artifact", () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
  let server: BreakingServer;
  beforeEach(async () => {
    server = await new BreakingServer(bytes).start();
  });
  afterEach(() => server.stop());

  const fetchIt = () =>
    fetchArtifact(createClient({ coordinatorUrl: server.url, rpcUrl: server.url }), sha256(bytes));

  it("goes on where a transfer broke off", async () => {
    server.breaks = [70_000];
    expect((await fetchIt()).equals(bytes)).equal(true);
    expect(server.ranges).to.have.length(2);
    expect(server.ranges[1]).match(/^bytes=[1-9]\d*-$/);
  });

  it("starts anew where the other side gives no ranges", async () => {
    server.breaks = [70_000];
    server.withRanges = false;
    expect((await fetchIt()).equals(bytes)).equal(true);
  });
});
