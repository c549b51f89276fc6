import { expect } from "chai";
import fc from "fast-check";
import { encodeAbiParameters, keccak256, type Hex } from "viem";
import { assignmentLeafHash, openingDigest } from "../../../protocol/assignment";
import { commitmentHash } from "../../../protocol/commitment";
import { addressWord, bytes32Word, uintWord } from "../../../protocol/words";

const bytes = (size: number) =>
  fc
    .uint8Array({ minLength: size, maxLength: size })
    .map((b): Hex => `0x${Buffer.from(b).toString("hex")}`);
const uint = (bits: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
const small = (bits: number) => uint(bits).map(Number);

describe("what is hashed for every task", () => {
  it("is a leaf in the ABI's encoding, hashed twice", () => {
    const leaf = fc.record({
      task: small(32),
      attempt: small(16),
      inputsDigest: bytes(32),
      statementDigest: bytes(32),
      decisionDigest: bytes(32),
    });
    const types = [
      ...["uint32", "uint16", "bytes32", "bytes32", "bytes32"].map((type) => ({ type })),
    ];
    fc.assert(
      fc.property(leaf, (value) => {
        const encoded = encodeAbiParameters(types, Object.values(value));
        return assignmentLeafHash(value) === keccak256(keccak256(encoded));
      }),
    );
  });

  it("is the opening of a task's inputs in the ABI's encoding", () => {
    const rows = fc.array(fc.record({ name: bytes(32), digest: bytes(32), source: uint(64) }), {
      maxLength: 5,
    });
    const row = [
      { name: "name", type: "bytes32" },
      { name: "digest", type: "bytes32" },
      { name: "source", type: "uint64" },
    ];
    const types = [{ type: "bytes32" }, { type: "bytes32" }, { type: "tuple[]", components: row }];
    fc.assert(
      fc.property(bytes(32), bytes(32), rows, (program, params, inputs) => {
        const encoded = encodeAbiParameters(types, [program, params, inputs]);
        return openingDigest({ program, params, inputs }) === keccak256(encoded);
      }),
    );
  });

  it("is a commitment in the ABI's encoding", () => {
    const type = keccak256(
      Buffer.from(
        "Commitment(uint256 chainId,address market,uint48 workflow,uint32 task,uint16 attempt,address operator,bytes32 root,bytes32 resultDigest)",
      ),
    );
    const fields = fc.record({
      chainId: small(48),
      market: bytes(20),
      workflow: small(48),
      task: small(32),
      attempt: small(16),
      operator: bytes(20),
      root: bytes(32),
      resultDigest: bytes(32),
    });
    const types = [
      ...["bytes32", "uint256", "address", "uint48", "uint32", "uint16", "address"],
      ...["bytes32", "bytes32"],
    ].map((name) => ({ type: name }));
    fc.assert(
      fc.property(fields, (value) => {
        const encoded = encodeAbiParameters(types, [type, ...Object.values(value)]);
        return commitmentHash(value) === keccak256(encoded);
      }),
    );
  });

  it("is refused when a value does not fit its word", () => {
    const unfit = [
      () => uintWord(2 ** 16, 16),
      () => uintWord(-1, 16),
      () => uintWord(1.5, 16),
      () => uintWord(1n << 64n, 64),
      () => bytes32Word("0x12"),
      () => addressWord(`0x${"11".repeat(32)}`),
    ];
    for (const make of unfit) expect(make).to.throw().with.property("code", "word_unfit");
    expect(uintWord(2 ** 16 - 1, 16)).to.equal("ffff".padStart(64, "0"));
  });
});
