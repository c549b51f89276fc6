import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Deployer } from "../../../deploy/deployer";
import { deployRollup } from "../../../deploy/030-rollup";
import { DeploymentRecord } from "../../../deploy/deployment-record";
import { devnetKey, startChain } from "../../../devnet/chain";
import { Cleanup } from "../../../devnet/cleanup";
import { typescript } from "../../../devnet/processes";
import { FrobenError } from "../../../protocol/errors";

const root = join(__dirname, "../../..");
const ROOT = `0x${"11".repeat(32)}` as const;

describe("the deployment", () => {
  const cleanup = new Cleanup();
  const folder = mkdtempSync(join(tmpdir(), "froben-deploy-"));
  const out = join(folder, "deployment.json");
  let rpcUrl = "";

  before(async function () {
    this.timeout(120_000);
    cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
    ({ rpcUrl } = await startChain(root, folder, process.env as Record<string, string>, cleanup));
  });
  after(() => cleanup.run());

  const deploy = (env: Record<string, string>, ...args: string[]) =>
    spawnSync(
      process.execPath,
      typescript(join(root, "deploy/deploy.ts"), "--rpc-url", rpcUrl, "--out", out, ...args),
      { cwd: folder, env: { PATH: process.env.PATH!, HOME: folder, ...env }, encoding: "utf8" },
    );

  it("puts market and adapter on any chain by its RPC URL, and leaves what stands when it is run again", function () {
    this.timeout(180_000);
    const env = { FROBEN_DEPLOYER_KEY: devnetKey(0) };
    const first = deploy(env, "--semaphore", "--json");
    expect(first.status, first.stderr).to.equal(0);
    const record = JSON.parse(first.stdout) as {
      chainId: number;
      contracts: Record<string, unknown>;
    };
    expect(record.chainId).to.equal(31337);
    expect(Object.keys(record.contracts)).to.deep.equal([
      "Market",
      "SemaphoreVerifier",
      "SemaphoreAdapter",
    ]);
    const again = deploy(env, "--semaphore", "--json");
    expect(again.status, again.stderr).to.equal(0);
    expect(JSON.parse(again.stdout)).to.deep.equal(record);
    expect(JSON.parse(readFileSync(out, "utf8"))).to.deep.equal(record);
  });

  it("says which variable is missing when there is no key", function () {
    this.timeout(60_000);
    const { status, stderr } = deploy({});
    expect(status).to.equal(1);
    expect(stderr).to.contain("FROBEN_DEPLOYER_KEY");
  });

  it("refuses a record that belongs to another chain", () => {
    const record = new DeploymentRecord();
    record.claim(1);
    expect(() => record.claim(31337))
      .to.throw(FrobenError)
      .with.property("code", "chain_mismatch");
  });

  it("refuses the dev set-up's verifier on a chain that is not local, before it deploys anything", async () => {
    const deployed: string[] = [];
    const mainnet = {
      chainId: 1,
      deploy: (name: string) => {
        deployed.push(name);
        return Promise.reject(new Error("must not be reached"));
      },
    } as unknown as Deployer;
    const code = { contractName: "HonkVerifier", abi: [], bytecode: "0x" } as const;
    const refused = await deployRollup(mainnet, {
      market: "0x0000000000000000000000000000000000000001",
      honkVerifier: code,
      mergeKeyHash: ROOT,
      genesisRoot: ROOT,
      setup: "dev",
    }).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(FrobenError).with.property("code", "setup_insecure");
    expect(deployed).to.deep.equal([]);
  });
});
