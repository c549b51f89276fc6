import { expect } from "chai";
import { BASE_FIELD } from "../../../provers/groth16/lib/field";
import type { ProofPoints } from "../../../provers/groth16/lib/proof-codec";
import { ensureGroth16Setup } from "../../../provers/groth16/setup";
import { SETUP_TIMEOUT_MS } from "./fixture";

const g1 = { x: 1n, y: 2n };

/** The groups' generators: well-formed, though no proof. */
const good: ProofPoints = {
  a: g1,
  b: {
    x: [
      10857046999023057135944570762232829481370756359578518086990519993285655852781n,
      11559732032986387107991004021392285783925812861821192530917403151452391805634n,
    ],
    y: [
      8495653923123431417604973247489272438418190587263600148770280649306958101930n,
      4082367875863433681332203403145435568316851327593401208105741076214120093531n,
    ],
  },
  c: g1,
};

/** The point of the twisted curve with x = 1: on the curve, but not in the pairing's subgroup. */
const outside: ProofPoints["b"] = {
  x: [1n, 0n],
  y: [
    3610091866386166428467545612961983990332663701371483510632385378352395651980n,
    15975588672102553735566230729081043132501226101599136527557730645158523614371n,
  ],
};

describe("groth16 proof points", () => {
  let wrongPoint: (points: ProofPoints) => string | undefined;

  before(async function () {
    this.timeout(SETUP_TIMEOUT_MS);
    await ensureGroth16Setup();
    ({ wrongPoint } = await import("../../../provers/groth16/lib/points"));
  });

  it("points in the right groups pass", () => {
    expect(wrongPoint(good)).to.equal(undefined);
  });

  it("a coordinate with the modulus added is refused, though it is the same point to snarkjs", () => {
    const a = { x: good.a.x + BASE_FIELD, y: good.a.y };
    expect(wrongPoint({ ...good, a })).to.contain("modulus");
  });

  it("a point off the curve is refused", () => {
    const c = { x: good.c.x, y: good.c.y + 1n };
    expect(wrongPoint({ ...good, c })).to.contain("point c");
  });

  it("a point of the twisted curve outside the subgroup is refused", () => {
    expect(wrongPoint({ ...good, b: outside })).to.contain("subgroup");
  });

  it("the point at infinity is refused", () => {
    expect(wrongPoint({ ...good, a: { x: 0n, y: 0n } })).to.contain("point a");
    expect(wrongPoint({ ...good, b: { x: [0n, 0n], y: [0n, 0n] } })).to.contain("point b");
  });
});
