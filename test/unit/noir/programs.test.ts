import { expect } from "chai";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { verdictSchema, type Verdict } from "../../../protocol/program";
import { makeBatchFolder, type BatchFolder } from "./batch-folder";
import { startProgram } from "./run-program";
import { SETUP_TIMEOUT_MS } from "./setup-timeout";

interface ProofJson {
  kind: string;
  publicInputs: string[];
  proof: string;
}

describe("the noir programs", function () {
  this.timeout(SETUP_TIMEOUT_MS);
  let batch: BatchFolder;
  const leaf = (index = 0) => batch.path("leaves", `0000${index}`);
  const readProof = async () =>
    JSON.parse(await readFile(batch.path("proof"), "utf8")) as ProofJson;

  /** Runs a validation program and returns its verdict. */
  async function verdictOf(name: string, inputs: Record<string, string>): Promise<Verdict> {
    const run = await batch.run(name, { in: inputs, out: { verdict: batch.path("verdict") } });
    expect(run.code, run.stderr).to.equal(0);
    return verdictSchema.parse(JSON.parse(await readFile(batch.path("verdict"), "utf8")));
  }

  before(async () => {
    batch = await makeBatchFolder();
    await batch.prove(0, "proof");
  });
  after(() => batch.remove());

  describe("witness", () => {
    it("cuts the batch into numbered leaves and says what they prove together", async () => {
      expect(readdirSync(batch.path("leaves")).sort()).to.deep.equal(["00000", "00001"]);
      const statement = (await readFile(batch.path("statement"))).toString("hex");
      const first = JSON.parse(await readFile(leaf(0), "utf8")) as { old_root: string };
      const last = JSON.parse(await readFile(leaf(1), "utf8")) as { new_root: string };
      expect(statement).to.equal(first.old_root.slice(2) + last.new_root.slice(2));
    });

    it("exits with 3 for a batch with an invalid transfer and says which", async () => {
      const text = await readFile(batch.path("batch.json"), "utf8");
      await writeFile(batch.path("bad.json"), text.replace(/"nonce":0/, '"nonce":7'));
      const run = await batch.run("witness", {
        in: { state: batch.path("state.json"), batch: batch.path("bad.json") },
        out: { leaves: batch.path("x"), statement: batch.path("y"), newState: batch.path("z") },
      });
      expect(run.code).to.equal(3);
      expect(run.stderr).to.contain("batch: transfers.0: nonce: is 7, the account's next is 0");
      expect(existsSync(batch.path("x"))).to.equal(false);
    });
  });

  describe("verify-witness", () => {
    const result = () => ({
      state: batch.path("state.json"),
      batch: batch.path("batch.json"),
      leaves: batch.path("leaves"),
      statement: batch.path("statement"),
      newState: batch.path("new.json"),
    });

    it("accepts what witness made", async () => {
      expect(await verdictOf("verify-witness", result())).to.deep.equal({ valid: true });
    });

    it("refuses another statement", async () => {
      await writeFile(batch.path("other-statement"), Buffer.alloc(64));
      const inputs = { ...result(), statement: batch.path("other-statement") };
      expect(await verdictOf("verify-witness", inputs)).to.include({ valid: false });
    });

    it("refuses a missing leaf", async () => {
      await mkdir(batch.path("one-leaf"));
      await writeFile(batch.path("one-leaf", "00000"), await readFile(leaf(0)));
      const inputs = { ...result(), leaves: batch.path("one-leaf") };
      expect((await verdictOf("verify-witness", inputs)).reason).to.contain("are 1, must be 2");
    });
  });

  describe("prove", () => {
    it("makes a proof whose public inputs are the leaf's roots", async () => {
      const proof = await readProof();
      const { old_root, new_root } = JSON.parse(await readFile(leaf(0), "utf8")) as {
        [name: string]: string;
      };
      expect(proof.kind).to.equal("leaf");
      expect(proof.publicInputs).to.deep.equal([`0x${"0".repeat(64)}`, old_root, new_root]);
    });

    it("leaves nothing in TMPDIR", () => {
      expect(readdirSync(batch.folder).filter((name) => name.startsWith("noir-"))).to.be.empty;
    });

    it("exits with 3 for a leaf that is unprovable", async () => {
      const text = await readFile(leaf(0), "utf8");
      await writeFile(batch.path("bad-leaf"), text.replace(/"amount":"\d+"/, '"amount":"1"'));
      const run = await batch.run("prove", {
        in: { leaf: batch.path("bad-leaf") },
        out: { proof: batch.path("no-proof") },
      });
      expect(run.code).to.equal(3);
      expect(run.stderr).to.contain("the circuit refuses the input");
      expect(existsSync(batch.path("no-proof"))).to.equal(false);
    });

    it("exits with 3 for an input that is no leaf", async () => {
      const run = await batch.run("prove", {
        in: { leaf: batch.path("statement") },
        out: { proof: batch.path("no-proof") },
      });
      expect(run.code).to.equal(3);
    });

    it("exits with 2 when an input is missing, unknown or not there", async () => {
      const out = { proof: batch.path("no-proof") };
      for (const given of [{}, { leaf: leaf(), other: leaf() }, { leaf: batch.path("nowhere") }]) {
        expect(
          (await batch.run("prove", { in: given as Record<string, string>, out })).code,
        ).to.equal(2);
      }
    });

    it("exits with 2 for a number of threads that is none", async () => {
      const run = await batch.run("prove", {
        in: { leaf: leaf() },
        out: { proof: batch.path("no-proof") },
        param: { threads: "many" },
      });
      expect(run.code).to.equal(2);
      expect(run.stderr).to.contain("--param threads: must be 1 to 256");
    });

    it("exits with 1 and says what to run where Noir is not set up", async () => {
      const run = await batch.run("prove", {
        in: { leaf: leaf() },
        out: { proof: batch.path("no-proof") },
        env: { FROBEN_CACHE: batch.path("empty-cache") },
      });
      expect(run.code).to.equal(1);
      expect(run.stderr).to.contain("run provers/noir/setup.ts first");
    });

    it("stops its prover and removes its files when it is asked to stop", async () => {
      const child = startProgram("prove", batch.folder, {
        in: { leaf: leaf() },
        out: { proof: batch.path("no-proof") },
      });
      const ended = once(child, "close");
      await once(child.stdout!, "data");
      child.kill("SIGTERM");
      expect((await ended)[0]).to.equal(1);
      expect(readdirSync(batch.folder).filter((name) => name.startsWith("noir-"))).to.be.empty;
      expect(existsSync(batch.path("no-proof"))).to.equal(false);
    });
  });

  describe("verify", () => {
    it("accepts the proof of its leaf", async () => {
      const inputs = { leaf: leaf(0), proof: batch.path("proof") };
      expect(await verdictOf("verify", inputs)).to.deep.equal({ valid: true });
    });

    it("refuses the proof of another leaf", async () => {
      const verdict = await verdictOf("verify", { leaf: leaf(1), proof: batch.path("proof") });
      expect(verdict.reason).to.contain("old root is");
    });

    it("refuses a proof that claims the other leaf's roots", async () => {
      const other = JSON.parse(await readFile(leaf(1), "utf8")) as Record<string, string>;
      const proof = await readProof();
      const publicInputs = [proof.publicInputs[0], other.old_root, other.new_root];
      await writeFile(batch.path("lie"), JSON.stringify({ ...proof, publicInputs }));
      const verdict = await verdictOf("verify", { leaf: leaf(1), proof: batch.path("lie") });
      expect(verdict.reason).to.contain("bb refuses the proof");
    });

    it("refuses a proof with one bit changed", async () => {
      const proof = await readProof();
      const bytes = Buffer.from(proof.proof.slice(2), "hex");
      bytes[9_999]! ^= 1;
      const changed = { ...proof, proof: `0x${bytes.toString("hex")}` };
      await writeFile(batch.path("flipped"), JSON.stringify(changed));
      const verdict = await verdictOf("verify", { leaf: leaf(0), proof: batch.path("flipped") });
      expect(verdict).to.include({ valid: false });
    });

    it("refuses bytes that are no proof", async () => {
      const verdict = await verdictOf("verify", { leaf: leaf(0), proof: batch.path("statement") });
      expect(verdict.reason).to.contain("proof: not JSON");
    });

    it("refuses a leaf's proof in a merge's place", async () => {
      const proof = batch.path("proof");
      const verdict = await verdictOf("verify", { left: proof, right: proof, proof });
      expect(verdict.reason).to.contain("is the proof of a leaf, must be of a merge");
    });

    it("refuses bytes that are no proof for the EVM", async () => {
      const proof = batch.path("proof");
      const verdict = await verdictOf("verify", {
        left: proof,
        right: proof,
        statement: batch.path("statement"),
        proof,
      });
      expect(verdict).to.include({ valid: false });
    });
  });

  describe("merge", () => {
    const merge = (inputs: Record<string, string>, target = "recursive") =>
      batch.run("merge", { in: inputs, out: { proof: batch.path("merged") }, param: { target } });

    it("exits with 3 for proofs that do not follow each other", async () => {
      const proof = batch.path("proof");
      const run = await merge({ left: proof, right: proof });
      expect(run.code).to.equal(3);
      expect(run.stderr).to.contain("right: starts at root");
    });

    it("exits with 3 for a child that is not valid, before it merges for nothing", async () => {
      const proof = await readProof();
      const publicInputs = [proof.publicInputs[0], proof.publicInputs[2], proof.publicInputs[1]];
      await writeFile(batch.path("swapped"), JSON.stringify({ ...proof, publicInputs }));
      const run = await merge({ left: batch.path("proof"), right: batch.path("swapped") });
      expect(run.code).to.equal(3);
      expect(run.stderr).to.contain("right: bb refuses the proof");
    });

    it("exits with 3 for a leaf's proof that says it is a merge's", async () => {
      const proof = { ...(await readProof()), kind: "merge" };
      await writeFile(batch.path("posing"), JSON.stringify(proof));
      const run = await merge({ left: batch.path("posing"), right: batch.path("proof") });
      expect(run.code).to.equal(3);
      expect(run.stderr).to.contain("left: merge key hash is");
    });

    it("exits with 2 when the target is evm and there is no statement", async () => {
      const proof = batch.path("proof");
      expect((await merge({ left: proof, right: proof }, "evm")).code).to.equal(2);
    });

    it("exits with 2 for an unknown target", async () => {
      const proof = batch.path("proof");
      expect((await merge({ left: proof, right: proof }, "moon")).code).to.equal(2);
    });
  });
});
