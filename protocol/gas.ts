import { size, type Hex } from "viem";

/** What the contract keeps for what follows a verifier's answer (Limits.STRIKE_GAS and a bit), and what opening the evidence takes; rounded up. */
const EVIDENCE_GAS = 400_000n;

/** Gas that a call pays before the callee gets any: the transaction and, at most, every byte of calldata (EIP-7623's floor). */
export const intrinsicGas = (data: Hex): bigint => 21_000n + BigInt(size(data)) * 40n;

/**
 * Gas of a transaction in which the contract asks a verifier (a challenge, a final proof): it is refused unless the verifier can be
 * given all that the terms promise, used or not, which not every node can estimate.
 * @param verifierGas of the step's terms
 * @param data of the call
 */
export function verifiedCallGas(verifierGas: number, data: Hex): bigint {
  const promised = BigInt(verifierGas);
  // A call is given at most 63/64 of what is left (EIP-150).
  return intrinsicGas(data) + promised + promised / 63n + EVIDENCE_GAS;
}
