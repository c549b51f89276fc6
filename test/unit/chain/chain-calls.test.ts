import { expect } from "chai";
import type { Address, Hex } from "viem";
import { connect, createChainCalls, readMarket } from "../../../offchain/chain/clients";
import { FrobenError } from "../../../protocol/errors";
import { startTestChain, type TestChain } from "../../support/chain";

/** What a deployed contract does with every call. */
const ADAPTERS = {
  yes: "0x60015f5260205ff3", // returns one
  no: "0x60005f5260205ff3", // returns zero
  revert: "0x5f5ffd",
  hungry: "0x5b5f56", // jumps in a circle until the gas is gone
  short: "0x60015f5260015ff3", // returns a single byte
} as const;

const [STATEMENT, RESULT] = [Buffer.from("statement"), Buffer.from("result")];

describe("asking the chain", () => {
  let chain: TestChain;

  before(async function () {
    this.timeout(120_000);
    chain = await startTestChain();
  });
  after(() => chain?.stop());

  async function deploy(name: keyof typeof ADAPTERS): Promise<Address> {
    const code = ADAPTERS[name].slice(2);
    const size = (code.length / 2).toString(16).padStart(2, "0");
    // Init code: copies what follows these nine bytes to memory and returns it.
    const bytecode: Hex = `0x60${size}8060095f395ff3${code}`;
    const contract = { contractName: name, abi: [], bytecode };
    return (await chain.deployer.deploy(name, contract)).address;
  }

  const calls = (rpcUrl = chain.rpcUrl) =>
    createChainCalls(connect(rpcUrl, 25), {
      chainId: 31337,
      market: chain.market,
      lateClaims: 0,
    });

  it("takes a verifier's yes for a yes, and everything else that it answers for a no", async () => {
    const answers: Record<string, boolean> = {};
    for (const name of Object.keys(ADAPTERS) as (keyof typeof ADAPTERS)[])
      answers[name] = await calls().verify(await deploy(name), STATEMENT, RESULT, 100_000);
    expect(answers).deep.equal({
      yes: true,
      no: false,
      revert: false,
      hungry: false,
      short: false,
    });
    const nobody: Address = `0x${"7".repeat(40)}`;
    expect(await calls().verify(nobody, STATEMENT, RESULT, 100_000)).equal(false);
  });

  it("does not take a node that can't be asked for a no", async () => {
    const error: unknown = await calls("http://127.0.0.1:1")
      .verify(await deploy("no"), STATEMENT, RESULT, 100_000)
      .catch((reason: unknown) => reason);
    expect(error).instanceOf(FrobenError).include({ code: "chain_unavailable", retryable: true });
  });

  it("knows a market by what it answers, and says when there is none", async () => {
    const client = connect(chain.rpcUrl, 25);
    const { unit, minStake } = chain;
    expect(await readMarket(client, chain.market)).deep.equal({
      chainId: 31337,
      unit,
      minStake,
      lateClaims: 900,
    });
    const error: unknown = await readMarket(client, `0x${"7".repeat(40)}`).catch((e: unknown) => e);
    expect(error).instanceOf(FrobenError).include({ code: "market_not_found" });
    const silent = connect("http://127.0.0.1:1", 25);
    const failure: unknown = await readMarket(silent, chain.market).catch((e: unknown) => e);
    expect(failure).instanceOf(FrobenError).include({ code: "chain_unavailable", retryable: true });
  });
});
