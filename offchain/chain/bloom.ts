import { hexToBytes, keccak256, type Address, type Hex } from "viem";

const BITS = 2048;

/**
 * Whether a block may hold logs of a contract: never a wrong "no" (yellow paper, 4.3.1: three bits of the header's filter for the
 * hash of each address and topic).
 * @param bloom `logsBloom` of the block's header; null: a node that does not tell
 */
export function mayHoldLogsOf(bloom: Hex | null, address: Address): boolean {
  if (bloom === null) return true;
  const filter = hexToBytes(bloom);
  const hash = hexToBytes(keccak256(address));
  return [0, 2, 4].every((at) => {
    const bit = ((hash[at]! << 8) | hash[at + 1]!) % BITS;
    return (filter[filter.length - 1 - (bit >> 3)]! & (1 << (bit & 7))) !== 0;
  });
}
