// Finds the Node 22 that the project pins as an npm package, so that every command runs on the same version.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Path of the pinned Node binary, or undefined when the dependencies are not installed yet. */
export function pinnedNode() {
  const name = process.platform === "win32" ? "node.exe" : "node";
  const path = join(root, "node_modules", "node", "bin", name);
  return existsSync(path) ? path : undefined;
}

/** Arguments of Node that run a TypeScript file of the project; it is found whatever the working directory is. */
export function processArgs(file, args) {
  return [join(root, "bin", "run.mjs"), join(root, file), ...args];
}
