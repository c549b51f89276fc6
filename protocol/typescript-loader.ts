import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** For Node's `--import`: lets a process run any TypeScript, module by module, whatever its working directory is. */
export const TYPESCRIPT_LOADER = pathToFileURL(join(__dirname, "../bin/typescript.mjs")).href;

/** First argument of Node for a process of the project's own: it runs the TypeScript file that comes next, from one bundle. */
export const TYPESCRIPT_RUNNER = join(__dirname, "../bin/run.mjs");
