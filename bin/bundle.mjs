// One file of all modules that a process needs: it starts in a quarter of the time that Node takes to find and read a thousand files.
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { root } from "./node22.mjs";

/** Where bundles are kept, and what Node compiled of them; packages are found from there. */
export const CACHE = join(root, "node_modules", ".cache", "froben");

/** What stays outside: native code, what starts files of its own by their path, and what few processes ever load. */
const EXTERNAL = [
  "better-sqlite3",
  "esbuild",
  "ethers",
  "hardhat",
  "pino",
  "pino-pretty",
  "secp256k1",
  "solc",
  "tsx",
];

/** What decides a bundle besides the project's own modules. */
const ALWAYS = [fileURLToPath(import.meta.url), join(root, "package-lock.json")];

function stampOf(file) {
  const { mtimeMs, size } = statSync(join(root, file));
  return `${mtimeMs} ${size}`;
}

/** @returns the first line of a file, of which only that is read */
function firstLine(path) {
  const file = openSync(path);
  try {
    const part = Buffer.alloc(64 * 1024);
    for (let line = ""; ;) {
      const text = part.latin1Slice(0, readSync(file, part));
      const end = text.indexOf("\n");
      if (end >= 0 || text === "") return line + text.slice(0, end);
      line += text;
    }
  } finally {
    closeSync(file);
  }
}

/** Whether a bundle is of the files as they are now: its first line says which it was made of. */
function isFresh(path) {
  try {
    const made = JSON.parse(firstLine(path).slice(2));
    return (
      made.root === root && Object.entries(made.files).every(([file, was]) => stampOf(file) === was)
    );
  } catch {
    return false; // there is none, or a file is gone
  }
}

/** Says of a package's module that it has no source: four fifths of a bundle's map, which Node reads whole at its first error. */
const UNMAPPED = `\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(
  JSON.stringify({ version: 3, sources: [""], mappings: "AAAA" }),
).toString("base64")}`;

/** Errors name lines of the project's own modules. */
const unmapped = {
  name: "unmapped",
  setup(build) {
    build.onLoad({ filter: /\/node_modules\/.*\.[cm]?js$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")) + UNMAPPED,
      loader: "js",
    }));
  },
};

/** Modules are told where they are, not where the bundle is. */
const inPlace = (stamps) => ({
  name: "in place",
  setup(build) {
    build.onLoad({ filter: /\.(ts|json)$/ }, async ({ path }) => {
      if (path.split(sep).includes("node_modules")) return undefined;
      const file = relative(root, path);
      stamps[file] = stampOf(file); // before it is read: what changes meanwhile makes the bundle stale
      if (path.endsWith(".json")) return undefined;
      const contents = await readFile(path, "utf8");
      const folder = contents.includes("__dirname")
        ? `const __dirname = ${JSON.stringify(dirname(path))};`
        : "";
      return { contents: folder + contents, loader: "ts", resolveDir: dirname(path) };
    });
  },
});

async function make(entry, path) {
  const { build } = await import("esbuild");
  const files = Object.fromEntries(
    ALWAYS.map((file) => relative(root, file)).map((file) => [file, stampOf(file)]),
  );
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: path,
    bundle: true,
    write: false,
    platform: "node",
    format: "cjs",
    target: "node22",
    sourcemap: true,
    sourcesContent: false,
    external: EXTERNAL,
    banner: { js: "//" }, // the line of `isFresh`
    plugins: [inPlace(files), unmapped],
    logLevel: "error",
  });
  for (const { path: to, text } of outputFiles) {
    const mine = `${to}.${process.pid}`;
    const head = to === path ? `//${JSON.stringify({ root, files })}` : "";
    writeFileSync(mine, head ? text.replace("//", () => head) : text);
    renameSync(mine, to); // whoever reads it has a whole one
  }
}

/** How long a bundle that another process makes is waited for, and how often it is looked for, milliseconds. */
const MAKING_MS = 30_000;
const LOOK_MS = 50;

/** Whether the process whose id a file holds is there. */
function isHeld(file) {
  try {
    process.kill(Number(readFileSync(file, "utf8")), 0);
    return true;
  } catch (error) {
    return error.code !== "ESRCH" && error.code !== "ENOENT";
  }
}

/** Of processes that start at the same time one makes the bundle, and the others wait for it. */
async function makeOnce(entry, path) {
  const maker = `${path}.maker`;
  mkdirSync(CACHE, { recursive: true });
  for (const end = Date.now() + MAKING_MS; Date.now() < end; await delay(LOOK_MS)) {
    if (isHeld(maker)) continue;
    if (isFresh(path)) return;
    rmSync(maker, { force: true }); // of one that was killed
    try {
      writeFileSync(maker, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
  }
  try {
    await make(entry, path);
  } finally {
    rmSync(maker, { force: true });
  }
}

/**
 * @param entry TypeScript file that runs as a process, absolute
 * @returns path of one CommonJS file that does the same, made anew if any of its modules changed
 */
export async function bundled(entry) {
  const name = relative(root, entry).replace(/\.ts$/, "").replaceAll(sep, "-");
  const path = join(CACHE, `${name}.cjs`);
  if (!isFresh(path)) await makeOnce(entry, path);
  return path;
}
