import { expect } from "chai";
import { makeDemoGroup } from "../../../pipelines/membership/demo-group";
import { FrobenError } from "../../../protocol/errors";
import { decodeStatement } from "../../../provers/groth16/lib/statement";
import { ensureGroth16Setup } from "../../../provers/groth16/setup";
import { SETUP_TIMEOUT_MS } from "./fixture";

describe("makeDemoGroup", function () {
  this.timeout(60_000);

  before(async function () {
    this.timeout(SETUP_TIMEOUT_MS);
    await ensureGroth16Setup();
  });

  it("asks by default for 16 proofs of one group, each with its own message and nullifier", async () => {
    const { requests, statements } = await makeDemoGroup();
    expect(requests).to.have.length(16);
    const decoded = statements.map(decodeStatement);
    expect(new Set(decoded.map(({ root }) => root)).size).to.equal(1);
    expect(new Set(decoded.map(({ message }) => message)).size).to.equal(16);
    expect(new Set(decoded.map(({ nullifier }) => nullifier)).size).to.equal(16);
    expect(decoded.every(({ depth }) => depth === 10)).to.equal(true);
  });

  it("makes the same bytes from the same seed, and others from another", async () => {
    const options = { members: 3, proofs: 1, depth: 4, seed: "one" };
    const first = await makeDemoGroup(options);
    expect(await makeDemoGroup(options)).to.deep.equal(first);
    const other = await makeDemoGroup({ ...options, seed: "two" });
    expect(other.statements[0]).to.not.deep.equal(first.statements[0]);
  });

  it("fails with a typed error when more proofs than members are asked for", async () => {
    const error: unknown = await makeDemoGroup({ members: 2, proofs: 3 }).catch((e: unknown) => e);
    expect(error).to.be.instanceOf(FrobenError);
    expect(error).to.include({ code: "demo_group_failed" });
    expect((error as FrobenError).message).to.contain("--param proofs: wants 1 to 2");
  });
});
