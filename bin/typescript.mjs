// `node --import .../bin/typescript.mjs FILE.ts`: lets Node run the project's TypeScript. It is tsx, whose compiled files are
// kept for all processes: tsx puts them below the folder for temporary files, which is a fresh and private one for every
// program, so that each run of a program would compile it again.
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The folder of `provers/lib/cache-folder.ts`, which can't be read before there is TypeScript. */
function compiledFolder() {
  const { FROBEN_CACHE, XDG_CACHE_HOME } = process.env;
  const base = FROBEN_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "froben");
  return join(resolve(base), "compiled");
}

const { TMPDIR } = process.env;
try {
  const folder = compiledFolder();
  mkdirSync(folder, { recursive: true });
  process.env.TMPDIR = folder;
} catch {
  // no place to keep anything: compiled each time
}
await import("tsx");
if (TMPDIR === undefined) delete process.env.TMPDIR;
else process.env.TMPDIR = TMPDIR;
