/** `abi.encode` of a fixed list of uint256 is their 32-byte big-endian words in a row. */
const WORD_BYTES = 32;

/** The words as bytes. Each must fit into 256 bits. */
export function encodeWords(words: readonly bigint[]): Uint8Array {
  return Buffer.from(
    words.map((word) => word.toString(16).padStart(2 * WORD_BYTES, "0")).join(""),
    "hex",
  );
}

/** The bytes as words, or undefined when there are not exactly `count`. */
export function decodeWords(bytes: Uint8Array, count: number): bigint[] | undefined {
  if (bytes.length !== count * WORD_BYTES) return undefined;
  return Array.from({ length: count }, (_, index) => {
    const word = bytes.subarray(index * WORD_BYTES, (index + 1) * WORD_BYTES);
    return BigInt(`0x${Buffer.from(word).toString("hex")}`);
  });
}
