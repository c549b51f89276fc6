import { expect } from "chai";
import { ensureCompiled, readCompiled } from "../../../deploy/compiled";
import { marketAbi, verifierAbi } from "../../../protocol/abi";

/** An ABI without what does not concern a caller: the compiler's names of types, and the order. */
function normal(abi: readonly unknown[]): string[] {
  const strip = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(strip);
    if (value === null || typeof value !== "object") return value;
    const entries = Object.entries(value)
      .filter(([key, inner]) => {
        const isDefault = (key === "anonymous" || key === "indexed") && inner === false;
        return key !== "internalType" && !isDefault && !(key === "name" && inner === "");
      })
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([key, inner]) => [key, strip(inner)]));
  };
  return abi.map((item) => JSON.stringify(strip(item))).sort();
}

describe("protocol/abi.ts", () => {
  before(async function () {
    this.timeout(180_000);
    await ensureCompiled();
  });

  it("is exactly the market's interface as compiled", () => {
    const { abi } = readCompiled("interfaces/IMarket.sol", "IMarket");
    expect(normal(marketAbi)).to.deep.equal(normal(abi));
  });

  it("is exactly a verifier adapter's interface as compiled", () => {
    const { abi } = readCompiled("interfaces/IVerifier.sol", "IVerifier");
    expect(normal(verifierAbi)).to.deep.equal(normal(abi));
  });
});
