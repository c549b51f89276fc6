import { expect } from "chai";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SCALAR_FIELD } from "../../../provers/groth16/lib/field";
import { circuitInput, readRequest } from "../../../provers/groth16/lib/request";
import { InputRefused } from "../../../provers/lib/program-io";

const request = {
  depth: 2,
  secret: "1",
  merkleProofLength: 1,
  merkleProofIndex: 1,
  merkleProofSiblings: ["5", "0"],
  scope: "3",
  message: "4",
};

describe("membership request", () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "froben-request-test-"));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  async function read(value: unknown) {
    const path = join(folder, "request");
    await writeFile(path, JSON.stringify(value));
    return readRequest(path);
  }

  async function refusal(change: Record<string, unknown>): Promise<string> {
    try {
      await read({ ...request, ...change });
    } catch (error) {
      expect(error).to.be.instanceOf(InputRefused);
      return (error as Error).message;
    }
    throw new Error("the request was taken");
  }

  it("becomes the circuit's input without its depth", async () => {
    const { depth: _depth, ...signals } = request;
    expect(JSON.parse(circuitInput(await read(request)))).to.deep.equal(signals);
  });

  it("with a signal that the circuit would reduce is refused", async () => {
    expect(await refusal({ message: `${SCALAR_FIELD}` })).to.match(/message: .*order/);
  });

  it("with a signal that is not a decimal number is refused", async () => {
    for (const secret of ["-1", "0x1", "01", "", 1]) {
      expect(await refusal({ secret })).to.contain("secret");
    }
  });

  it("with a depth that has no key is refused", async () => {
    expect(await refusal({ depth: 33 })).to.contain("depth");
  });

  it("with more or fewer siblings than its depth is refused", async () => {
    expect(await refusal({ merkleProofSiblings: ["5"] })).to.contain("merkleProofSiblings");
  });

  it("with a path longer than the tree, for which the circuit proves the root 0, is refused", async () => {
    expect(await refusal({ merkleProofLength: 3 })).to.contain("merkleProofLength");
  });

  it("with a field that is missing or unknown is refused", async () => {
    expect(await refusal({ scope: undefined })).to.contain("scope");
    expect(await refusal({ colour: "red" })).to.contain("colour");
  });
});
