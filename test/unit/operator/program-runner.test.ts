import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import pino from "pino";
import { systemClock } from "../../../operator/clock";
import { openJournal, type Journal } from "../../../operator/journal/journal";
import type { Execute, ExecuteRequest, Progress } from "../../../operator/run/execute";
import { findIsolation, withKernelLimits, type IsolationNeeds } from "../../../machine/isolation";
import { createProgramRunner, type RunnerOptions } from "../../../operator/run/program-runner";
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
  const open: IsolationNeeds = {
    sandbox: "auto",
    network: "host",
    hidden: { folders: [], files: [] },
  };
  const runner = (isolation: IsolationNeeds, changes: Partial<RunnerOptions> = {}) =>
    createProgramRunner({ passEnv, isolation, journal, clock, log, ...changes });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "froben-run-"));
    journal = openJournal(":memory:", clock);
    execute = await runner(open);
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
      gpus: [],
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
  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await clock.sleep(20);
  }
  /** Processes of this test's runs, wherever they have gone: the folder is in their environment. */
  function running(): number[] {
    return readdirSync("/proc").flatMap((name) => {
      try {
        if (!/^\d+$/.test(name) || / Z /.test(readFileSync(`/proc/${name}/stat`, "utf8")))
          return [];
        return readFileSync(`/proc/${name}/environ`, "utf8").includes(folder) ? [Number(name)] : [];
      } catch {
        return []; // it ended meanwhile
      }
    });
  }
  const noneRuns = () => until(() => running().length === 0);
  /** Until the program has started its grandchild. */
  const grown = () => until(() => existsSync(join(folder, "pid")) && running().length > 1);

  it("gives a program its inputs, takes its outputs, and passes its progress on", async () => {
    const seen: Progress[] = [];
    const { usage } = await execute(request("copy"), hooks(undefined, seen));
    expect(readFileSync(join(folder, "result"), "utf8")).to.equal("some bytes");
    expect(seen).to.deep.equal([{ progress: 0.5, note: "half" }]);
    expect(usage.wallMs).to.be.greaterThan(0);
  });

  it("shows a program no more of the environment than it needs", async () => {
    await execute(request("environment", { gpus: [1, 3] }), hooks());
    const seen = JSON.parse(readFileSync(join(folder, "result"), "utf8")) as object;
    const shell = ["PWD", "OLDPWD", "SHLVL", "_"]; // set by /bin/sh itself
    expect(Object.keys(seen).filter((name) => !shell.includes(name))).to.have.members([
      "CUDA_DEVICE_ORDER",
      "CUDA_VISIBLE_DEVICES",
      "FROBEN_RUN_ID",
      "HARDWARE_CONCURRENCY",
      "PATH",
      "THREADS",
      "TMPDIR",
      "cwd",
    ]);
    expect(seen).to.include({ cwd: folder, THREADS: "1", CUDA_VISIBLE_DEVICES: "1,3" });
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
    await grown();
    expect(await run).to.include({ code: "run_timeout", limit: 1 });
    await noneRuns();
  });

  it("kills a grandchild that left the process group", async () => {
    const abort = new AbortController();
    const run = failure(execute(request("escape"), hooks(abort.signal)));
    await grown();
    abort.abort();
    expect(await run).to.include({ code: "run_cancelled" });
    await noneRuns();
  });

  it("leaves nothing running after a program that ended well", async () => {
    await execute(request("orphan"), hooks());
    expect(existsSync(join(folder, "pid"))).to.equal(true);
    await noneRuns();
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
    const { wrap } = await findIsolation(open);
    const command = wrap([process.execPath, "-e", "setInterval(() => {}, 1000)"], folder);
    if (command[0] === process.execPath) this.skip(); // the system has neither bubblewrap nor setpriv
    // A parent that starts a program the way the runner does, and is killed.
    const script = `
      const { spawn } = require("node:child_process");
      const command = ${JSON.stringify(command)};
      spawn(command[0], command.slice(1), { detached: true, stdio: "ignore", env: { FOLDER: ${JSON.stringify(folder)}, PATH: process.env.PATH } });`;
    const parent = spawn(process.execPath, ["-e", script], { stdio: "ignore" });
    const started = () =>
      running().some((pid) =>
        readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith(process.execPath),
      );
    await until(started);
    parent.kill("SIGKILL");
    await noneRuns();
  });

  it("has the kernel end a program that uses more CPU time than its task has", async () => {
    const spin = ["/bin/sh", "-c", "while :; do :; done"];
    const limits = { maxFileBytes: 1024, cpuSeconds: 1 };
    const [file, ...args] = withKernelLimits(spin, limits) as [string, ...string[]];
    const [, signal] = (await once(spawn(file, args, { stdio: "ignore" }), "exit")) as unknown[];
    expect(signal).to.be.oneOf(["SIGXCPU", "SIGKILL"]);
  });

  it("ends, at the start, what a crashed predecessor left running", async () => {
    const abort = new AbortController();
    // The first life's journal loses nothing in a crash: its run is still written there.
    const kept = { addRun: journal.addRun, endRun: () => {}, unfinishedRuns: () => [] };
    const first = await runner(open, { journal: kept });
    const run = failure(first(request("escape"), hooks(abort.signal)));
    await grown();
    expect(journal.unfinishedRuns()).to.have.length(1);
    await runner(open);
    await noneRuns();
    expect(journal.unfinishedRuns()).to.deep.equal([]);
    expect(await run).to.include({ code: "run_failed" });
  });

  it("runs programs without a network where the system can do that", async function () {
    const closed: IsolationNeeds = { ...open, network: "none" };
    if ((await findIsolation(closed)).kind === "none") this.skip();
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const wants = () => request("network", { params: { do: "network", port: String(port) } });
    try {
      await execute(wants(), hooks());
      const isolated = await runner(closed);
      const error = await failure(isolated(wants(), hooks()));
      expect(error.message).to.match(/ENETUNREACH|ECONNREFUSED|EADDRNOTAVAIL/);
    } finally {
      server.close();
    }
  });

  it("shows a program no journal, no key and no other process, and lets it write nowhere else", async function () {
    const secrets = mkdtempSync(join(tmpdir(), "froben-secrets-"));
    try {
      const own = join(secrets, "runs", "1");
      mkdirSync(own, { recursive: true });
      for (const name of ["journal", "keystore"]) writeFileSync(join(secrets, name), "secret");
      const key = join(folder, "..", `${basename(secrets)}.json`);
      writeFileSync(key, "secret");
      const hidden = { folders: [secrets], files: [key] };
      if ((await findIsolation({ ...open, hidden })).kind !== "bubblewrap") this.skip();
      const isolated = await runner({ ...open, hidden });
      const looks = {
        journal: join(secrets, "journal"),
        key,
        outside: join(folder, "other"),
        pid: String(process.pid),
      };
      const asked = request("look", { folder: own, params: { do: "look", ...looks } });
      asked.outputs = { result: { kind: "file", path: join(own, "result") } };
      await isolated(asked, hooks());
      const seen = JSON.parse(readFileSync(join(own, "result"), "utf8")) as Record<string, unknown>;
      expect(seen).to.include({ journal: "ENOENT", outside: "EROFS", processes: 1 });
      expect(seen.key).to.be.oneOf(["", "EACCES"]);
      rmSync(key);
    } finally {
      rmSync(secrets, { recursive: true });
    }
  });

  it("warns, once, where nothing cuts programs off", async () => {
    const warnings: string[] = [];
    const listening = { ...log, warn: (text: string) => void warnings.push(text) } as typeof log;
    const { PATH } = process.env;
    process.env.PATH = folder; // no bubblewrap, unshare or setpriv there
    try {
      const bare = await runner({ ...open, network: "none" }, { log: listening });
      await bare(request("copy"), hooks());
    } finally {
      process.env.PATH = PATH;
    }
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.contain("bubblewrap").and.to.contain("keep the network");
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
