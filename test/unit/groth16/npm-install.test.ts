import { expect } from "chai";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packagesInstalled } from "../../../provers/lib/installed-packages";
import { ensurePackages } from "../../../provers/lib/npm-install";

describe("ensurePackages", function () {
  this.timeout(60_000);
  let folder: string;

  /** A package without dependencies: npm needs no network for it. */
  async function writePackage(version: string): Promise<void> {
    const packageJson = { name: "nothing", version };
    const lockFile = { ...packageJson, lockfileVersion: 3, requires: true };
    await writeFile(join(folder, "package.json"), JSON.stringify(packageJson));
    await writeFile(
      join(folder, "package-lock.json"),
      JSON.stringify({ ...lockFile, packages: { "": packageJson } }),
    );
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "froben-install-test-"));
    await writePackage("1.0.0");
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("installs once when called twice at the same time", async () => {
    const results = await Promise.all([ensurePackages(folder), ensurePackages(folder)]);
    expect(results.filter(({ installed }) => installed)).to.have.length(1);
    expect(await packagesInstalled(folder)).to.equal(true);
    expect(existsSync(join(folder, "node_modules.lock"))).to.equal(false);
  });

  it("installs again after the lock file changed, and only then", async () => {
    await ensurePackages(folder);
    expect(await ensurePackages(folder)).to.include({ installed: false });
    await writePackage("1.0.1");
    expect(await packagesInstalled(folder)).to.equal(false);
    expect(await ensurePackages(folder)).to.include({ installed: true });
  });

  it("takes over from an installer that died", async () => {
    const noProcess = 2 ** 22 + 1; // Above Linux's largest process id.
    await writeFile(join(folder, "node_modules.lock"), String(noProcess));
    expect(await ensurePackages(folder)).to.include({ installed: true });
  });

  it("fails when npm does, and leaves no lock behind", async () => {
    await writeFile(join(folder, "package.json"), "{");
    const error: unknown = await ensurePackages(folder).catch((e: unknown) => e);
    expect(error).to.be.instanceOf(Error);
    expect((error as Error).message).to.contain("npm ci");
    expect(existsSync(join(folder, "node_modules.lock"))).to.equal(false);
  });
});
