import {
  BaseError,
  decodeFunctionResult,
  encodeFunctionData,
  hexToBytes,
  HttpRequestError,
  TimeoutError,
  type Address,
  type Hex,
  type PublicClient,
} from "viem";
import { verifierAbi } from "../../../protocol/abi";
import { FrobenError } from "../../../protocol/errors";

/** Gas of a transaction before its first instruction: base, and by byte of calldata (EIP-2028), with EIP-7623's floor. */
function intrinsicGas(data: Hex): { used: bigint; floor: bigint } {
  const bytes = hexToBytes(data);
  const nonZero = bytes.reduce((count, byte) => count + (byte === 0 ? 0 : 1), 0);
  const tokens = BigInt(bytes.length - nonZero + 4 * nonZero);
  return { used: 21_000n + 4n * tokens, floor: 21_000n + 10n * tokens };
}

/** A question to a verifier adapter. */
export interface VerifierQuestion {
  verifier: Address;
  statement: Hex;
  result: Hex;
  /** What the step's terms give the verifier; the answer may depend on it. */
  verifierGas: number;
  blockNumber: bigint;
}

/**
 * Asks a verifier adapter by eth_call, with the gas that the contract gives it.
 * @returns its answer; a revert, or an answer that is no bool, is a "no", as it is for the contract
 * @throws FrobenError `audit_node_unavailable` (retryable) when the node did not answer
 */
export async function askVerifier(
  client: PublicClient,
  { verifier, statement, result, verifierGas, blockNumber }: VerifierQuestion,
): Promise<boolean> {
  const call = { abi: verifierAbi, functionName: "verify" } as const;
  const question = encodeFunctionData({ ...call, args: [statement, result] });
  const { used, floor } = intrinsicGas(question);
  const wanted = used + BigInt(verifierGas);
  try {
    const { data } = await client.call({
      to: verifier,
      data: question,
      gas: wanted > floor ? wanted : floor,
      blockNumber,
    });
    return data !== undefined && decodeFunctionResult({ ...call, data });
  } catch (cause) {
    const network =
      cause instanceof BaseError &&
      cause.walk((inner) => inner instanceof HttpRequestError || inner instanceof TimeoutError);
    if (network)
      throw new FrobenError("audit_node_unavailable", "the node did not answer an eth_call", {
        cause,
        retryable: true,
      });
    return false;
  }
}
