import canonicalizeJson from "canonicalize";
import { expect } from "chai";
import fc from "fast-check";
import { concatHex, keccak256, type Hex } from "viem";
import {
  inputsDigest,
  inputsOpening,
  type InputRef,
  type InputSource,
} from "../../../protocol/assignment";
import { commitmentsRoot, openCommitment } from "../../../protocol/commitment";
import { canonicalJson, digestOf, fromBytes32, sha256, toBytes32 } from "../../../protocol/digest";
import { LIMITS } from "../../../protocol/limits";
import { leafHash, merklePath, merkleRoot, verifyMerklePath } from "../../../protocol/merkle";

const bytes32 = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes): Hex => `0x${Buffer.from(bytes).toString("hex")}`);

/** The same value with the keys of every object in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, shuffled(inner)]),
  );
}

describe("digests of canonical JSON", () => {
  // JSON has no -0: it reads back as 0.
  const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);

  it("don't depend on the order of keys", () => {
    fc.assert(fc.property(json, (value) => digestOf(value) === digestOf(shuffled(value))));
  });

  it("survive a round trip through text", () => {
    fc.assert(
      fc.property(json, (value) => digestOf(JSON.parse(canonicalJson(value))) === digestOf(value)),
    );
  });

  it("are the SHA-256 of the canonical text's UTF-8", () => {
    expect(canonicalJson({ b: "é", a: [1e21, 0.1, null] })).to.equal(
      '{"a":[1e+21,0.1,null],"b":"é"}',
    );
    expect(digestOf({ a: 1 })).to.equal(sha256(Buffer.from('{"a":1}')));
  });

  it("are the same whether a value is in order already or not: what the library makes of it", () => {
    const anything = fc.oneof(
      json,
      json.map((value) => JSON.parse(canonicalizeJson(value)!) as unknown),
      fc.object({ withBigInt: true, withDate: true, withNullPrototype: true, maxDepth: 3 }),
      fc.object({ key: fc.string({ unit: "binary" }), values: [fc.string({ unit: "binary" })] }),
      fc.dictionary(fc.integer().map(String), json),
    );
    const attempt = (make: () => unknown) => {
      try {
        return make();
      } catch {
        return "refused";
      }
    };
    fc.assert(
      fc.property(anything, (value) => {
        const expected = attempt(() => canonicalizeJson(value));
        expect(attempt(() => canonicalJson(value))).equal(expected);
      }),
      { numRuns: 2_000, examples: [[{ a: undefined, b: 1 }], [[undefined]], [{ a: "\ud800" }]] },
    );
  });

  it("refuse what JSON can't hold", () => {
    expect(() => canonicalJson(undefined))
      .to.throw()
      .with.property("code", "not_json");
  });

  it("go to the chain's 32 bytes and back", () => {
    const digest = sha256("x");
    expect(fromBytes32(toBytes32(digest))).to.equal(digest);
  });

  const ref = (text: string, source?: InputSource): InputRef => ({ digest: sha256(text), source });
  const one = ref("1");
  const two = ref("2");

  it("of a task's inputs change with program, parameter, name and content", () => {
    const base = inputsDigest(sha256("p"), { k: "v" }, { a: one, b: two });
    const others = [
      inputsDigest(sha256("q"), { k: "v" }, { a: one, b: two }),
      inputsDigest(sha256("p"), { k: "w" }, { a: one, b: two }),
      inputsDigest(sha256("p"), { k: "v" }, { a: two, b: one }),
      inputsDigest(sha256("p"), { k: "v" }, { a: one }),
    ];
    expect(new Set([base, ...others]).size).to.equal(5);
    expect(inputsDigest(sha256("p"), { k: "v" }, { b: two, a: one })).to.equal(base);
  });

  it("of a task's inputs change with whose result an input is of", () => {
    const sources = [
      undefined,
      { task: 0, attempt: 1 },
      { task: 0, attempt: 2 },
      { task: 1, attempt: 1 },
    ];
    const digests = sources.map((source) => inputsDigest(sha256("p"), {}, { a: ref("1", source) }));
    expect(new Set(digests).size).to.equal(sources.length);
  });

  it("of a task's inputs open into rows by rising name, a source in each that has one", () => {
    const { inputs } = inputsOpening(
      sha256("p"),
      {},
      {
        a: ref("1", { task: 5, attempt: 3 }),
        b: two,
        c: ref("3", { task: 0, attempt: 1 }),
      },
    );
    const names = inputs.map(({ name }) => name);
    expect(names).to.deep.equal([...names].sort());
    const sourceOf = (text: string) =>
      inputs.find(({ digest }) => digest === toBytes32(sha256(text)))!.source;
    expect(["1", "2", "3"].map(sourceOf)).to.deep.equal([
      (1n << 48n) | (5n << 16n) | 3n,
      0n,
      (1n << 48n) | 1n,
    ]);
  });
});

describe("Merkle trees", () => {
  const leaves = fc.array(bytes32, { minLength: 1, maxLength: 70 });

  it("have a path from every leaf to the root", () => {
    fc.assert(
      fc.property(leaves, (all) =>
        all.every((leaf, i) => verifyMerklePath(leaf, merklePath(all, i), merkleRoot(all))),
      ),
    );
  });

  it("refuse a leaf that is not in them", () => {
    fc.assert(
      fc.property(leaves, bytes32, (all, foreign) => {
        fc.pre(!all.includes(foreign));
        return !all.some((_, i) => verifyMerklePath(foreign, merklePath(all, i), merkleRoot(all)));
      }),
    );
  });

  it("hash leaves twice, so that an inner node passes for no leaf", () => {
    expect(leafHash("0x1234")).to.equal(keccak256(keccak256("0x1234")));
  });

  it("of one leaf are the leaf", () => {
    fc.assert(
      fc.property(
        bytes32,
        (leaf) => merkleRoot([leaf]) === leaf && merklePath([leaf], 0).length === 0,
      ),
    );
  });
});

describe("batches of commitments", () => {
  const batch = fc.array(bytes32, { minLength: 1, maxLength: LIMITS.maxBatch });

  it("open at any position with one chunk and the hashes of all", () => {
    fc.assert(
      fc.property(batch, fc.nat(), (commitments, n) => {
        const position = n % commitments.length;
        const opened = openCommitment(commitments, position);
        const place = Math.floor(position / LIMITS.chunkSize);
        return (
          opened.chunk[position % LIMITS.chunkSize] === commitments[position] &&
          opened.chunkHashes[place] === keccak256(concatHex(opened.chunk)) &&
          keccak256(concatHex(opened.chunkHashes)) === commitmentsRoot(commitments)
        );
      }),
    );
  });
});
