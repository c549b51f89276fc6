import { expect } from "chai";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  allowPrograms,
  forbidProgram,
  loadProgramList,
  programListPath,
  readProgramList,
} from "../../../sdk/program-list";
import type { FrobenError } from "../../../protocol/errors";

describe("an operator's allow-list", () => {
  let folder: string;
  let list: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "froben-programs-"));
    list = programListPath(join(folder, "operator"));
    for (const name of ["one", "two"]) install(name, "first");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** @returns the manifest's path */
  function install(name: string, code: string): string {
    mkdirSync(join(folder, "programs"), { recursive: true });
    writeFileSync(join(folder, "programs", `${name}.ts`), code);
    const manifest = { name, version: "1", entry: `${name}.ts`, files: [`${name}.ts`] };
    const path = join(folder, "programs", `${name}.program.json`);
    writeFileSync(path, JSON.stringify(manifest));
    return path;
  }
  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => "none",
      (error: FrobenError) => error.code,
    );

  it("is empty before anything was allowed", async () => {
    expect(await readProgramList(list)).to.deep.equal([]);
    expect(await loadProgramList(list)).to.deep.equal([]);
  });

  it("holds what was allowed, from a manifest or a folder, once each", async () => {
    const added = await allowPrograms(list, [join(folder, "programs")]);
    expect(added.map(({ name }) => name)).to.deep.equal(["one", "two"]);
    await allowPrograms(list, [join(folder, "programs", "two.program.json")]);
    expect(await readProgramList(list)).to.deep.equal(added);
    expect((await loadProgramList(list)).map(({ digest }) => digest)).to.deep.equal(
      added.map(({ digest }) => digest),
    );
  });

  it("refuses a program that has changed since, until the change is allowed", async () => {
    const manifest = install("one", "first");
    const [before] = await allowPrograms(list, [manifest]);
    install("one", "second");
    const error = await loadProgramList(list).catch((e: unknown) => e as FrobenError);
    expect(error).to.include({ code: "program_changed", field: manifest, limit: before!.digest });
    const [after] = await allowPrograms(list, [manifest]);
    expect(after!.digest).to.not.equal(before!.digest);
    expect(await readProgramList(list)).to.deep.equal([after]);
    expect(await loadProgramList(list)).to.have.length(1);
  });

  it("forgets a program by its name or its digest", async () => {
    const [one, two] = await allowPrograms(list, [join(folder, "programs")]);
    expect(await forbidProgram(list, "one")).to.deep.equal([one]);
    expect(await forbidProgram(list, two!.digest)).to.deep.equal([two]);
    expect(await readProgramList(list)).to.deep.equal([]);
    expect(await codeOf(forbidProgram(list, "one"))).to.equal("program_unknown");
  });

  it("does not change when a path, a file or a manifest is missing or wrong", async () => {
    const [one] = await allowPrograms(list, [install("one", "first")]);
    const empty = join(folder, "empty");
    mkdirSync(empty);
    const broken = install("broken", "code");
    writeFileSync(broken, "{}");
    const lost = install("lost", "code");
    rmSync(join(folder, "programs", "lost.ts"));
    const two = join(folder, "programs", "two.program.json");
    for (const [path, code] of [
      [join(folder, "nowhere"), "program_missing"],
      [empty, "program_missing"],
      [broken, "program_invalid"],
      [lost, "program_file_missing"],
    ] as const)
      expect(await codeOf(allowPrograms(list, [two, path])), path).to.equal(code);
    expect(await readProgramList(list)).to.deep.equal([one]);
    expect(existsSync(`${list}.new`)).to.equal(false);
  });

  for (const [what, content] of [
    ["not JSON", "{"],
    ["of another form", '{"programs":[{"digest":"x"}]}'],
  ] as const)
    it(`is refused when it is ${what}, and stays as it is`, async () => {
      await allowPrograms(list, [install("one", "first")]);
      writeFileSync(list, content);
      expect(await codeOf(readProgramList(list))).to.equal("program_list_invalid");
      expect(await codeOf(allowPrograms(list, [install("two", "x")]))).to.equal(
        "program_list_invalid",
      );
      expect(readFileSync(list, "utf8")).to.equal(content);
    });
});
