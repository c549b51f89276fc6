import { expect } from "chai";
import { connectMarket, type MarketChain } from "../../../operator/chain/clients";
import { createSlotView } from "../../../operator/chain/slot-view";
import { devnetAccount, ROLES } from "../../../devnet/chain";
import { startTestChain, type TestChain } from "../../support/chain";

const { address: operator } = devnetAccount(ROLES.operators);

describe("the operator's view of its slots", () => {
  let chain: TestChain;
  let market: MarketChain;
  const journal = { chainView: () => undefined, saveChainView: () => undefined };

  before(async function () {
    this.timeout(120_000);
    chain = await startTestChain();
    const info = { chainId: 31337, market: chain.market, fromBlock: chain.fromBlock };
    market = await connectMarket(chain.rpcUrl, info as never, undefined);
  });
  after(() => chain?.stop());

  /** The node, which finds no logs in its first answers. */
  const withoutLogs = (answers: number): MarketChain => {
    let left = answers;
    const request = async (args: { method: string }) =>
      args.method === "eth_getLogs" && left-- > 0 ? [] : market.client.request(args as never);
    return { ...market, client: Object.create(market.client, { request: { value: request } }) };
  };

  async function deposited() {
    const value = 500n * chain.unit;
    const hash = await chain.call(ROLES.operators, "deposit", [operator, 500n], value);
    return chain.client.getTransactionReceipt({ hash });
  }

  it("does not read past an own transaction whose events the node does not find yet", async () => {
    const view = createSlotView(withoutLogs(2), operator, journal);
    view.expect(await deposited());
    for (let look = 0; look < 2; look++) {
      const error = await view.sync().catch((thrown: unknown) => thrown);
      expect(error).to.have.property("code", "logs_missing");
    }
    expect(await view.sync()).to.have.property("newBlock", true);
  });

  it("reads blocks again when it turns out that events of an own transaction were not found in them", async () => {
    let asked = 0;
    const lagging = withoutLogs(1);
    const request = (args: { method: string }) => {
      if (args.method === "eth_getLogs") asked++;
      return lagging.client.request(args as never);
    };
    const client = Object.create(lagging.client, { request: { value: request } });
    const view = createSlotView({ ...market, client }, operator, journal);
    const receipt = await deposited();
    await view.sync();
    view.expect(receipt);
    expect(await view.sync(), "though there is no new block").to.have.property("changed", true);
    view.expect(receipt);
    await view.sync();
    expect(asked, "what was found is not looked for again").to.equal(2);
  });

  it("goes on when the events never come: a reorganisation took the transaction back", async () => {
    const view = createSlotView(withoutLogs(Infinity), operator, journal);
    view.expect(await deposited());
    let looks = 1;
    while (
      await view.sync().then(
        () => false,
        () => true,
      )
    )
      looks++;
    expect(looks).to.equal(4);
  });

  it("waits, without going back, while a node answers with a head from its own past", async () => {
    const older = await chain.client.getBlock();
    await chain.test.mine({ blocks: 2 });
    let lags = false;
    const getBlock = async (args: { blockTag?: string }) =>
      lags && args.blockTag ? older : market.client.getBlock(args as never);
    const client = Object.create(market.client, { getBlock: { value: getBlock } });
    const view = createSlotView({ ...market, client }, operator, journal);
    await view.sync();
    const { number } = view.head();
    lags = true;
    expect(await view.sync()).to.deep.equal({ newBlock: false, changed: false });
    expect(view.head().number).to.equal(number);
  });
});
