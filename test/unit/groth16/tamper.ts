import { BASE_FIELD } from "../../../provers/groth16/lib/field";
import { decodeWords, encodeWords } from "../../../provers/groth16/lib/words";

/** The proof with its point a negated: still three well-formed points, but no proof of anything. */
export function negatePointA(proof: Uint8Array): Uint8Array {
  const [x, y, ...rest] = decodeWords(proof, 8) as [bigint, bigint, ...bigint[]];
  return encodeWords([x, BASE_FIELD - y, ...rest]);
}
