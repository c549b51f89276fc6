import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** For Node's `--import`: lets a child process run the project's TypeScript, whatever its working directory is. */
export const TYPESCRIPT_LOADER = pathToFileURL(join(__dirname, "../bin/typescript.mjs")).href;
