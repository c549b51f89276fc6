import { expect } from "chai";
import { eachWithMarket } from "./support/each-with-market";
import type { Market } from "./support/market";
import { PROGRAM, proofs } from "./support/specs";

const programs = [PROGRAM.prove];
/** Half at first, a fifth more each time; nobody took it after ten seconds. */
const priceBump = { fromBps: 5_000, byBps: 2_000 };

describe("an offer that rises", () => {
  let market: Market;
  eachWithMarket((made) => (market = made));

  const task = () => market.coordinator.views.tasks(1)[0]!;

  it("comes up to what an operator asks, across a restart, and pays that", async () => {
    const operator = await market.operator({ programs, priceBps: 8_500 });
    await market.submit(1, proofs(1, { priceBump }));
    expect(task().reason).to.equal("no operator can take it now: price 1");
    await operator.sync();
    await market.pass(10_000);
    expect(task().state).to.equal("ready");
    await market.stop();
    await market.start();
    for (const seconds of [5, 5]) {
      expect(task().state).to.equal("ready");
      await operator.sync();
      await market.pass(seconds * 1_000);
    }
    const [body] = await operator.sync();
    expect(body!.price).to.equal("850");
  });

  it("never comes to more than the ceiling, and goes to whoever asks all of it then", async () => {
    await market.submit(1, proofs(1, { priceBump }));
    for (let i = 0; i < 8; i++) await market.pass(10_000);
    const operator = await market.operator({ programs, priceBps: 10_000 });
    expect((await operator.sync())[0]!.price).to.equal("1000");
  });

  it("rises when an operator was given the task and did not start it", async () => {
    await market.operator({ programs, priceBps: 5_000 });
    await market.submit(1, proofs(1, { priceBump }));
    expect(task().state).to.equal("assigned");
    const other = await market.operator({ programs, priceBps: 7_000 });
    // The first assignment can be claimed for half a minute.
    for (let seconds = 0; seconds < 40; seconds += 5) {
      await market.pass(5_000);
      await other.sync();
    }
    expect(market.coordinator.views.attempts(1)[0]!.outcome).to.equal("start_timeout");
    const [body] = [...other.assignments.values()];
    expect(body).to.include({ price: "700", attempt: 2 });
  });

  it("is the whole ceiling from the beginning where a step says nothing of it", async () => {
    const operator = await market.operator({ programs, priceBps: 10_000 });
    await market.submit(1, proofs(1));
    expect((await operator.sync())[0]!.price).to.equal("1000");
  });
});
