import { expect } from "chai";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ArtifactStore } from "../../../offchain/artifacts/artifact-store";
import { openFolderStore } from "../../../offchain/artifacts/folder-store";
import type { Validator } from "../../../offchain/coordinator/facade";
import { loadInstalledPrograms } from "../../../offchain/validation/installed-programs";
import { createValidator } from "../../../offchain/validation/program-validator";
import { findIsolation, type Isolation } from "../../../machine/isolation";
import { sha256, type Digest } from "../../../protocol/digest";
import { FrobenError } from "../../../protocol/errors";
import { programDigest } from "../../../protocol/program";

const LIMITS = { seconds: 60, memoryMb: 2048 };

/** A program that does as its input says: writes a verdict, hangs, fails, refuses, or takes memory. */
const ENTRY = `
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
const pair = (name: string) => process.argv.find((arg) => arg.startsWith(name + "="))!.slice(name.length + 1);
const path = pair("result");
const what = statSync(path).isDirectory()
  ? readdirSync(path).map((file) => readFileSync(path + "/" + file, "utf8")).join("+")
  : readFileSync(path, "utf8");
if (what === "hang") setInterval(() => {}, 1000);
else if (what === "fail") { console.error("broken"); process.exit(1); }
else if (what === "refuse") { console.error("no proof at all"); process.exit(3); }
else if (what === "silent") process.exit(0);
else if (what === "garbage") writeFileSync(pair("verdict"), "{");
else if (what === "memory") { (globalThis as any).held = Buffer.alloc(600 * 2 ** 20, 1); setInterval(() => {}, 1000); }
else if (what === "env") writeFileSync(pair("verdict"), JSON.stringify({ valid: true, reason: String(process.env.FROBEN_COORDINATOR_KEY) }));
else if (what.startsWith("look ")) {
  const [, secret, outside, pid] = what.split(" ");
  const tried = (act: () => unknown) => {
    try { act(); return "done"; } catch (error) { return (error as any).code; }
  };
  const reason = [
    tried(() => readFileSync(secret!)),
    tried(() => writeFileSync(outside!, "")),
    tried(() => readdirSync("/proc/" + pid)),
  ].join(" ");
  writeFileSync(pair("verdict"), JSON.stringify({ valid: true, reason }));
}
else writeFileSync(pair("verdict"), JSON.stringify({ valid: what === "good" || what === "a+b+c", reason: what }));
`;

describe("validation programs", () => {
  let folder: string;
  let data: string;
  let isolation: Isolation;
  let store: ArtifactStore;
  let validator: Validator;
  let program: Digest;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "froben-validation-"));
    const programs = join(folder, "programs");
    await mkdir(programs);
    data = join(folder, "data");
    await mkdir(join(data, "runs"), { recursive: true });
    const manifest = { name: "check", version: "1", entry: "check.ts", files: ["check.ts"] };
    await writeFile(join(programs, "check.ts"), ENTRY);
    await writeFile(join(programs, "check.program.json"), JSON.stringify(manifest));
    program = programDigest(manifest, { "check.ts": sha256(ENTRY) });
    const artifacts = join(data, "artifacts");
    store = await openFolderStore(artifacts);
    const installed = await loadInstalledPrograms([programs]);
    const hidden = { folders: [data], files: [] };
    const shown = [artifacts];
    isolation = await findIsolation({ sandbox: "auto", network: "none", hidden, shown });
    validator = createValidator(installed, store, join(data, "runs"), isolation);
  });
  after(() => rm(folder, { recursive: true, force: true }));
  afterEach(async () => {
    expect(await readdir(join(data, "runs")), "private folders are removed").deep.equal([]);
  });

  async function judge(
    what: string | string[],
    limits = LIMITS,
    signal = new AbortController().signal,
  ) {
    const result =
      typeof what === "string"
        ? await store.write(what)
        : await Promise.all(what.map((item) => store.write(item)));
    return validator.run({ program, inputs: { result }, limits }, signal);
  }
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => expect.fail("it should have failed"),
      (error: unknown) => error as FrobenError,
    );

  it("are known by the digest of what lies on the disk", () => {
    expect(validator.has(program)).equal(true);
    expect(validator.has(sha256("another"))).equal(false);
  });

  it("give their verdict", async () => {
    expect(await judge("good")).deep.equal({ valid: true, reason: "good" });
    expect(await judge("bad")).deep.equal({ valid: false, reason: "bad" });
  });

  it("get a collection as a folder of files in order", async () => {
    expect(await judge(["a", "b", "c"])).include({ valid: true });
    expect(await judge(["b", "a", "c"])).include({ valid: false });
  });

  it("make a result invalid that they refuse to read", async () => {
    expect(await judge("refuse")).deep.equal({ valid: false, reason: "no proof at all" });
  });

  it("that fail, say nothing or speak nonsense give no verdict, and may be asked again", async () => {
    for (const what of ["fail", "silent", "garbage"])
      expect(await failure(judge(what)), what).include({
        code: "validation_failed",
        retryable: true,
      });
  });

  it("are killed when they run too long", async () => {
    expect(await failure(judge("hang", { seconds: 1, memoryMb: 2048 }))).include({
      code: "validation_failed",
      limit: 1,
    });
  });

  it("are killed when they take too much memory", async function () {
    if (process.platform !== "linux") this.skip();
    expect(await failure(judge("memory", { seconds: 60, memoryMb: 400 }))).include({
      code: "validation_failed",
      limit: 400,
    });
  });

  it("are killed when nobody wants their verdict any more", async () => {
    const abort = new AbortController();
    const running = failure(judge("hang", LIMITS, abort.signal));
    while ((await readdir(join(data, "runs"))).length === 0) await new Promise(setImmediate);
    abort.abort(new Error("not wanted"));
    expect((await running).message).equal("not wanted");
  });

  it("see nothing of the coordinator's environment but what finds their tools", async () => {
    process.env.FROBEN_COORDINATOR_KEY = "secret";
    try {
      expect(await judge("env")).deep.equal({ valid: true, reason: "undefined" });
    } finally {
      delete process.env.FROBEN_COORDINATOR_KEY;
    }
  });

  it("see neither the database nor other processes, and write nowhere but in their own folder", async function () {
    if (isolation.kind !== "bubblewrap") this.skip();
    const database = join(data, "coordinator.sqlite");
    await writeFile(database, "secret");
    const { valid, reason } = await judge(
      `look ${database} ${join(folder, "outside")} ${process.pid}`,
    );
    expect({ valid, reason }).deep.equal({ valid: true, reason: "ENOENT EROFS ENOENT" });
  });

  it("that are not installed are not run", async () => {
    const job = { program: sha256("another"), inputs: {}, limits: LIMITS };
    expect(await failure(validator.run(job, new AbortController().signal))).include({
      code: "program_unknown",
    });
  });

  it("whose files are missing are named at the start", async () => {
    expect(await failure(loadInstalledPrograms([join(folder, "nowhere")]))).include({
      code: "config_invalid",
      field: "FROBEN_PROGRAMS",
    });
  });
});
