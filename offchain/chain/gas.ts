import { size, type Hex } from "viem";

/** Gas that a call pays before the callee gets any: the transaction and, at most, every byte of calldata (EIP-7623's floor). */
export const intrinsicGas = (data: Hex): bigint => 21_000n + BigInt(size(data)) * 40n;
