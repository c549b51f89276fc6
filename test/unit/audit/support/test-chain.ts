import { network } from "hardhat";
import {
  createPublicClient,
  createTestClient,
  createWalletClient,
  custom,
  encodeFunctionData,
  parseAbi,
  zeroAddress,
  type Address,
  type Hex,
  type WalletClient,
} from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";
import { DEFAULT_PARAMETERS } from "../../../../deploy/010-market";
import { ensureCompiled, readCompiled } from "../../../../deploy/compiled";
import { TINY_VERIFIER } from "./tiny-contracts";

const MNEMONIC = "test test test test test test test test test test test junk";

const TOKENS = 10n ** 27n;
const tokenAbi = parseAbi([
  "function mint(address to, uint256 amount)",
  "function approve(address spender, uint256 amount)",
]);

/** A standard token, and one that asks for no allowance and logs nothing. */
type TestToken = "PermitToken" | "HostileToken";

/** Gives every account tokens, all of which the market may take. */
async function mint(
  wallet: WalletClient,
  token: Address,
  market: Address,
  accounts: { address: Address }[],
  name: TestToken,
): Promise<void> {
  const send = (account: Address, functionName: "mint" | "approve", to: Address) =>
    wallet.sendTransaction({
      account,
      chain: hardhat,
      to: token,
      data: encodeFunctionData({ abi: tokenAbi, functionName, args: [to, TOKENS] }),
    });
  for (const { address } of accounts) {
    await send(address, "mint", address);
    if (name === "PermitToken") await send(address, "approve", market);
  }
}

/**
 * Hardhat's in-process chain with a market and a verifier on it; `leave` undoes everything.
 * @param options.token contract of a token, of which everybody is given some, if that is the market's currency
 */
export async function enterTestChain(options: { token?: TestToken } = {}) {
  await ensureCompiled();
  const transport = custom(network.provider);
  const chain = createPublicClient({ chain: hardhat, transport, cacheTime: 0, pollingInterval: 5 });
  const wallet = createWalletClient({ chain: hardhat, transport });
  const test = createTestClient({ mode: "hardhat", chain: hardhat, transport });
  const snapshot = await test.snapshot();
  const accounts = Array.from({ length: 16 }, (_, addressIndex) =>
    mnemonicToAccount(MNEMONIC, { addressIndex }),
  );

  const deploy = async (data: Hex): Promise<{ address: Address; block: number }> => {
    const hash = await wallet.sendTransaction({ account: accounts[0]!.address, data, to: null });
    const receipt = await chain.waitForTransactionReceipt({ hash });
    return { address: receipt.contractAddress!, block: Number(receipt.blockNumber) };
  };

  const contract = async (name: string, args: unknown[], source = `${name}.sol`) => {
    const { abi, bytecode } = readCompiled(source, name);
    const hash = await wallet.deployContract({
      account: accounts[0]!.address,
      abi,
      bytecode,
      args,
    });
    const receipt = await chain.waitForTransactionReceipt({ hash });
    return { address: receipt.contractAddress!, block: Number(receipt.blockNumber) };
  };
  const token = options.token
    ? (await contract(options.token, [], `test/${options.token}.sol`)).address
    : zeroAddress;
  const court = await contract("MarketCourt", [{ ...DEFAULT_PARAMETERS, token }]);
  const extension = await contract("MarketExtension", [court.address]);
  const market = await contract("Market", [extension.address]);
  if (options.token) await mint(wallet, token, market.address, accounts, options.token);
  return {
    chain,
    wallet,
    test,
    transport,
    accounts,
    deploy,
    token,
    market: market.address,
    fromBlock: market.block,
    parameters: DEFAULT_PARAMETERS,
    verifier: (await deploy(TINY_VERIFIER)).address,
    /** Time of the newest block, Unix seconds. */
    now: async () => Number((await chain.getBlock()).timestamp),
    leave: () => test.revert({ id: snapshot }),
  };
}

export type TestChain = Awaited<ReturnType<typeof enterTestChain>>;
