import { expect } from "chai";
import { zeroAddress } from "viem";
import { devnetAccount, ROLES } from "../../../devnet/chain";
import { systemClock as clock } from "../../../operator/clock";
import { createOperator, type Operator } from "../../../operator/operator";
import { fetchOutputs, getOperators, getTasks } from "../../../sdk";
import { TestMarket } from "./market-fixture";

const STAKE = 1_000n;

describe("an operator process with a hot key", function () {
  this.timeout(180_000);
  let market: TestMarket;
  let started: Operator[];
  const OWNER = ROLES.auditor;
  const owner = devnetAccount(OWNER).address;
  const hotKey = devnetAccount(ROLES.operators).address;

  before(async () => {
    market = await TestMarket.start();
    await market.chain.call(OWNER, "deposit", [owner, STAKE], STAKE * market.chain.unit);
  });
  after(() => market.stop());
  beforeEach(() => (started = []));
  afterEach(() => Promise.all(started.map((operator) => operator.stop())));

  const config = () =>
    market.operatorConfig(0, { FROBEN_OWNER: owner, FROBEN_STAKE: "0", FROBEN_CONCURRENCY: "4" });

  async function until(condition: () => Promise<boolean>): Promise<void> {
    while (!(await condition())) await clock.sleep(20);
  }

  it("does not start before the owner has made the key its delegate", async () => {
    const error: unknown = await createOperator(await config()).catch((e: unknown) => e);
    expect(error).to.include({
      code: "not_delegate",
      field: "FROBEN_OWNER",
      limit: zeroAddress,
      value: hotKey,
    });
    expect((error as { hint: string }).hint).to.include(`froben operator delegate ${hotKey}`);
  });

  it("works with the owner's stake: the owner is registered, bonded and paid, the key only pays the gas", async () => {
    await market.chain.call(OWNER, "setDelegate", [hotKey]);
    const operator = await createOperator(await config());
    started.push(operator);
    expect(operator.address).to.equal(owner);
    const registered = await getOperators(market.client);
    expect(registered.map(({ address }) => address)).to.deep.equal([owner.toLowerCase()]);

    const values = ["a", "b", "c"];
    const id = await market.submit(values.map((value) => ({ value })));
    const pays = async () => (await getTasks(market.client, id)).map(({ pay }) => pay);
    await until(async () => {
      const all = await pays().catch(() => []); // the coordinator may not know the workflow yet
      return all.length === 3 && all.every((pay) => pay === "settled");
    });
    const results = await fetchOutputs(market.client, id, "results");
    expect(results.map(String)).to.deep.equal(values.map((value) => `computed ${value}`));
    expect(await market.account(owner)).to.deep.equal({ free: STAKE, locked: 0n, owed: 30n });
    expect(await market.account(hotKey)).to.deep.equal({ free: 0n, locked: 0n, owed: 0n });
  });

  it("is turned away once the owner has taken the key back", async () => {
    await market.chain.call(OWNER, "setDelegate", [zeroAddress]);
    const error: unknown = await createOperator(await config()).catch((e: unknown) => e);
    expect(error).to.include({ code: "not_delegate" });
  });
});
