// The programs of the chaos workflow: `--param do=split|copy|merge`. They hash their inputs and are done at once, or once they have used
// `--param cpu=MILLISECONDS` of processor time.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const files = { in: {}, out: {}, param: {} };
for (let i = 2; i < process.argv.length; i += 2) {
  const at = process.argv[i + 1].indexOf("=");
  files[process.argv[i].slice(2)][process.argv[i + 1].slice(0, at)] = process.argv[i + 1].slice(
    at + 1,
  );
}
const hash = (...parts) => parts.reduce((h, part) => h.update(part), createHash("sha256")).digest();
const inputs = Object.keys(files.in)
  .sort()
  .map((name) => readFileSync(files.in[name]));

/** Uses a millisecond or so: to ask how much was used takes the machine longer than that if nothing is done in between. */
function use() {
  let x = 1;
  for (let i = 0; i < 500_000; i++) x = Math.imul(x, 31) + i;
  return x;
}

const used = ({ user, system }) => (user + system) / 1000;
while (used(process.cpuUsage()) < Number(files.param.cpu ?? 0)) use();

switch (files.param.do) {
  case "split":
    for (let i = 0; i < Number(files.param.items); i++)
      writeFileSync(join(files.out.items, String(i).padStart(5, "0")), hash(...inputs, String(i)));
    break;
  case "copy": // what an echo verifier takes for a proof
    writeFileSync(files.out.proof, inputs[0]);
    break;
  case "merge":
    writeFileSync(files.out.proof, hash(...inputs));
    break;
  default:
    process.exitCode = 2;
}
