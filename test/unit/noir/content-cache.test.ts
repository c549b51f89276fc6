import { expect } from "chai";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../../../provers/lib/cache-folder";
import { cachedFolder, contentKey, removeUnfinished } from "../../../provers/lib/content-cache";

describe("the content cache", () => {
  let root: string;
  const make = (text: string) => (folder: string) => writeFile(join(folder, "file"), text);

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "froben-cache-test-"));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it("makes a folder once for the same ingredients", async () => {
    const first = await cachedFolder(root, "thing", ["a"], make("one"));
    expect(await cachedFolder(root, "thing", ["a"], make("two"))).to.equal(first);
    expect(await readFile(join(first, "file"), "utf8")).to.equal("one");
  });

  it("makes another folder for other ingredients", async () => {
    const first = await cachedFolder(root, "thing", ["a"], make("one"));
    expect(await cachedFolder(root, "thing", ["b"], make("two"))).not.to.equal(first);
  });

  it("does not run ingredients together", () => {
    expect(contentKey(["ab", "c"])).not.to.equal(contentKey(["a", "bc"]));
    expect(contentKey(["ab"])).to.equal(contentKey([Buffer.from("ab")]));
  });

  it("keeps nothing of a folder whose making failed, and makes it the next time", async () => {
    const fail = () => Promise.reject(new Error("no luck"));
    const error: unknown = await cachedFolder(root, "thing", ["a"], fail).catch((e: unknown) => e);
    expect((error as Error).message).to.equal("no luck");
    expect(readdirSync(root)).to.be.empty;
    expect(existsSync(await cachedFolder(root, "thing", ["a"], make("one")))).to.equal(true);
  });

  it("gives concurrent callers one folder, whole", async () => {
    const folders = await Promise.all(
      ["one", "two", "three"].map((text) => cachedFolder(root, "thing", ["a"], make(text))),
    );
    expect(new Set(folders)).to.have.property("size", 1);
    expect(readdirSync(root)).to.have.length(1);
    expect(await readFile(join(folders[0]!, "file"), "utf8")).to.be.oneOf(["one", "two", "three"]);
  });

  it("clears what killed runs left, and only that", async () => {
    const finished = await cachedFolder(root, "thing", ["a"], make("one"));
    await mkdir(join(root, ".making-thing-x"));
    await removeUnfinished(root);
    expect(readdirSync(root).map((name) => join(root, name))).to.deep.equal([finished]);
  });
});

describe("the cache folder", () => {
  const saved = { ...process.env };
  afterEach(() => {
    for (const name of ["FROBEN_CACHE", "XDG_CACHE_HOME"]) {
      if (saved[name] === undefined) delete process.env[name];
      else process.env[name] = saved[name];
    }
  });

  it("is FROBEN_CACHE, else under XDG_CACHE_HOME", () => {
    process.env.XDG_CACHE_HOME = "/xdg";
    process.env.FROBEN_CACHE = "/own";
    expect(cacheFolder("noir")).to.equal("/own/noir");
    delete process.env.FROBEN_CACHE;
    expect(cacheFolder("noir")).to.equal("/xdg/froben/noir");
  });
});
