// Entry of every npm script: installs what is missing, then runs a TypeScript file with the pinned Node.
// Usage: node bin/bootstrap.mjs FILE.ts [ARG ...]
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pinnedNode, processArgs, root, scriptArgs } from "./node22.mjs";

const lockFile = join(root, "package-lock.json");
const marker = join(root, "node_modules", ".froben-install");
const npmState = join(root, "node_modules", ".package-lock.json");

/** Whether node_modules was made from today's lock file, by this script or by a plain `npm ci`. */
function installed() {
  if (!pinnedNode() || !existsSync(npmState)) return false;
  if (existsSync(marker)) return readFileSync(marker, "utf8").includes(lockDigest());
  return statSync(npmState).mtimeMs >= statSync(lockFile).mtimeMs;
}

function lockDigest() {
  return createHash("sha256").update(readFileSync(lockFile)).digest("hex");
}

/** Megabytes of a folder's files. */
function sizeOf(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const bytes = files.reduce(
    (sum, file) => sum + lstatSync(join(file.parentPath ?? file.path, file.name)).size,
    0,
  );
  return Math.round(bytes / 1024 / 1024);
}

/** Installs, and leaves a note of which lock file that was, and what it took. */
function install() {
  const started = Date.now();
  process.stderr.write(
    "froben: installing dependencies from package-lock.json (about a minute, once) ...\n",
  );
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status, error } = spawnSync(npm, args, {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) {
    process.stderr.write(
      `froben: "npm ci" failed${error ? ` (${error.message})` : ""}. Is the npm registry reachable? Run "npm ci" to see why.\n`,
    );
    process.exit(1);
  }
  const seconds = Math.round((Date.now() - started) / 1000);
  const megabytes = sizeOf(join(root, "node_modules"));
  writeFileSync(marker, JSON.stringify({ lock: lockDigest(), seconds, megabytes }));
  process.stderr.write(`froben: installed in ${seconds} s, ${megabytes} MB\n`);
}

if (Number(process.versions.node.split(".")[0]) < 20) {
  process.stderr.write(`froben: Node 20 or newer is needed, this is ${process.version}\n`);
  process.exit(1);
}
if (!installed()) install();
// Somebody's own `npm ci`: what it took is not known.
if (!existsSync(marker))
  writeFileSync(marker, JSON.stringify({ lock: lockDigest(), seconds: null, megabytes: null }));

const [file, ...args] = process.argv.slice(2);
const argsOf = /^(offchain|operator)[/\\]/.test(file) ? processArgs : scriptArgs;
const child = spawn(pinnedNode(), argsOf(file, args), { stdio: "inherit" });
// The child decides how to stop; this process only passes signals on and waits for it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
