import { expect } from "chai";
import { devG1, devG2 } from "../../../provers/noir/lib/dev-powers";
import { ensureNoirSetup } from "../../../provers/noir/setup";
import { SETUP_TIMEOUT_MS } from "./setup-timeout";

const P = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;
const COUNT = 2 * 1_024 + 1;

describe("the dev setup's powers of tau", function () {
  this.timeout(SETUP_TIMEOUT_MS);
  before(() => ensureNoirSetup());

  it("start at the generator, and each is the double of the one before", async () => {
    const bytes = Buffer.from(await devG1(COUNT));
    expect(bytes).to.have.length(COUNT * 64);
    const coordinate = (at: number) => BigInt(`0x${bytes.toString("hex", at, at + 32)}`);
    const point = (i: number) => ({ x: coordinate(64 * i), y: coordinate(64 * i + 32) });
    expect(point(0)).to.deep.equal({ x: 1n, y: 2n });
    for (let i = 1; i < COUNT; i++) {
      // The line through -d and tangent to p has slope s: 2y s = 3x^2, and s (x - dx) = y + dy.
      const p = point(i - 1);
      const d = point(i);
      const doubles = (d.x + 2n * p.x) * 4n * p.y * p.y - 9n * p.x ** 4n;
      const onTangent = 3n * p.x * p.x * (p.x - d.x) - 2n * p.y * (p.y + d.y);
      expect([doubles % P, onTangent % P], `point ${i}`).to.deep.equal([0n, 0n]);
    }
  });

  it("come with one point of G2, 128 bytes", async () => {
    expect(await devG2()).to.have.length(128);
  });

  it("are refused in a number that does not fill the chains", async () => {
    const error: unknown = await devG1(COUNT + 1).catch((e: unknown) => e);
    expect(error).to.be.instanceOf(RangeError);
  });
});
