import { expect } from "chai";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { devnetKey, ROLES } from "../../../devnet/chain";
import { readConfig, usualValidations } from "../../../offchain/config";
import { FrobenError } from "../../../protocol/errors";
import { startTestChain, type TestChain } from "../../support/chain";
import { TYPESCRIPT_RUNNER } from "../../../protocol/typescript-loader";

const KEY = devnetKey(ROLES.coordinator);
const root = join(__dirname, "../../..");

describe("the coordinator as a process", () => {
  let chain: TestChain;
  const children: ChildProcess[] = [];

  before(async function () {
    this.timeout(120_000);
    chain = await startTestChain();
  });
  after(async () => {
    for (const child of children) child.kill("SIGKILL");
    await chain?.stop();
  });

  const environment = (): Record<string, string> => ({
    FROBEN_RPC_URL: chain.rpcUrl,
    FROBEN_MARKET: chain.market,
    FROBEN_FROM_BLOCK: String(chain.fromBlock),
    FROBEN_COORDINATOR_KEY: KEY,
    FROBEN_DATA_DIR: join(chain.folder, "coordinator"),
    FROBEN_PORT: "0",
    FROBEN_LOG_LEVEL: "trace",
  });

  function start(env: Record<string, string>) {
    const child = spawn(process.execPath, [TYPESCRIPT_RUNNER, "offchain/main.ts"], {
      cwd: root,
      env: { PATH: process.env.PATH, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    const said = { out: "", err: "" };
    child.stdout.on("data", (chunk: Buffer) => (said.out += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (said.err += chunk.toString()));
    return { child, said, closed: once(child, "close") as Promise<[number | null]> };
  }

  it("says where it listens in one line of JSON, logs to stderr only, and ends in order on SIGTERM, twice in a row", async () => {
    for (let life = 0; life < 2; life++) {
      const { child, said, closed } = start(environment());
      while (!said.out.includes("\n")) await Promise.race([once(child.stdout!, "data"), closed]);
      const { listening } = JSON.parse(said.out) as { listening: string };
      expect((await fetch(`${listening}/v1/status`)).status).equal(200);
      child.kill("SIGTERM");
      expect(await closed).deep.equal([0, null]);
      expect(said.out.trim().split("\n")).length(1);
      for (const line of said.err.trim().split("\n"))
        expect(() => JSON.parse(line) as unknown, line).not.throw();
      expect(said.err).not.include(KEY.slice(2));
      await fetch(listening).then(
        () => expect.fail("the port should be closed"),
        () => undefined,
      );
    }
  });

  it("ends at once on a second SIGTERM, whatever is under way", async () => {
    const { child, said, closed } = start({ ...environment(), FROBEN_DRAIN_SECONDS: "3600" });
    while (!said.out.includes("\n")) await Promise.race([once(child.stdout!, "data"), closed]);
    const { listening } = JSON.parse(said.out) as { listening: string };
    const hanging = request(`${listening}/v1/specs`, {
      method: "POST",
      headers: { "content-length": 10, expect: "100-continue" },
    });
    hanging.on("error", () => {}); // it is cut
    hanging.flushHeaders();
    await once(hanging, "continue");
    child.kill("SIGTERM");
    while ((await fetch(`${listening}/readyz`)).status !== 503);
    child.kill("SIGTERM");
    expect(await closed).deep.equal([1, null]);
  });

  it("ends with a typed error that names what is wrong, and shows no key", async () => {
    const wrong: [Record<string, string>, object][] = [
      [
        { FROBEN_PORT: "70000" },
        { code: "config_invalid", field: "FROBEN_PORT", limit: 65_535, value: "70000" },
      ],
      [
        { FROBEN_REQUESTER_WEIGHTS: `0x${"1".repeat(40)}=2,0x${"2".repeat(40)}=1000` },
        { code: "config_invalid", field: "FROBEN_REQUESTER_WEIGHTS[1].weight", limit: 100 },
      ],
      [
        { FROBEN_COORDINATOR_KEY: `${KEY}00` },
        { code: "config_invalid", field: "FROBEN_COORDINATOR_KEY" },
      ],
      [
        { FROBEN_MARKET: `0x${"1".repeat(40)}` },
        { code: "market_not_found", field: "FROBEN_MARKET" },
      ],
    ];
    for (const [change, expected] of wrong) {
      const { said, closed } = start({ ...environment(), ...change });
      expect((await closed)[0]).equal(1);
      expect((JSON.parse(said.err) as { error: object }).error).include(expected);
      expect(said.err).not.include(KEY.slice(2));
      expect(said.out).equal("");
    }
  });

  it("refuses a data folder that belongs to another market", async () => {
    const other = { ...environment(), FROBEN_FROM_BLOCK: String(chain.fromBlock + 1) };
    const { said, closed } = start(other);
    expect((await closed)[0]).equal(1);
    expect((JSON.parse(said.err.trim().split("\n").at(-1)!) as { error: object }).error).include({
      code: "database_of_other_chain",
      field: "fromBlock",
    });
  });

  it("explains every variable that it reads in its example file, with the defaults that it has", () => {
    const example = readFileSync(join(root, "offchain/.env.example"), "utf8");
    const given = Object.fromEntries(
      example
        .split("\n")
        .filter((line) => /^[A-Z]/.test(line))
        .map((line) => line.split("=", 2) as [string, string]),
    );
    const source = readFileSync(join(root, "offchain/config.ts"), "utf8");
    const read = new Set([...source.matchAll(/^ {2}(FROBEN_[A-Z_]+):/gm)].map(([, name]) => name));
    expect(new Set(Object.keys(given))).deep.equal(read);
    const needed = { FROBEN_COORDINATOR_KEY: KEY };
    const config = readConfig({ ...given, ...needed });
    const bare = readConfig({
      ...needed,
      FROBEN_RPC_URL: given.FROBEN_RPC_URL,
      FROBEN_MARKET: given.FROBEN_MARKET,
      FROBEN_DATA_DIR: given.FROBEN_DATA_DIR,
    });
    expect(config).deep.equal(bare);
    expect(Object.isFrozen(config)).equal(true);
    expect(() => readConfig(given))
      .throws(FrobenError)
      .include({ field: "FROBEN_COORDINATOR_KEY" });
  });

  it("runs validation programs on half of the machine, if nobody says how many", () => {
    expect(usualValidations(2, 8_000, 4_096)).equal(1);
    expect(usualValidations(16, 128_000, 4_096)).equal(8);
    expect(usualValidations(16, 32_768, 4_096), "each needs its memory").equal(4);
    expect(usualValidations(1, 1_000, 4_096)).equal(1);
    expect(usualValidations(1_024, 8_000_000, 1_024), "the most that may be set").equal(256);
  });

  it("takes no grace time for uploads in which operators that know of one could not report it", () => {
    const env = {
      FROBEN_COORDINATOR_KEY: KEY,
      FROBEN_RPC_URL: "http://127.0.0.1:1",
      FROBEN_MARKET: `0x${"aa".repeat(20)}`,
      FROBEN_DATA_DIR: "data",
      FROBEN_UPLOAD_GRACE_SECONDS: "599",
    };
    expect(() => readConfig(env))
      .throws(FrobenError)
      .include({ field: "FROBEN_UPLOAD_GRACE_SECONDS" });
    const { retention } = readConfig({ ...env, FROBEN_UPLOAD_GRACE_SECONDS: "600" });
    expect(retention.graceMs).equal(600_000);
  });
});
