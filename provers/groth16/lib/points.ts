/** Whether a proof's points are what the EVM's pairing precompile takes. snarkjs checks less than it does. */
import { bn254 } from "@noble/curves/bn254";
import { BASE_FIELD } from "./field";
import type { ProofPoints } from "./proof-codec";

function isValid(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

/**
 * Checks coordinates (canonical: below the base field's modulus), curve and subgroup membership.
 * The point at infinity, which no honest prover makes, is refused too.
 * @returns what is wrong, or undefined
 */
export function wrongPoint({ a, b, c }: ProofPoints): string | undefined {
  const coordinates = [a.x, a.y, ...b.x, ...b.y, c.x, c.y];
  // snarkjs reduces a larger coordinate, the precompile refuses it.
  if (coordinates.some((value) => value >= BASE_FIELD)) {
    return "a coordinate is not below the base field's modulus";
  }
  const coordinatesOf = { a: [a.x, a.y], b: [...b.x, ...b.y], c: [c.x, c.y] };
  for (const [name, values] of Object.entries(coordinatesOf)) {
    if (values.every((value) => value === 0n)) return `point ${name} is at infinity`;
  }
  const g1 = { a, c };
  for (const [name, point] of Object.entries(g1)) {
    if (!isValid(() => bn254.G1.ProjectivePoint.fromAffine(point).assertValidity())) {
      return `point ${name} is not on the curve`;
    }
  }
  const { Fp2 } = bn254.fields;
  const affine = { x: Fp2.fromBigTuple(b.x), y: Fp2.fromBigTuple(b.y) };
  if (!isValid(() => bn254.G2.ProjectivePoint.fromAffine(affine).assertValidity())) {
    return "point b is not on the twisted curve, or not in its subgroup";
  }
  return undefined;
}
