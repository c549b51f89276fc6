// `node bin/run.mjs FILE.ts [ARG ...]`: runs a process of the project from one file of all its modules; see bundle.mjs.
import { createRequire, enableCompileCache, flushCompileCache } from "node:module";
import { join, resolve } from "node:path";
import { bundled, CACHE } from "./bundle.mjs";

/** When what was compiled is kept, milliseconds after the start: a process that is killed does not come to its end. */
const KEEP_COMPILED_MS = 2_000;

/** Where nothing can be written, as in somebody else's installation, the modules are loaded one by one. */
async function asModules(error) {
  if (error.syscall === undefined) throw error;
  await import("./typescript.mjs");
  return entry;
}

/** Node makes the error of a stream's reader that lets go once, with its stack: before there is a map that it would read for that. */
new ReadableStream().getReader().releaseLock();

const entry = resolve(process.argv[2]);
process.argv.splice(1, 2, entry);
process.setSourceMapsEnabled(true);
enableCompileCache(join(CACHE, "compiled"));
createRequire(import.meta.url)(await bundled(entry).catch(asModules));
setTimeout(flushCompileCache, KEEP_COMPILED_MS).unref();
