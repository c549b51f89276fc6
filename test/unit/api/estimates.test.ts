import { expect } from "chai";
import { ROLES } from "../../../devnet/chain";
import { estimateSchema, type Estimate } from "../../../protocol/estimate";
import { parseSpec } from "../../../protocol/validate-spec";
import { estimate, type EstimateOptions } from "../../../sdk";
import { apiFixture, operator, REGISTRATION } from "./api-fixture";

describe("estimates of a coordinator on a real chain", () => {
  const api = apiFixture();
  const ask = (options: EstimateOptions = {}): Promise<Estimate> =>
    estimate({ coordinatorUrl: api.running.url }, parseSpec(api.spec()), options);
  const sync = (draining: boolean) =>
    api.post("/v1/operators/sync", {
      ...{ running: [], known: [], seenVerdicts: [], waitMs: 0 },
      draining,
    });

  it("expects nothing while no operator is online, and says so", async () => {
    await api.post("/v1/operators", { ...REGISTRATION, priceBps: 7_000 });
    const { seconds, cost, reason, operators } = await ask();
    expect({ seconds, cost }).deep.equal({ seconds: null, cost: null });
    expect(reason!.code).equal("no_operators");
    expect(operators).deep.equal({ online: 0, able: 0 });
  });

  it("expects what the operators that are online ask and take, and changes nothing", async () => {
    await sync(false);
    expect((await ask()).reason!.code).equal("workflow_stuck"); // it has no stake
    const stake = 1_000n;
    const args = [operator.address, stake] as const;
    await api.chain.call(ROLES.operators, "deposit", args, stake * api.chain.unit);
    await api.running.indexer.caughtUp();
    const before = api.state();
    const known = await ask({ durations: { first: 4 } });
    expect(known.seconds!.expected).equal(4);
    expect(known).deep.include({
      escrow: "10",
      cost: { expected: "7", least: "7", most: "7" },
      operators: { online: 1, able: 1 },
    });
    const assumed = await ask();
    expect(assumed.seconds!.expected).equal(2.5); // a quarter of the time limit
    expect(assumed.assumed.map(({ code }) => code)).deep.equal([
      "duration_unknown",
      "speed_declared",
    ]);
    expect(api.state()).equal(before);
  });

  it("leaves out who drains", async () => {
    await sync(true);
    expect((await ask()).operators.online).equal(0);
    await sync(false);
  });

  it("takes no request that is none, and names the field", async () => {
    const post = async (body: object) => {
      const response = await fetch(`${api.running.url}/v1/estimates`, {
        method: "POST",
        body: JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as { error: object } };
    };
    const wrong = await post({ spec: api.spec(), items: { "first.out": 2 } });
    expect(wrong.body.error).include({ code: "simulation_file_invalid", field: "items.first.out" });
    expect(wrong.status).equal(400);
    expect((await post({ spec: { version: 1 } })).status).equal(422);
    const right = await post({ spec: api.spec() });
    expect(() => estimateSchema.parse(right.body)).not.to.throw();
  });
});
