import { expect } from "chai";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { systemClock } from "../../../operator/clock";
import { openJournal, type Journal } from "../../../operator/journal/journal";
import type { Execute, ExecuteRequest, Progress } from "../../../operator/run/execute";
import { networkIsolation } from "../../../operator/run/isolation";
import { createProgramRunner } from "../../../operator/run/program-runner";
import { FrobenError } from "../../../protocol/errors";

const program = {
  digest: "00".repeat(32),
  name: "behave",
  version: "1",
  manifest: "",
  command: [process.execPath, join(__dirname, "fixtures", "behave.mjs")],
};

describe("the operator's program runner", function () {
  this.timeout(30_000);
  let folder: string;
  let journal: Journal;
  let execute: Execute;
  const log = pino({ level: "silent" });
  const clock = systemClock;
  const passEnv = { PATH: process.env.PATH! };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "froben-run-"));
    journal = openJournal(":memory:", clock);
    execute = await createProgramRunner({ passEnv, network: "host", journal, clock, log });
  });
  afterEach(() => {
    journal.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function request(behaviour: string, changes: Partial<ExecuteRequest> = {}): ExecuteRequest {
    const file = (name: string) => ({ kind: "file" as const, path: join(folder, name) });
    writeFileSync(join(folder, "data"), "some bytes");
    return {
      program,
      params: { do: behaviour },
      inputs: { data: join(folder, "data") },
      outputs: { result: file("result"), pid: file("pid") },
      resources: { cores: 1, memoryMb: 300, gpus: 0, vramMb: 0 },
      runSeconds: 20,
      maxOutputBytes: 1024 * 1024,
      folder,
      ...changes,
    };
  }
  const hooks = (signal = new AbortController().signal, seen: Progress[] = []) => ({
    signal,
    onProgress: (progress: Progress) => void seen.push(progress),
  });
  async function failure(promise: Promise<unknown>): Promise<FrobenError> {
    const error = await promise.then(
      () => undefined,
      (e: unknown) => e,
    );
    expect(error).to.be.instanceOf(FrobenError);
    return error as FrobenError;
  }
  const alive = (pid: number) => existsSync(`/proc/${pid}/cmdline`) && !isZombie(pid);
  const isZombie = (pid: number) => / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await clock.sleep(20);
  }
  const writtenPid = async () => {
    const path = join(folder, "pid");
    await until(() => existsSync(path) && readFileSync(path, "utf8") !== "");
    return Number(readFileSync(path, "utf8"));
  };

  it("gives a program its inputs, takes its outputs, and passes its progress on", async () => {
    const seen: Progress[] = [];
    const { usage } = await execute(request("copy"), hooks(undefined, seen));
    expect(readFileSync(join(folder, "result"), "utf8")).to.equal("some bytes");
    expect(seen).to.deep.equal([{ progress: 0.5, note: "half" }]);
    expect(usage.wallMs).to.be.greaterThan(0);
    expect(usage.maxRssMb).to.be.greaterThan(0);
  });

  it("shows a program no more of the environment than it needs", async () => {
    await execute(request("environment"), hooks());
    const seen = JSON.parse(readFileSync(join(folder, "result"), "utf8")) as object;
    const shell = ["PWD", "OLDPWD", "SHLVL", "_"]; // set by /bin/sh itself
    expect(Object.keys(seen).filter((name) => !shell.includes(name))).to.have.members([
      "FROBEN_RUN_ID",
      "HARDWARE_CONCURRENCY",
      "PATH",
      "THREADS",
      "TMPDIR",
      "cwd",
    ]);
    expect(seen).to.include({ cwd: folder, THREADS: "1" });
  });

  it("tells refused inputs, wrong usage and bad luck apart", async () => {
    const refused = await failure(execute(request("refuse"), hooks()));
    expect(refused).to.include({ code: "run_input_refused", retryable: false });
    expect(refused.message).to.contain("the sender has too little");
    expect(await failure(execute(request("usage"), hooks()))).to.include({ code: "run_usage" });
    const failed = await failure(execute(request("fail"), hooks()));
    expect(failed).to.include({ code: "run_failed", retryable: true });
  });

  it("kills the whole process group of a program that runs too long and ignores SIGTERM", async () => {
    const run = failure(execute(request("hang", { runSeconds: 1 }), hooks()));
    const pid = await writtenPid();
    expect(await run).to.include({ code: "run_timeout", limit: 1 });
    await until(() => !alive(pid));
  });

  it("kills a grandchild that left the process group", async () => {
    const abort = new AbortController();
    const run = failure(execute(request("escape"), hooks(abort.signal)));
    const pid = await writtenPid();
    abort.abort();
    expect(await run).to.include({ code: "run_cancelled" });
    await until(() => !alive(pid));
  });

  it("leaves nothing running after a program that ended well", async () => {
    await execute(request("orphan"), hooks());
    const pid = await writtenPid();
    await until(() => !alive(pid));
  });

  it("stops a program that takes more memory than its task asked for", async () => {
    const error = await failure(execute(request("memory"), hooks()));
    expect(error).to.include({ code: "run_memory", limit: 300 });
  });

  it("stops a program that writes more than is allowed", async () => {
    const error = await failure(execute(request("output"), hooks()));
    expect(error).to.include({ code: "run_output_too_large", limit: 1024 * 1024 });
  });

  it("has the kernel end a program whose operator dies", async function () {
    const { lifeLine } = await import("../../../operator/run/isolation");
    const prefix = await lifeLine();
    if (prefix.length === 0) this.skip();
    const { spawn } = await import("node:child_process");
    const pidFile = join(folder, "pid");
    // A parent that starts a program the way the runner does, and is killed.
    const script = `
      const { spawn } = require("node:child_process");
      const command = ${JSON.stringify([...prefix, process.execPath, "-e", "setInterval(() => {}, 1000)"])};
      const child = spawn(command[0], command.slice(1), { detached: true, stdio: "ignore" });
      require("node:fs").writeFileSync(${JSON.stringify(pidFile)}, String(child.pid));`;
    const parent = spawn(process.execPath, ["-e", script], { stdio: "ignore" });
    const pid = await writtenPid();
    await until(() => readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith(process.execPath));
    parent.kill("SIGKILL");
    await until(() => !alive(pid));
  });

  it("ends, at the start, what a crashed predecessor left running", async () => {
    const abort = new AbortController();
    // The first life's journal loses nothing in a crash: its run is still written there.
    const kept = { addRun: journal.addRun, endRun: () => {}, unfinishedRuns: () => [] };
    const first = await createProgramRunner({
      passEnv,
      network: "host",
      journal: kept,
      clock,
      log,
    });
    const run = failure(first(request("escape"), hooks(abort.signal)));
    const pid = await writtenPid();
    expect(journal.unfinishedRuns()).to.have.length(1);
    await createProgramRunner({ passEnv, network: "host", journal, clock, log });
    await until(() => !alive(pid));
    expect(journal.unfinishedRuns()).to.deep.equal([]);
    expect(await run).to.include({ code: "run_failed" });
  });

  it("runs programs without a network where the system can do that", async function () {
    if (!(await networkIsolation())) this.skip();
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const wants = () => request("network", { params: { do: "network", port: String(port) } });
    try {
      await execute(wants(), hooks());
      const options = { passEnv, network: "none" as const, journal, clock, log };
      const isolated = await createProgramRunner(options);
      const error = await failure(isolated(wants(), hooks()));
      expect(error.message).to.match(/ENETUNREACH|ECONNREFUSED|EADDRNOTAVAIL/);
    } finally {
      server.close();
    }
  });

  it("refuses outputs that are missing, links, or not in order", async () => {
    const { collectOutputs } = await import("../../../operator/run/outputs");
    const { createArtifactCache } = await import("../../../operator/artifacts/cache");
    const cache = createArtifactCache(join(folder, "cache"));
    const path = join(folder, "out");
    const file = { result: { kind: "file" as const, path } };
    expect(await failure(collectOutputs(cache, file))).to.include({ field: "outputs.result" });
    const { symlinkSync } = await import("node:fs");
    symlinkSync("/etc/hostname", path);
    expect((await failure(collectOutputs(cache, file))).code).to.equal("run_output_invalid");
    const list = { items: { kind: "collection" as const, path: join(folder, "items") } };
    mkdirSync(list.items.path);
    writeFileSync(join(list.items.path, "00001"), "x");
    expect(await failure(collectOutputs(cache, list))).to.include({
      limit: "00000",
      value: "00001",
    });
  });
});
