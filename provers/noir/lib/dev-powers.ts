/**
 * Powers of tau for development, with tau = 2: every point is the double of the one before it. Whoever
 * knows tau can prove anything, and here everybody does.
 */
import type { BarretenbergSync } from "@aztec/bb.js";

/** Order of the base field. */
const P = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;
/** Order of the group. */
const R = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** Doublings run in this many chains side by side, because one field inversion then serves them all. */
const CHAINS = 1_024;
const POINT_BYTES = 64;

type Point = Parameters<BarretenbergSync["bn254G1Mul"]>[0]["point"];

const toBytes = (value: bigint) => Buffer.from(value.toString(16).padStart(64, "0"), "hex");
const toNumber = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let b = base, e = exponent; e > 0n; e >>= 1n, b = (b * b) % modulus) {
    if (e & 1n) result = (result * b) % modulus;
  }
  return result;
}

/** Inverts every value with one inversion (Montgomery's trick). Values are not 0 modulo P. */
function invertAll(values: readonly bigint[]): bigint[] {
  const prefixes: bigint[] = [];
  let product = 1n;
  for (const value of values) {
    prefixes.push(product);
    product = (product * value) % P;
  }
  let inverse = power(product, P - 2n, P);
  const inverses = new Array<bigint>(values.length);
  for (let i = values.length - 1; i >= 0; i--) {
    inverses[i] = (inverse * prefixes[i]!) % P;
    inverse = (inverse * values[i]!) % P;
  }
  return inverses;
}

/** Doubles affine points in place. The group has odd prime order, so no y is 0. */
function doubleAll(xs: bigint[], ys: bigint[]): void {
  const inverses = invertAll(ys.map((y) => 2n * y));
  for (let i = 0; i < xs.length; i++) {
    const x = xs[i]!;
    const slope = (((3n * x * x) % P) * inverses[i]!) % P;
    const doubled = (slope * slope + 2n * (P - x)) % P;
    ys[i] = (slope * (x + P - doubled) + P - ys[i]!) % P;
    xs[i] = doubled;
  }
}

function writeNumber(view: DataView, offset: number, value: bigint): void {
  for (let word = 0; word < 4; word++) {
    view.setBigUint64(offset + 8 * word, value >> BigInt(64 * (3 - word)));
  }
}

/** Generator times 2^exponent. */
function startingPoint(
  { api, generator }: { api: BarretenbergSync; generator: Point },
  exponent: bigint,
): [bigint, bigint] {
  const scalar = toBytes(power(2n, exponent, R));
  const { point } = api.bn254G1Mul({ point: generator, scalar });
  return [toNumber(point.x), toNumber(point.y)];
}

/**
 * The points tau^i of G1 for i from 0 to `count` - 1, as Barretenberg stores them: x then y, 32 bytes each, big-endian.
 * @param count one more than a multiple of 1,024
 */
export async function devG1(count: number): Promise<Uint8Array> {
  const { BarretenbergSync, BN254_G1_GENERATOR } = await import("@aztec/bb.js");
  const api = await BarretenbergSync.initSingleton();
  const generator = BN254_G1_GENERATOR;
  const length = (count - 1) / CHAINS;
  if (!Number.isInteger(length))
    throw new RangeError(`count must be one more than a multiple of ${CHAINS}`);
  const bytes = new Uint8Array(count * POINT_BYTES);
  const view = new DataView(bytes.buffer);
  const writePoint = (index: number, x: bigint, y: bigint) => {
    writeNumber(view, index * POINT_BYTES, x);
    writeNumber(view, index * POINT_BYTES + 32, y);
  };
  const starts = Array.from({ length: CHAINS }, (_, chain) =>
    startingPoint({ api, generator }, BigInt(chain * length)),
  );
  const xs = starts.map(([x]) => x);
  const ys = starts.map(([, y]) => y);
  for (let step = 0; step < length; step++) {
    for (let chain = 0; chain < CHAINS; chain++) {
      writePoint(chain * length + step, xs[chain]!, ys[chain]!);
    }
    doubleAll(xs, ys);
  }
  // After its last step the last chain has arrived at the one point more.
  writePoint(count - 1, xs[CHAINS - 1]!, ys[CHAINS - 1]!);
  return bytes;
}

/** The point tau of G2, 128 bytes: x0, x1, y0, y1, big-endian. */
export async function devG2(): Promise<Uint8Array> {
  const { BarretenbergSync, BN254_G2_GENERATOR } = await import("@aztec/bb.js");
  const api = await BarretenbergSync.initSingleton();
  const { x, y } = BN254_G2_GENERATOR;
  const { point } = api.bn254G2Mul({
    point: { x: [x[0], x[1]], y: [y[0], y[1]] },
    scalar: toBytes(2n),
  });
  return Buffer.concat([...point.x, ...point.y]);
}
