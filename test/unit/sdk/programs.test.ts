import { expect } from "chai";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "../../../protocol/digest";
import { programDigest } from "../../../protocol/program";
import { TYPESCRIPT_LOADER } from "../../../protocol/typescript-loader";
import { loadProgram, loadPrograms } from "../../../sdk";

const MANIFEST = {
  name: "test/echo",
  version: "1.0.0",
  entry: "echo.ts",
  files: ["echo.ts", "lib/a.ts"],
};

describe("loadProgram", () => {
  let folder: string;
  let manifest: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "froben-test-"));
    manifest = join(folder, "echo.program.json");
    await mkdir(join(folder, "lib"));
    await writeFile(join(folder, "echo.ts"), "echo");
    await writeFile(join(folder, "lib/a.ts"), "a");
    await writeFile(manifest, JSON.stringify(MANIFEST));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const codeOf = (attempt: Promise<unknown>) =>
    attempt.then(
      () => "loaded",
      (error: { code: string }) => error.code,
    );

  it("names a program by its manifest and the content of all its files", async () => {
    const files = { "echo.ts": sha256("echo"), "lib/a.ts": sha256("a") };
    expect((await loadProgram(manifest)).digest).to.equal(programDigest(MANIFEST, files));
  });

  it("gives another digest when any file changes", async () => {
    const before = (await loadProgram(manifest)).digest;
    await writeFile(join(folder, "lib/a.ts"), "b");
    expect((await loadProgram(manifest)).digest).to.not.equal(before);
  });

  it("gives the command that runs it from anywhere", async () => {
    const { command } = await loadProgram(manifest);
    expect(command[0]).to.equal(process.execPath);
    expect(command.at(-1)).to.equal(join(folder, "echo.ts"));
  });

  it("has TypeScript compiled for a program that has some among its files, and for no other", async () => {
    expect((await loadProgram(manifest)).command).to.include(TYPESCRIPT_LOADER);
    const mixed = { ...MANIFEST, entry: "echo.mjs", files: ["echo.mjs", "lib/a.ts"] };
    await writeFile(join(folder, "echo.mjs"), "echo");
    await writeFile(manifest, JSON.stringify(mixed));
    expect((await loadProgram(manifest)).command).to.include(TYPESCRIPT_LOADER);
    await writeFile(manifest, JSON.stringify({ ...mixed, files: ["echo.mjs"] }));
    expect((await loadProgram(manifest)).command).to.deep.equal([
      process.execPath,
      join(folder, "echo.mjs"),
    ]);
  });

  it("refuses a manifest that is missing, no JSON, of another form, or lists a missing file", async () => {
    expect(await codeOf(loadProgram(join(folder, "no.json")))).to.equal("program_missing");
    await rm(join(folder, "lib/a.ts"));
    expect(await codeOf(loadProgram(manifest))).to.equal("program_file_missing");
    await writeFile(manifest, JSON.stringify({ ...MANIFEST, extra: 1 }));
    expect(await codeOf(loadProgram(manifest))).to.equal("program_invalid");
    await writeFile(manifest, "{");
    expect(await codeOf(loadProgram(manifest))).to.equal("program_invalid");
  });

  it("finds programs by name, and says which there are when one is unknown", async () => {
    const set = await loadPrograms([manifest]);
    expect(set.digest("test/echo")).to.equal((await loadProgram(manifest)).digest);
    expect(() => set.digest("x"))
      .to.throw()
      .with.property("hint", "known: test/echo");
  });
});
