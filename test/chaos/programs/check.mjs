// Validation program of the chaos workflow's splits and merges: does them again.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const files = {};
for (let i = 2; i < process.argv.length; i += 2) {
  const at = process.argv[i + 1].indexOf("=");
  files[process.argv[i + 1].slice(0, at)] = process.argv[i + 1].slice(at + 1);
}
const { verdict, items, proof, ...inputs } = files;
const hash = (...parts) => parts.reduce((h, part) => h.update(part), createHash("sha256")).digest();
const given = Object.keys(inputs)
  .sort()
  .map((name) => readFileSync(inputs[name]));
const valid = items
  ? readdirSync(items).every((name, i) =>
      readFileSync(join(items, name)).equals(hash(...given, String(i))),
    )
  : readFileSync(proof).equals(hash(...given));
writeFileSync(verdict, JSON.stringify({ valid, reason: valid ? "the same" : "another result" }));
