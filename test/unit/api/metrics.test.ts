import { expect } from "chai";
import { sha256 } from "../../../protocol/digest";
import { documentedNames, namesOf, seriesOf } from "../../support/metrics";
import { apiFixture, REGISTRATION } from "./api-fixture";

describe("metrics of a coordinator on a real chain", () => {
  const api = apiFixture();
  const scrape = async () => (await fetch(`${api.running.url}/metrics`)).text();

  it("are those that the documentation names, and those of the process", async () => {
    const response = await fetch(`${api.running.url}/metrics`);
    expect(response.status).equal(200);
    expect(response.headers.get("content-type")).match(/^text\/plain; .*version=0\.0\.4/);
    const names = namesOf(await response.text());
    const own = names.filter((name) => name.startsWith("froben_"));
    expect(own.sort()).deep.equal(
      documentedNames().filter((name) => !name.startsWith("froben_operator_")),
    );
    expect(names).include.members(["process_cpu_seconds_total", "process_resident_memory_bytes"]);
  });

  it("count requests by route and status, and never by what was asked for", async () => {
    const route = (status: number) =>
      `froben_http_requests_total{method="GET",route="/v1/artifacts/:digest",status="${status}"}`;
    const before = seriesOf(await scrape()).get(route(404)) ?? 0;
    for (const name of ["one", "two", "three"])
      await fetch(`${api.running.url}/v1/artifacts/${sha256(name)}`);
    await fetch(`${api.running.url}/no/such/route`);
    const text = await scrape();
    const after = seriesOf(text);
    expect(after.get(route(404))! - before).equal(3);
    expect(after.get('froben_http_requests_total{method="GET",route="none",status="404"}')).equal(
      1,
    );
    expect(text).not.include(sha256("one")).and.not.include("/no/such/route");
  });

  it("say how far the chain was followed, and count operators and reorganisations", async () => {
    await api.post("/v1/operators", REGISTRATION);
    const fork = await api.chain.test.snapshot();
    await api.chain.test.mine({ blocks: 1 });
    await api.running.indexer.caughtUp();
    const head = Number(await api.chain.client.getBlockNumber());
    const before = seriesOf(await scrape());
    expect(before.get("froben_chain_head_block")).equal(head);
    expect(before.get("froben_chain_applied_block")).equal(head);
    expect(before.get("froben_chain_lag_blocks")).equal(0);
    expect(before.get("froben_chain_failed_looks")).equal(0);
    expect(before.get("froben_operators_online")).equal(0); // it registered, and was not heard of since
    expect(before.get("froben_chain_reorganisations_total")).equal(0);

    await api.chain.test.revert({ id: fork });
    await api.chain.test.increaseTime({ seconds: 5 });
    await api.chain.test.mine({ blocks: 1 });
    await api.running.indexer.caughtUp();
    expect(seriesOf(await scrape()).get("froben_chain_reorganisations_total")).equal(1);
  });
});
