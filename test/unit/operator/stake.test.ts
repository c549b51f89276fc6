import { expect } from "chai";
import pino from "pino";
import { createWalletClient, erc20Abi, http, zeroAddress, type Address } from "viem";
import { deployMarket } from "../../../deploy/010-market";
import { readCompiled } from "../../../deploy/compiled";
import { createDeployer } from "../../../deploy/deployer";
import { DeploymentRecord } from "../../../deploy/deployment-record";
import { devnetAccount, ROLES } from "../../../devnet/chain";
import { connectMarket, type MarketChain } from "../../../operator/chain/clients";
import { operatorOf } from "../../../operator/chain/delegate";
import { accountOf } from "../../../operator/chain/stake";
import { createStakeKeeper, type StakeKeeperDeps } from "../../../operator/chain/stake-keeper";
import {
  createTransactionSender,
  type TransactionSender,
} from "../../../operator/chain/transaction-sender";
import { systemClock as clock } from "../../../operator/clock";
import { openJournal, type Journal } from "../../../operator/journal/journal";
import { startTestChain, type TestChain } from "../../support/chain";

const log = pino({ level: "silent" });

describe("an operator's stake", function () {
  this.timeout(120_000);
  let chain: TestChain;
  let journal: Journal;
  const account = devnetAccount(ROLES.operators);
  const owner = devnetAccount(ROLES.operators + 1).address;

  before(async () => {
    chain = await startTestChain();
    journal = openJournal(":memory:", clock);
  });
  after(async () => {
    journal.close();
    await chain.stop();
  });

  const connect = (market: Address): Promise<MarketChain> => {
    const { unit, fromBlock } = chain;
    const info = { chainId: 31337, market, coordinator: market, unit: String(unit), fromBlock };
    return connectMarket(chain.rpcUrl, { ...info, version: "test" }, undefined);
  };
  const senderOn = (market: MarketChain): TransactionSender =>
    createTransactionSender({ chain: market, account, journal, clock, log, pauseMs: () => 20 });

  const keeperOn = (market: MarketChain, stake: bigint, changes: Partial<StakeKeeperDeps> = {}) =>
    createStakeKeeper({
      ...{
        chain: market,
        sender: senderOn(market),
        operator: account.address,
        journal,
        clock,
        log,
      },
      config: { stake, refillPerDay: 0n },
      isDraining: () => false,
      ...changes,
    });

  it("is topped up out of the key's wallet, to the contract's minimum at first", async () => {
    const market = await connect(chain.market);
    await keeperOn(market, 10n).fill();
    expect((await accountOf(market, account.address)).free).to.equal(100n);
    await keeperOn(market, 250n).fill();
    await keeperOn(market, 250n).fill();
    expect((await accountOf(market, account.address)).free).to.equal(250n);
  });

  it("is the owner's when the key is a delegate's", async () => {
    const market = await connect(chain.market);
    await keeperOn(market, 300n, { operator: owner }).fill();
    expect((await accountOf(market, owner)).free).to.equal(300n);
  });

  it("is worked with by another key once the owner has made that its delegate, and no longer than that", async () => {
    const market = await connect(chain.market);
    const named = () => operatorOf(market, account.address, owner).catch((e: unknown) => e);
    expect(await named()).to.include({
      code: "not_delegate",
      field: "FROBEN_OWNER",
      limit: zeroAddress,
      value: account.address,
    });
    await chain.call(ROLES.operators + 1, "setDelegate", [account.address]);
    expect(await named()).to.equal(owner);
    await chain.call(ROLES.operators + 1, "setDelegate", [zeroAddress]);
    expect(await named()).to.include({ code: "not_delegate" });
    expect(await operatorOf(market, account.address, undefined)).to.equal(account.address);
  });

  it("is refused, before anything is sent, when the wallet can't pay it", async () => {
    const market = await connect(chain.market);
    const keeper = keeperOn(market, 10n ** 18n, { operator: owner });
    const error: unknown = await keeper.fill().catch((e: unknown) => e);
    expect(error).to.include({ code: "stake_unaffordable", field: "FROBEN_STAKE" });
  });

  it("is paid in tokens where the market is", async () => {
    const record = new DeploymentRecord();
    const deployer = await createDeployer(chain.rpcUrl, devnetAccount(ROLES.deployer), record);
    const code = readCompiled("test/PermitToken.sol", "PermitToken");
    const { address: token } = await deployer.deploy("PermitToken", code);
    const parameters = {
      token,
      unit: 1_000n,
      minStake: 100n,
      unbondingDelay: 15 * 86_400,
      lateClaims: 0,
    };
    const { address } = await deployMarket(deployer, parameters);
    const market = await connect(address);
    const poor: unknown = await keeperOn(market, 400n)
      .fill()
      .catch((e: unknown) => e);
    expect(poor).to.include({ code: "stake_unaffordable", limit: "0", value: "400" });

    const wallet = createWalletClient({ account, transport: http(chain.rpcUrl) });
    const mint = { address: token, abi: code.abi, functionName: "mint", chain: null };
    await wallet.writeContract({ ...mint, args: [account.address, 500_000n] });
    await keeperOn(market, 400n).fill();
    expect((await accountOf(market, account.address)).free).to.equal(400n);
    const read = { address: token, abi: erc20Abi, functionName: "balanceOf" } as const;
    const left = await market.client.readContract({ ...read, args: [account.address] });
    expect(left).to.equal(100_000n);
  });
});
