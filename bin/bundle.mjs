// One file of all modules that a process needs: it starts in a quarter of the time that Node takes to find and read a thousand files.
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
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

/** Whether a bundle is of the files as they are now: its first line says which it was made of. */
function isFresh(path) {
  try {
    const text = readFileSync(path, "latin1");
    const made = JSON.parse(text.slice(2, text.indexOf("\n")));
    return (
      made.root === root && Object.entries(made.files).every(([file, was]) => stampOf(file) === was)
    );
  } catch {
    return false; // there is none, or a file is gone
  }
}

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
    plugins: [inPlace(files)],
    logLevel: "error",
  });
  mkdirSync(CACHE, { recursive: true });
  for (const { path: to, text } of outputFiles) {
    const mine = `${to}.${process.pid}`;
    const head = to === path ? `//${JSON.stringify({ root, files })}` : "";
    writeFileSync(mine, head ? text.replace("//", () => head) : text);
    renameSync(mine, to); // whoever reads it has a whole one
  }
}

/**
 * @param entry TypeScript file that runs as a process, absolute
 * @returns path of one CommonJS file that does the same, made anew if any of its modules changed
 */
export async function bundled(entry) {
  const name = relative(root, entry).replace(/\.ts$/, "").replaceAll(sep, "-");
  const path = join(CACHE, `${name}.cjs`);
  if (!isFresh(path)) await make(entry, path);
  return path;
}
