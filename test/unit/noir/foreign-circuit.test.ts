import { expect } from "chai";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runBb } from "../../../provers/noir/lib/bb";
import { checkBytes } from "../../../provers/noir/lib/check-proof";
import { compileFolder } from "../../../provers/noir/lib/circuits";
import { toHex } from "../../../provers/noir/lib/field";
import { mergeInput } from "../../../provers/noir/lib/merge-input";
import { readProof, type ProofFile, type PublicInputs } from "../../../provers/noir/lib/proof-file";
import { proveCircuit } from "../../../provers/noir/lib/prove-circuit";
import { loadToolchain, type Toolchain } from "../../../provers/noir/lib/toolchain";
import { makeBatchFolder, type BatchFolder } from "./batch-folder";
import { SETUP_TIMEOUT_MS } from "./setup-timeout";

const MANIFEST = '[package]\nname = "foreign"\ntype = "bin"\nauthors = [""]\n\n[dependencies]\n';

/** A leaf as an attacker would like it: the same public inputs, and any roots will do. */
const SOURCE =
  "fn main(_merge_vk_hash: pub Field, _old_root: pub Field, _new_root: pub Field) {}\n";

describe("a foreign circuit", function () {
  this.timeout(SETUP_TIMEOUT_MS);
  let batch: BatchFolder;
  let toolchain: Toolchain;
  let left: ProofFile;
  /** Says that the state goes from where `left` ends to a root of the attacker's choice. */
  let foreign: ProofFile;
  let foreignKey: string;

  before(async () => {
    batch = await makeBatchFolder();
    toolchain = await loadToolchain();
    await batch.prove(0, "left");
    left = await readProof(batch.path("left"), "left");
    const folder = batch.path("foreign");
    await mkdir(join(folder, "src"), { recursive: true });
    await writeFile(join(folder, "Nargo.toml"), MANIFEST);
    await writeFile(join(folder, "src", "main.nr"), SOURCE);
    const circuit = await compileFolder(folder);
    foreignKey = batch.path("foreign-key");
    await runBb(toolchain, [
      "write_vk",
      "-b",
      circuit,
      "-o",
      foreignKey,
      "-t",
      "noir-recursive-no-zk",
    ]);
    const publicInputs: PublicInputs = [toHex(0n), left.publicInputs[2], toHex(666n)];
    const [_merge_vk_hash, _old_root, _new_root] = publicInputs;
    const { proof } = await proveCircuit(toolchain, {
      circuit,
      key: foreignKey,
      target: "recursive",
      input: { _merge_vk_hash, _old_root, _new_root },
      folder,
    });
    foreign = { kind: "leaf", publicInputs, proof };
  });
  after(() => batch.remove());

  it("makes proofs that are valid under its own key", async () => {
    const { folder } = batch;
    expect(await checkBytes(toolchain, foreignKey, "recursive", foreign, { folder })).to.equal(
      undefined,
    );
  });

  it("makes no proof that merges into a valid one, though the witness of such a merge can be solved", async () => {
    // Everything as in an honest merge, but the right child comes with the foreign key. The circuit is solved, because
    // solving it does not run the verifier inside; the key's hash is what the backend's constraints don't let through.
    const posing = { ...toolchain, leafKey: foreignKey };
    const input = await mergeInput(toolchain, left, foreign);
    const { right } = await mergeInput(posing, left, foreign);
    const folder = batch.path("merge");
    await mkdir(folder);
    const merged = await proveCircuit(toolchain, {
      circuit: toolchain.mergeCircuit,
      key: toolchain.mergeKey,
      target: "recursive",
      input: { ...input, right: right! },
      folder,
    });
    expect(merged.publicInputs[2]).to.equal(toHex(666n));
    const wrong = await checkBytes(toolchain, toolchain.mergeKey, "recursive", merged, { folder });
    expect(wrong).to.contain("bb refuses the proof");
  });
});
