import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { join, normalize, relative } from "node:path";
import { programManifestSchema } from "../../../protocol/program";
import { REPOSITORY } from "./run-program";

const PROVER = join(REPOSITORY, "provers", "noir");
const CIRCUITS = join(REPOSITORY, "pipelines", "rollup", "circuits");
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

const circuitFiles = readdirSync(CIRCUITS, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.(nr|toml)$/.test(path))
  .map((path) => relative(PROVER, join(CIRCUITS, path)));

describe("noir manifests", () => {
  for (const name of ["witness", "verify-witness", "prove", "merge", "verify"]) {
    it(`of ${name} lists exactly its sources, the circuits and the lock file of its packages`, () => {
      const text = readFileSync(join(PROVER, `${name}.program.json`), "utf8");
      const manifest = programManifestSchema.parse(JSON.parse(text));
      expect(manifest).to.include({ name: `noir/${name}`, entry: `${name}.ts` });
      expect(manifest.files).to.have.members([
        ...sourcesOf(manifest.entry),
        ...circuitFiles,
        "package-lock.json",
      ]);
    });
  }
});
