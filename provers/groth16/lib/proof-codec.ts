/** A proof as snarkjs writes it and as the 256 bytes that the Solidity verifier takes. */
import { decodeWords, encodeWords } from "./words";

type Pair = [string, string];

/** The part of snarkjs's proof JSON that carries information: affine points, in decimal. */
export interface SnarkjsProof {
  pi_a: [...Pair, string];
  pi_b: [Pair, Pair, Pair];
  pi_c: [...Pair, string];
}

/** A proof's three points. A coordinate in the quadratic extension is [real, imaginary]. */
export interface ProofPoints {
  a: { x: bigint; y: bigint };
  b: { x: [bigint, bigint]; y: [bigint, bigint] };
  c: { x: bigint; y: bigint };
}

const PROOF_WORDS = 8;

/** abi.encode of a, b, c. Solidity has the imaginary part of b's coordinates first, snarkjs the real one. */
export function encodeProof({ pi_a, pi_b, pi_c }: SnarkjsProof): Uint8Array {
  const [bx, by] = pi_b;
  return encodeWords(
    [pi_a[0], pi_a[1], bx[1], bx[0], by[1], by[0], pi_c[0], pi_c[1]].map((text) => BigInt(text)),
  );
}

/** The points in 256 bytes, or undefined for another length. Whether they are on the curve is not checked. */
export function decodeProof(bytes: Uint8Array): ProofPoints | undefined {
  const words = decodeWords(bytes, PROOF_WORDS);
  if (!words) return undefined;
  const [ax, ay, bx1, bx0, by1, by0, cx, cy] = words as [
    ...[bigint, bigint, bigint, bigint],
    ...[bigint, bigint, bigint, bigint],
  ];
  return { a: { x: ax, y: ay }, b: { x: [bx0, bx1], y: [by0, by1] }, c: { x: cx, y: cy } };
}

/** The points as snarkjs's proof JSON. */
export function toSnarkjs({ a, b, c }: ProofPoints): SnarkjsProof & Record<string, unknown> {
  const pair = ([real, imaginary]: [bigint, bigint]): Pair => [`${real}`, `${imaginary}`];
  return {
    pi_a: [`${a.x}`, `${a.y}`, "1"],
    pi_b: [pair(b.x), pair(b.y), ["1", "0"]],
    pi_c: [`${c.x}`, `${c.y}`, "1"],
    protocol: "groth16",
    curve: "bn128",
  };
}
