import { expect } from "chai";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Address } from "viem";
import { readCompiled } from "../../../deploy/compiled";
import { createDeployer, type Deployer } from "../../../deploy/deployer";
import { deployRollup } from "../../../deploy/030-rollup";
import { DeploymentRecord } from "../../../deploy/deployment-record";
import { devnetAccount, devnetKey, startChain } from "../../../devnet/chain";
import { Cleanup } from "../../../devnet/cleanup";
import { typescript } from "../../../devnet/processes";
import { marketAbi } from "../../../protocol/abi";
import { FrobenError } from "../../../protocol/errors";

const root = join(__dirname, "../../..");
interface DeploymentJson {
  contracts: { [name: string]: { address: Address } };
}

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
      "MarketCourt",
      "MarketExtension",
      "Market",
      "SemaphoreVerifier",
      "SemaphoreAdapter",
    ]);
    const again = deploy(env, "--semaphore", "--json");
    expect(again.status, again.stderr).to.equal(0);
    expect(JSON.parse(again.stdout)).to.deep.equal(record);
    expect(JSON.parse(readFileSync(out, "utf8"))).to.deep.equal(record);
  });

  it("goes on where a run broke off, with the contracts that stand already", function () {
    this.timeout(120_000);
    const env = { FROBEN_DEPLOYER_KEY: devnetKey(0) };
    const other = join(folder, "resumed.json");
    expect(deploy(env, "--out", other).status).to.equal(0);
    const whole = JSON.parse(readFileSync(other, "utf8")) as DeploymentJson;
    const { Market: market, ...parts } = whole.contracts;
    writeFileSync(other, JSON.stringify({ ...whole, contracts: parts }));
    const again = deploy(env, "--out", other, "--json");
    expect(again.status, again.stderr).to.equal(0);
    const resumed = JSON.parse(again.stdout) as DeploymentJson;
    expect(resumed.contracts).to.deep.include(parts);
    expect(resumed.contracts.Market!.address).to.not.equal(market!.address);
  });

  it("refuses a record whose market has another parameter, and names it", function () {
    this.timeout(120_000);
    const env = { FROBEN_DEPLOYER_KEY: devnetKey(0) };
    const other = join(folder, "parameters.json");
    expect(deploy(env, "--out", other).status).to.equal(0);
    const again = deploy(env, "--out", other, "--min-stake", "500");
    expect(again.status).to.equal(1);
    expect(again.stderr).to.contain("another parameter").and.to.contain("--out");
  });

  it("deploys a market that is paid in a token, once it is told what a unit of it is", async function () {
    this.timeout(120_000);
    const deployer = await createDeployer(rpcUrl, devnetAccount(0), new DeploymentRecord());
    const code = readCompiled("test/PermitToken.sol", "PermitToken");
    const { address: token } = await deployer.deploy("PermitToken", code);
    const env = { FROBEN_DEPLOYER_KEY: devnetKey(0) };
    const other = join(folder, "token.json");
    const flags = ["--out", other, "--token", token];
    const incomplete = deploy(env, ...flags);
    expect(incomplete.status).to.equal(1);
    expect(incomplete.stderr).to.contain("--unit");
    const whole = deploy(env, ...flags, "--unit", "1000", "--json");
    expect(whole.status, whole.stderr).to.equal(0);
    const { contracts } = JSON.parse(whole.stdout) as DeploymentJson;
    const read = { address: contracts.Market!.address, abi: marketAbi } as const;
    const { client } = deployer;
    expect(await client.readContract({ ...read, functionName: "TOKEN" })).to.equal(token);
    expect(await client.readContract({ ...read, functionName: "UNIT" })).to.equal(1000n);
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
