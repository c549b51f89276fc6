import { expect } from "chai";
import { SCALAR_FIELD } from "../../../provers/groth16/lib/field";
import {
  decodeStatement,
  encodeStatement,
  statementMismatch,
} from "../../../provers/groth16/lib/statement";
import { encodeWords } from "../../../provers/groth16/lib/words";
import { InputRefused } from "../../../provers/lib/program-io";

const statement = { depth: 10, root: 1n, nullifier: 2n, message: 3n, scope: SCALAR_FIELD - 1n };

describe("membership statement", () => {
  it("is 160 bytes that read back as the same statement", () => {
    const bytes = encodeStatement(statement);
    expect(bytes).to.have.length(160);
    expect(decodeStatement(bytes)).to.deep.equal(statement);
  });

  it("with another length is refused", () => {
    expect(() => decodeStatement(new Uint8Array(159))).to.throw(InputRefused, "160 bytes");
  });

  it("with a depth that has no key is refused", () => {
    for (const depth of [0n, 33n, 2n ** 255n]) {
      const bytes = encodeWords([depth, 1n, 2n, 3n, 4n]);
      expect(() => decodeStatement(bytes)).to.throw(InputRefused, "depth");
    }
  });

  it("with a value that is not below the scalar field's order is refused", () => {
    const bytes = encodeWords([10n, 1n, 2n, SCALAR_FIELD, 4n]);
    expect(() => decodeStatement(bytes)).to.throw(InputRefused, "message");
  });

  it("names the first value that differs", () => {
    expect(statementMismatch(statement, { root: "1", message: "4" }, "proof")).to.equal(
      "message: the statement has 3, the proof has 4",
    );
    expect(statementMismatch(statement, { root: "1", message: "3" }, "proof")).to.equal(undefined);
  });
});
