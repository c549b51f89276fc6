// A task that takes the time that it is told to, as on a machine that has nothing else to do, and then hashes its inputs.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const given = { in: {}, out: {}, param: {} };
for (let i = 2; i < process.argv.length; i += 2) {
  const [name, ...value] = process.argv[i + 1].split("=");
  given[process.argv[i].slice(2)][name] = value.join("=");
}
await delay(Number(given.param.seconds) * 1000);
const hash = createHash("sha256");
for (const name of Object.keys(given.in).sort()) hash.update(readFileSync(given.in[name]));
writeFileSync(given.out.proof, hash.digest());
