import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { programManifestSchema } from "../../../protocol/program";
import { REPOSITORY } from "./run-program";

const PROVER = join(REPOSITORY, "provers", "groth16");
const RELATIVE_IMPORT = /(?:from |import\()"(\.[^"]+)"/g;

/** Every file that a program's entry imports, however indirectly, relative to the manifest. */
function sourcesOf(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, target] of readFileSync(join(PROVER, file), "utf8").matchAll(RELATIVE_IMPORT)) {
    sourcesOf(normalize(join(file, "..", `${target}.ts`)), found);
  }
  return found;
}

describe("groth16 manifests", () => {
  for (const name of ["witness", "prove", "verify", "group"]) {
    it(`of ${name} lists exactly its sources and the lock file of its packages`, () => {
      const text = readFileSync(join(PROVER, `${name}.program.json`), "utf8");
      const manifest = programManifestSchema.parse(JSON.parse(text));
      expect(manifest).to.include({ name: `groth16/${name}`, entry: `${name}.ts` });
      expect(manifest.files).to.have.members([...sourcesOf(manifest.entry), "package-lock.json"]);
    });
  }
});
