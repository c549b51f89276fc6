import { expect } from "chai";
import { createOperator, type Operator } from "../../../operator/operator";
import { traceOf } from "../../../protocol/trace-context";
import { watch } from "../../../sdk";
import { SpanReceiver, type ReceivedSpan } from "../../support/span-receiver";
import { TestMarket } from "./market-fixture";

describe("traces of a market at work", function () {
  this.timeout(180_000);
  let receiver: SpanReceiver;
  let market: TestMarket;
  let operator: Operator;

  before(async () => {
    receiver = await new SpanReceiver().start();
    const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
    market = await TestMarket.start(traced);
    operator = await createOperator(await market.operatorConfig(0, traced));
  });
  after(async () => {
    await operator?.stop();
    await market?.stop();
    await receiver?.stop();
  });

  it("make one tree for each attempt, out of the spans of coordinator and operator", async () => {
    const id = await market.submit(["a", "b"].map((value) => ({ value })));
    for await (const view of watch(market.client, id)) void view;
    await operator.drain();
    await market.coordinator.stop();

    const { chainId, market: address } = market.coordinator.context.market;
    for (const task of [0, 1]) {
      const { traceId, spanId } = traceOf({
        chainId,
        market: address,
        workflow: id,
        task,
        attempt: 1,
      });
      const spans = receiver.spans.filter((span) => span.traceId === traceId);
      const root = spans.find((span) => span.spanId === spanId)!;
      expect(root).include({ service: "froben-coordinator", name: "attempt of run" });
      expect(root.parentSpanId ?? "").equal("");
      expect(root.events.map(({ name }) => name).sort()).deep.equal([
        "claimed",
        "computed",
        "validated",
      ]);
      expect(root.attributes).include({ workflow: id, task, attempt: 1, outcome: "valid" });
      const children = spans.filter((span) => span !== root);
      for (const { parentSpanId } of children) expect(parentSpanId).equal(spanId);
      const named = (service: string) => (span: ReceivedSpan) =>
        span.service === `froben-${service}` ? [span.name] : [];
      expect(children.flatMap(named("coordinator")).sort()).deep.equal(["settle", "validate"]);
      expect(new Set(children.flatMap(named("operator")))).deep.equal(
        new Set(["fetch", "run", "upload", "claim", "commit"]),
      );
      for (const { startTimeUnixNano, endTimeUnixNano } of spans)
        expect(BigInt(endTimeUnixNano) >= BigInt(startTimeUnixNano)).equal(true);
    }
    const traces = new Set(receiver.spans.map((span) => span.traceId));
    expect(traces.size).equal(2);
  });
});
