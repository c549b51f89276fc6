import { expect } from "chai";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { TYPESCRIPT_RUNNER } from "../../../protocol/typescript-loader";

describe("a process that runs from one bundle", () => {
  let folder: string;
  const bundles = join(__dirname, "../../../node_modules/.cache/froben");
  const write = (name: string, code: string) => writeFileSync(join(folder, name), code);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "froben-bundle-"));
    write("entry.ts", 'import { word } from "./word";\nconsole.log(word, process.argv.slice(1));');
    write("word.ts", 'export const word: string = "first";');
  });

  /** The bundle, and what belongs to it. */
  const made = () => readdirSync(bundles).filter((name) => name.includes(basename(folder)));

  afterEach(() => {
    for (const name of made()) rmSync(join(bundles, name), { recursive: true });
    rmSync(folder, { recursive: true });
  });

  function run(...args: string[]) {
    const all = [TYPESCRIPT_RUNNER, join(folder, "entry.ts"), ...args];
    const { stdout, stderr, status } = spawnSync(process.execPath, all, { encoding: "utf8" });
    return { out: stdout.trim(), err: stderr, status };
  }

  it("gets its arguments behind its own name, as every program does", () => {
    expect(run("a", "--b").out).equal(`first [ '${join(folder, "entry.ts")}', 'a', '--b' ]`);
  });

  it("follows a change of any module", () => {
    expect(run().out).match(/^first/);
    write("word.ts", 'export const word: string = "second";');
    expect(run().out).match(/^second/);
    write("word.ts", 'export * from "./other";');
    write("other.ts", 'export const word = "third";');
    expect(run().out).match(/^third/);
    write("other.ts", 'export const word = "fourth";');
    expect(run().out).match(/^fourth/);
  });

  it("is made once by processes that start at the same time, though one was killed while it made it", async () => {
    run();
    const bundle = join(
      bundles,
      made().find((name) => name.endsWith(".cjs"))!,
    );
    const { pid: gone } = spawnSync(process.execPath, ["--version"]);
    writeFileSync(`${bundle}.maker`, String(gone));
    write("word.ts", 'export const word: string = "anew";');
    const codes = new Set<unknown>();
    const bundlesSeen = new Set<number>();
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        const child = spawn(process.execPath, [TYPESCRIPT_RUNNER, join(folder, "entry.ts")]);
        let out = "";
        child.stdout.on("data", (chunk) => (out += String(chunk)));
        codes.add((await once(child, "close"))[0]);
        expect(out).match(/^anew/);
        bundlesSeen.add(statSync(bundle).ino);
      }),
    );
    expect([...codes]).deep.equal([0]);
    expect(bundlesSeen.size).equal(1);
    expect(made().some((name) => name.endsWith(".maker"))).equal(false);
  });

  it("says so when a module is gone, though a bundle of it is there", () => {
    expect(run().status).equal(0);
    rmSync(join(folder, "word.ts"));
    const { err, status } = run();
    expect(status).equal(1);
    expect(err).contain('Could not resolve "./word"');
  });

  it("has modules that know where they are", () => {
    write("word.ts", "export const word = __dirname;");
    expect(run().out.split(" ")[0]).equal(folder);
  });

  it("runs module by module where no bundle can be kept", () => {
    run();
    const bundle = join(
      bundles,
      made().find((name) => name.endsWith(".cjs"))!,
    );
    rmSync(bundle);
    mkdirSync(join(bundle, "in the way"), { recursive: true });
    expect(run("a").out).equal(`first [ '${join(folder, "entry.ts")}', 'a' ]`);
  });

  it("names file and line of the source in its errors", () => {
    write("word.ts", '\n\nthrow new Error("no");\nexport const word = "";');
    const { err, status } = run();
    expect(status).equal(1);
    expect(err).contain(`${join(folder, "word.ts")}:3`);
  });

  it("has a map of the project's own modules alone, as Node reads all of it at a process's first error", () => {
    write("word.ts", 'import { keccak256 } from "viem";\nexport const word = keccak256("0x");');
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(join(__dirname, "../../../node_modules/viem"), join(folder, "node_modules/viem"));
    expect(run().out).match(/^0xc5d2460186f7/);
    const name = made().find((one) => one.endsWith(".map"))!;
    const map = readFileSync(join(bundles, name), "utf8");
    const { mappings } = JSON.parse(map) as { mappings: string };
    expect(mappings.split(/[;,]/).filter(Boolean)).length.below(1_000);
  });
});
