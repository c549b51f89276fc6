// Finds the Node 22 that the project pins as an npm package, so that every command runs on the same version.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Path of the pinned Node binary, or undefined when the dependencies are not installed yet. */
export function pinnedNode() {
  const name = process.platform === "win32" ? "node.exe" : "node";
  const path = join(root, "node_modules", "node", "bin", name);
  return existsSync(path) ? path : undefined;
}

/** Arguments of Node that run a process of the product: a TypeScript file that is found whatever the working directory is. */
export function processArgs(file, args) {
  return [join(root, "bin", "run.mjs"), join(root, file), ...args];
}

/** The same for a script, which may load what it has just installed. */
export function scriptArgs(file, args) {
  const loader = pathToFileURL(join(root, "bin", "typescript.mjs")).href;
  return ["--import", loader, join(root, file), ...args];
}
