import { expect } from "chai";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requirePlace, resolvePlace } from "../../../cli/config";

const MARKET = `0x${"ab".repeat(20)}`;
const DEVNET = { rpcUrl: "http://d:1", coordinatorUrl: "http://d:2", market: MARKET, fromBlock: 3 };

describe("where the market is", () => {
  let cwd: string;
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), "froben-test-"));
    await mkdir(join(cwd, ".froben"));
  });
  afterEach(() => rm(cwd, { recursive: true }));
  const leaveDevnet = (content: unknown = DEVNET) =>
    writeFile(join(cwd, ".froben", "devnet.json"), JSON.stringify(content));

  it("comes from a devnet that was left running, when nothing else is said", async () => {
    await leaveDevnet({ ...DEVNET, pid: 7 });
    expect(resolvePlace({}, {}, cwd)).to.deep.equal(DEVNET);
  });

  it("comes from flags before the environment, and from the environment before a devnet", async () => {
    await leaveDevnet();
    const env = { FROBEN_RPC_URL: "http://e:1", FROBEN_COORDINATOR_URL: "http://e:2" };
    const place = resolvePlace({ rpcUrl: "http://f:1" }, env, cwd);
    expect(place).to.deep.equal({ rpcUrl: "http://f:1", coordinatorUrl: "http://e:2" });
  });

  it("takes no contract from a devnet when the flags point to another chain", async () => {
    await leaveDevnet();
    expect(resolvePlace({ rpcUrl: "http://f:1" }, {}, cwd).market).to.equal(undefined);
  });

  it("is asked for with the flag, the variable and the devnet", async () => {
    await leaveDevnet();
    expect(() => requirePlace({ rpcUrl: "http://f:1" }))
      .to.throw()
      .that.includes({ code: "config_missing", field: "--coordinator-url" })
      .and.property("hint")
      .that.includes("FROBEN_COORDINATOR_URL");
  });

  for (const [what, flags, field] of [
    ["a URL that is none", { rpcUrl: "localhost" }, "--rpc-url"],
    ["another protocol", { coordinatorUrl: "ftp://x" }, "--coordinator-url"],
    ["a market that is no address", { market: "0x12" }, "--market"],
    ["a block that is no number", { fromBlock: "first" }, "--from-block"],
  ] as const)
    it(`refuses ${what}`, () => {
      expect(() => resolvePlace(flags, {}, cwd))
        .to.throw()
        .that.includes({ code: "config_invalid", field });
    });

  it("refuses a devnet file of another form", async () => {
    await leaveDevnet({ ...DEVNET, fromBlock: "x" });
    expect(() => resolvePlace({}, {}, cwd))
      .to.throw()
      .that.includes({ field: "fromBlock" });
  });
});
