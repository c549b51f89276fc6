import {
  createPublicClient,
  createWalletClient,
  getAddress,
  http,
  type Abi,
  type Address,
  type Hex,
  type LocalAccount,
  type PublicClient,
} from "viem";
import { FrobenError } from "../protocol/errors";
import type { DeploymentRecord } from "./deployment-record";

/** One contract to put on a chain. */
export interface ContractCode {
  contractName: string;
  abi: Abi | unknown[];
  bytecode: Hex;
}

/** Puts contracts on one chain, with one key. */
export interface Deployer {
  chainId: number;
  account: LocalAccount;
  client: PublicClient;
  /**
   * Deploys a contract unless the record has it and its code is on the chain.
   * @param name the contract's name in the record
   * @throws FrobenError `deploy_failed`
   */
  deploy(
    name: string,
    code: ContractCode,
    args?: readonly unknown[],
  ): Promise<{ address: Address; block: number }>;
}

/**
 * @param record what was deployed before; every deployment is written there at once, so that a broken run resumes
 * @throws FrobenError `chain_mismatch` when the record belongs to another chain
 */
export async function createDeployer(
  rpcUrl: string,
  account: LocalAccount,
  record: DeploymentRecord,
): Promise<Deployer> {
  const transport = http(rpcUrl);
  const client = createPublicClient({ transport, pollingInterval: 200, cacheTime: 0 });
  const wallet = createWalletClient({ account, transport });
  const chainId = await client.getChainId();
  record.claim(chainId);

  async function codeAt(address: Address): Promise<boolean> {
    const code = await client.getCode({ address });
    return code !== undefined && code !== "0x";
  }

  return {
    chainId,
    account,
    client,
    async deploy(name, code, args = []) {
      const before = record.find(name);
      if (before && (await codeAt(before.address))) return before;
      const hash = await wallet.deployContract({
        abi: code.abi as Abi,
        bytecode: code.bytecode,
        args,
        chain: null,
      });
      const receipt = await client.waitForTransactionReceipt({ hash });
      if (
        receipt.status !== "success" ||
        !receipt.contractAddress ||
        !(await codeAt(receipt.contractAddress))
      )
        throw new FrobenError("deploy_failed", `${name} was not deployed`, {
          value: hash,
          hint: "look at the transaction: too little gas, or a constructor that refused its arguments",
        });
      const deployed = {
        address: getAddress(receipt.contractAddress),
        block: Number(receipt.blockNumber),
        tx: hash,
      };
      record.add(name, deployed);
      return deployed;
    },
  };
}
