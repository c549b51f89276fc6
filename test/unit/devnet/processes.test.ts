import { expect } from "chai";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Cleanup } from "../../../devnet/cleanup";
import { startProcess } from "../../../devnet/processes";

/** Says that it is ready; a child of its own, in a group of its own, talks all the time, and for a while after it has ended. */
const TALKATIVE = `
  const talk = \`
    let left = 30;
    const timer = setInterval(() => {
      process.stderr.write("late words\\\\n");
      try {
        process.kill(\${process.pid}, 0);
      } catch {
        if (--left === 0) clearInterval(timer);
      }
    }, 1);\`;
  const { spawn } = require("node:child_process");
  const child = spawn(process.execPath, ["-e", talk], { detached: true, stdio: "inherit" });
  process.on("SIGTERM", () => {
    console.error("last words of the parent");
    process.exit(0);
  });
  setInterval(() => {}, 1000);
  console.log("child " + child.pid);
`;

const isThere = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(20);
}

describe("a process of the devnet", () => {
  const folder = mkdtempSync(join(tmpdir(), "froben-process-"));
  const cleanup = new Cleanup();
  after(async () => {
    await cleanup.run();
    rmSync(folder, { recursive: true });
  });

  it("ends with its last words in its log, whoever else goes on to write to its output", async () => {
    const [managed, child] = await startProcess({
      name: "talkative",
      args: ["-e", TALKATIVE],
      env: {},
      cwd: folder,
      logFolder: folder,
      ready: (line) => /^child (\d+)$/.exec(line)?.[1],
      timeoutMs: 20_000,
      cleanup,
    });
    const log = () => readFileSync(managed.logFile, "utf8");
    await until(() => log().includes("late words"));
    await managed.stop();
    await until(() => !isThere(Number(child)));
    expect(log()).to.include("last words of the parent");
  });
});
