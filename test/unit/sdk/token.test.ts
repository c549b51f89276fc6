import { expect } from "chai";
import { erc20Abi } from "viem";
import {
  cancel,
  defineProgram,
  defineWorkflow,
  each,
  file,
  formatUnits,
  getOwed,
  refund,
  submit,
  topUp,
  verifier,
  withdrawOwed,
  type Amount,
  type Client,
  type Submitted,
  type Warning,
  type Workflow,
} from "../../../sdk";
import { startProxy } from "./rpc-proxy";
import { PROGRAM, startMarket, type TestMarket } from "./market";

describe("a requester's client of a market that is paid in a token", function () {
  this.timeout(240_000);
  let market: TestMarket;
  before(async () => {
    market = await startMarket("token");
  });
  after(() => market.stop());

  /** Two tasks of a thousand units. @param name makes it another spec */
  function workflow(name: string, reward: Amount = "1000000 wei"): Workflow {
    const prover = defineProgram(PROGRAM, {
      inputs: { request: file("request"), statement: file("statement") },
      outputs: { proof: file("proof") },
    });
    return defineWorkflow(name, { reward, unit: 1_000n }, (w) => {
      const request = w.collection("request", "request", ["1", "2"].map(Buffer.from));
      const statement = w.collection("statement", "statement", ["3", "4"].map(Buffer.from));
      const inputs = { request: each(request), statement: each(statement) };
      const rule = verifier(market.adapter);
      const prove = w.map("prove", { program: prover, inputs, statement: "statement", rule });
      return { proofs: prove.proof };
    });
  }

  async function balanceOf(client: Client): Promise<bigint> {
    const { currency } = await client.market();
    return client.chain.readContract({
      address: currency.token!,
      abi: erc20Abi,
      functionName: "balanceOf",
      args: [client.account!.address],
    });
  }

  it("knows the token by its name, and counts in it", async () => {
    const { currency, unit } = await market.client().market();
    expect(currency).to.deep.include({ symbol: "TKN", decimals: 18 });
    expect(formatUnits(10n ** 15n, BigInt(unit), currency)).to.equal("1 TKN");
  });

  it("pays the escrow in tokens, allows the market no more than that, and gets what is left back", async () => {
    const client = market.client(1);
    const before = await balanceOf(client);
    const { workflow: id, escrow } = await submit(client, workflow("paid"));
    expect(escrow).to.equal(2_000n);
    expect(before - (await balanceOf(client))).to.equal(2_000n * 1_000n);
    await topUp(client, id, "500000 wei");
    expect(before - (await balanceOf(client))).to.equal(2_500n * 1_000n);
    const { currency } = await client.market();
    const allowed = await client.chain.readContract({
      address: currency.token!,
      abi: erc20Abi,
      functionName: "allowance",
      args: [client.account!.address, market.market],
    });
    expect(allowed).to.equal(0n);
    await cancel(client, id);
    await refund(client, id);
    expect(await getOwed(client)).to.equal(2_500n * 1_000n);
    await withdrawOwed(client);
    expect(await balanceOf(client)).to.equal(before);
  });

  it("buys once when one client submits the same workflow several times at once", async () => {
    const client = market.client(2);
    const before = await balanceOf(client);
    const all = await Promise.all([1, 2, 3].map(() => submit(client, workflow("at-once"))));
    expect(new Set(all.map(({ workflow: id }) => id)).size).to.equal(1);
    expect(all.filter(({ opened }) => opened)).to.have.length(1);
    expect(before - (await balanceOf(client))).to.equal(2_000n * 1_000n);
  });

  it("buys once when two processes of one account submit the same workflow at once", async () => {
    const clients = [market.client(3), market.client(3)];
    const before = await balanceOf(clients[0]!);
    const all = await Promise.all(clients.map((client) => submit(client, workflow("two"))));
    expect(all[0]!.workflow).to.equal(all[1]!.workflow);
    expect(before - (await balanceOf(clients[0]!))).to.equal(2_000n * 1_000n);
  });

  it("buys once when another process opens the workflow between the allowance and the opening", async () => {
    const theirs = market.client(6);
    const before = await balanceOf(theirs);
    let estimates = 0;
    let other: Submitted | undefined;
    // The first estimate is the allowance's, the second the opening's.
    const proxy = await startProxy(market.rpcUrl, async ({ method }) => {
      if (method === "eth_estimateGas" && ++estimates === 2)
        other = await submit(theirs, workflow("between"));
      return undefined;
    });
    try {
      const mine = await submit(market.client(6, proxy.url), workflow("between"));
      expect([mine.workflow, mine.opened]).to.deep.equal([other?.workflow, false]);
      expect(other?.opened).to.equal(true);
      expect(before - (await balanceOf(theirs))).to.equal(2_000n * 1_000n);
    } finally {
      await proxy.stop();
    }
  });

  it("does not compare bonds in tokens with gas in ether", async () => {
    const warnings: Warning[] = [];
    const onWarning = (warning: Warning) => warnings.push(warning);
    await submit(market.client(4), workflow("unwarned"), { onWarning });
    expect(warnings).to.deep.equal([]);
  });

  it("says so when the account has too few tokens", async () => {
    const dear = workflow("dear", "1000000000000 wei");
    const error: unknown = await submit(market.client(5), dear).catch((e: unknown) => e);
    expect(error).to.include({ code: "reverted", field: "openWorkflow" });
  });
});
