import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../devnet/network";
import { holdersOf } from "../support/processes";

describe("Ctrl-C", () => {
  for (const moment of [
    "deploying the contracts",
    "starting the coordinator",
    "submitting the workflows",
    "2 running",
  ])
    it(`at "${moment}" ends every process and removes every file`, async () => {
      const temporary = mkdtempSync(join(tmpdir(), "froben-interrupt-"));
      const child = spawn(
        process.execPath,
        [join(root, "bin/bootstrap.mjs"), "devnet/main.ts", "--pipeline", "membership"],
        {
          cwd: root,
          env: { ...process.env, TMPDIR: temporary },
          stdio: ["ignore", "pipe", "pipe"],
        },
      );
      let said = "";
      const exit = once(child, "exit") as Promise<[number | null]>;
      await new Promise<void>((resolve) => {
        child.stdout.on("data", (chunk: Buffer) => {
          said += chunk.toString();
          if (said.includes(moment)) resolve();
        });
        child.stderr.resume();
        void exit.then(() => resolve());
      });
      child.kill("SIGINT");
      const [code] = await exit;
      expect(code, said).to.equal(130);
      expect(readdirSync(temporary).filter((name) => name.startsWith("froben-"))).to.deep.equal([]);
      expect(holdersOf(temporary)).to.deep.equal([]);
      rmSync(temporary, { recursive: true, force: true });
    });
});
