import { network } from "hardhat";
import {
  createPublicClient,
  createTestClient,
  createWalletClient,
  custom,
  type Address,
  type Hex,
} from "viem";
import { mnemonicToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";
import { DEFAULT_PARAMETERS } from "../../../../deploy/010-market";
import { ensureCompiled, readCompiled } from "../../../../deploy/compiled";
import { TINY_VERIFIER } from "./tiny-contracts";

const MNEMONIC = "test test test test test test test test test test test junk";

/** Hardhat's in-process chain with a market and a verifier on it; `leave` undoes everything. */
export async function enterTestChain() {
  await ensureCompiled();
  const transport = custom(network.provider);
  const chain = createPublicClient({ chain: hardhat, transport, cacheTime: 0, pollingInterval: 5 });
  const wallet = createWalletClient({ chain: hardhat, transport });
  const test = createTestClient({ mode: "hardhat", chain: hardhat, transport });
  const snapshot = await test.snapshot();
  const accounts = Array.from({ length: 10 }, (_, addressIndex) =>
    mnemonicToAccount(MNEMONIC, { addressIndex }),
  );

  const deploy = async (data: Hex): Promise<{ address: Address; block: number }> => {
    const hash = await wallet.sendTransaction({ account: accounts[0]!.address, data, to: null });
    const receipt = await chain.waitForTransactionReceipt({ hash });
    return { address: receipt.contractAddress!, block: Number(receipt.blockNumber) };
  };

  const { abi, bytecode } = readCompiled("Market.sol", "Market");
  const { unit, minStake, unbondingDelay } = DEFAULT_PARAMETERS;
  const hash = await wallet.deployContract({
    account: accounts[0]!.address,
    abi,
    bytecode,
    args: [unit, minStake, unbondingDelay],
  });
  const receipt = await chain.waitForTransactionReceipt({ hash });
  return {
    chain,
    wallet,
    test,
    transport,
    accounts,
    deploy,
    market: receipt.contractAddress!,
    fromBlock: Number(receipt.blockNumber),
    parameters: DEFAULT_PARAMETERS,
    verifier: (await deploy(TINY_VERIFIER)).address,
    /** Time of the newest block, Unix seconds. */
    now: async () => Number((await chain.getBlock()).timestamp),
    leave: () => test.revert({ id: snapshot }),
  };
}

export type TestChain = Awaited<ReturnType<typeof enterTestChain>>;
