import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
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
});
