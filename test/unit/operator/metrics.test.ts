import { expect } from "chai";
import { createOperator, type Operator } from "../../../operator/operator";
import type { WorkflowView } from "../../../protocol/http";
import { isOver, watch } from "../../../sdk";
import { documentedNames, namesOf, seriesOf } from "../../support/metrics";
import { TestMarket } from "./market-fixture";

describe("metrics of a market at work", function () {
  this.timeout(180_000);
  let market: TestMarket;
  let operator: Operator;

  before(async () => {
    market = await TestMarket.start();
    operator = await createOperator(await market.operatorConfig(0, { FROBEN_METRICS_PORT: "0" }));
  });
  after(async () => {
    await operator?.stop();
    await market?.stop();
  });

  const scrape = async (url: string) => (await fetch(url)).text();

  it("count tasks, attempts, decisions, runs and transactions, with labels that do not grow", async () => {
    const id = await market.submit(["a", "b", "c"].map((value) => ({ value })));
    let last: WorkflowView | undefined;
    for await (const view of watch(market.client, id)) last = view;
    expect(isOver(last!)).equal(true);

    const text = await scrape(`${market.coordinator.url}/metrics`);
    const coordinator = seriesOf(text);
    expect(coordinator.get('froben_tasks{state="done"}')).equal(3);
    expect(coordinator.get('froben_attempts_total{outcome="valid"}')).equal(3);
    expect(coordinator.get("froben_assignment_decision_seconds_count")).greaterThan(0);
    expect(coordinator.get("froben_operators_online")).equal(1);
    expect(coordinator.get("froben_workflows")).equal(1);

    const own = await scrape(operator.metricsUrl!);
    const series = seriesOf(own);
    expect(series.get('froben_operator_runs_total{outcome="computed"}')).equal(3);
    expect(series.get("froben_operator_transactions_sent_total")).greaterThan(1);
    expect(series.get('froben_operator_transactions_ended_total{outcome="included"}')).greaterThan(
      1,
    );
    expect(series.get("froben_operator_block")).greaterThan(0);
    const names = namesOf(own).filter((name) => name.startsWith("froben_"));
    expect(names.sort()).deep.equal(
      documentedNames().filter((name) => name.startsWith("froben_operator_")),
    );
    expect(namesOf(own)).include("process_cpu_seconds_total");
    for (const scraped of [text, own])
      for (const [, label] of scraped.matchAll(/^froben_[a-z_]+\{([a-z]+)=/gm))
        expect(["outcome", "state", "phase", "method", "route", "le"]).include(label);
  });

  it("are all that an operator serves, and are gone with it", async () => {
    const url = operator.metricsUrl!;
    expect((await fetch(url.replace("/metrics", "/"))).status).equal(404);
    await operator.stop();
    await fetch(url).then(
      () => expect.fail("the port should be closed"),
      () => undefined,
    );
  });
});
