/** A validation program for tests: a result is valid if the first byte of its output `proof` is not zero. */
import { readFileSync, writeFileSync } from "node:fs";

const given = new Map<string, string>();
const args = process.argv.slice(2);
for (let i = 0; i + 1 < args.length; i += 2) {
  const [name, path] = args[i + 1]!.split("=") as [string, string];
  given.set(`${args[i]} ${name}`, path);
}
const valid = readFileSync(given.get("--in proof")!)[0] !== 0;
writeFileSync(
  given.get("--out verdict")!,
  JSON.stringify(valid ? { valid } : { valid, reason: "its first byte is zero" }),
);
